using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Ingest.Webhooks;

/// <summary>
/// The only requests this service makes because a stranger's message said so: Amazon's signing certificates, and confirmations of subscriptions. The
/// adapters have checked the addresses to be Amazon's; here they are checked to be https, nothing is followed, and time and size are bounded.
/// </summary>
internal sealed class AmazonClient : IDisposable
{
    private const int LargestAnswer = 64 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RememberFailure = TimeSpan.FromSeconds(5);

    private readonly SigningCertificateCache _certificates = new();
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger<AmazonClient> _log;
    private readonly SemaphoreSlim _one = new(1, 1);
    private (Uri Url, DateTimeOffset At)? _failed;

    public AmazonClient(HttpMessageHandler handler, TimeProvider time, ILogger<AmazonClient> log)
    {
        _http = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = LargestAnswer };
        _time = time;
        _log = log;
    }

    /// <summary>A handler that follows nothing and keeps nothing.</summary>
    public static HttpMessageHandler Handler() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 16,
    };

    /// <summary>Certificates fetched so far.</summary>
    public ISigningCertificates Certificates => _certificates;

    /// <summary>Fetches a certificate, once however many ask; false when that fails.</summary>
    public async Task<bool> FetchAsync(Uri url, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_certificates.Find(url) is not null)
            {
                return true;
            }

            if (_failed is { } failed && failed.Url == url && _time.GetUtcNow() - failed.At < RememberFailure)
            {
                return false;
            }

            if (await GetAsync(url, cancel) is not { Length: > 0 } certificate)
            {
                _failed = (url, _time.GetUtcNow());
                return false;
            }

            _certificates.Add(url, certificate);
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Confirms a subscription; false when that fails.</summary>
    public async Task<bool> ConfirmAsync(Uri url, CancellationToken cancel) => await GetAsync(url, cancel) is not null;

    public void Dispose()
    {
        _http.Dispose();
        _one.Dispose();
    }

    private async Task<byte[]?> GetAsync(Uri url, CancellationToken cancel)
    {
        if (url.Scheme != Uri.UriSchemeHttps || !url.IsDefaultPort || url.UserInfo.Length > 0)
        {
            return null;
        }

        try
        {
            using var answer = await _http.GetAsync(url, cancel);
            if (answer.IsSuccessStatusCode)
            {
                return await answer.Content.ReadAsByteArrayAsync(cancel);
            }

            _log.LogWarning("{Host} answered {Status}", url.Host, (int)answer.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            _log.LogWarning("{Host} cannot be reached: {Reason}", url.Host, e.GetType().Name);
        }

        return null;
    }
}
