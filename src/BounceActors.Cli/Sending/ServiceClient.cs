using System.CommandLine;
using System.Net;
using System.Text.Json;

namespace BounceActors.Cli.Sending;

/// <summary>A running service, spoken to with patience: what it does not take now is offered again.</summary>
internal sealed class ServiceClient : IDisposable
{
    private const string KeyVariable = "BOUNCE_KEY";
    private const int MostTries = 8;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(100) };

    private ServiceClient(Uri address, string? key)
    {
        _http.BaseAddress = address;
        if (key is { Length: > 0 })
        {
            _http.DefaultRequestHeaders.Add("X-Api-Key", key);
        }
    }

    public static Option<string> To() => new("--to") { Description = "Address of the service", DefaultValueFactory = _ => "http://127.0.0.1:8080", HelpName = "URL" };

    public static Option<string?> Key() => new("--key") { Description = $"API key with the scope ingest; or in the environment as {KeyVariable}", HelpName = "KEY" };

    /// <exception cref="UsageException">The address is none.</exception>
    public static ServiceClient Open(string to, string? key) =>
        Uri.TryCreate(to.EndsWith('/') ? to : to + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new ServiceClient(address, key ?? Environment.GetEnvironmentVariable(KeyVariable))
            : throw new UsageException($"'{to}' is no address of a service, such as http://127.0.0.1:8080");

    /// <summary>Posts a body and gives the answer's JSON. 429 and 503 are waited out as the service asks, broken connections tried again.</summary>
    /// <exception cref="ServiceException">The service refuses it, or cannot be reached for long.</exception>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, ReadOnlyMemory<byte> body, string contentType, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var pause = TimeSpan.FromSeconds(Math.Min(30, 1 << (tries - 1)));
            try
            {
                using var content = new ReadOnlyMemoryContent(body);
                content.Headers.TryAddWithoutValidation("Content-Type", contentType);
                using var answer = await _http.PostAsync(path, content, cancel);
                var text = await answer.Content.ReadAsStringAsync(cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return (answer.StatusCode, JsonDocument.Parse(text).RootElement);
                }

                if (answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout) || tries == MostTries)
                {
                    throw new ServiceException((int)answer.StatusCode, $"{_http.BaseAddress} answers {(int)answer.StatusCode}{DetailOf(text)}");
                }

                pause = answer.Headers.RetryAfter?.Delta ?? pause;
            }
            catch (Exception e) when (e is HttpRequestException or JsonException or IOException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                if (tries == MostTries || e is JsonException)
                {
                    throw new ServiceException(null, $"{_http.BaseAddress} cannot be reached: {e.Message}");
                }
            }

            await Task.Delay(pause < TimeSpan.FromSeconds(60) ? pause : TimeSpan.FromSeconds(60), cancel);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string DetailOf(string text)
    {
        try
        {
            using var problem = JsonDocument.Parse(text);
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail) ? $": {detail}" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}

/// <summary>The service has not taken something. The status is null when it could not be reached.</summary>
internal sealed class ServiceException(int? status, string message) : Exception(message)
{
    public int? Status { get; } = status;
}
