using System.Net.Http.Headers;
using System.Text.Json;
using MailKit;
using MailKit.Security;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>Proves to a mail server who we are. Secrets are read anew for every connection, so that they can be changed without a restart.</summary>
internal sealed class MailboxLogin(MailboxOptions options, HttpClient http, TimeProvider time)
{
    /// <summary>A token is not used in its last minute.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromMinutes(1);

    private string? _token;
    private DateTimeOffset _until;
    private string? _refresh;

    /// <summary>Connects and logs in.</summary>
    public async Task OpenAsync(IMailService client, CancellationToken cancel)
    {
        client.Timeout = 60_000;
        await client.ConnectAsync(options.Host, options.EffectivePort, options.Tls switch
        {
            MailboxTls.Implicit => SecureSocketOptions.SslOnConnect,
            MailboxTls.StartTls => SecureSocketOptions.StartTls,
            _ => SecureSocketOptions.None,
        }, cancel);
        if ((options.Password ?? options.PasswordFile) is not null)
        {
            await client.AuthenticateAsync(options.User, Secret.Read(options.Password, options.PasswordFile)!, cancel);
            return;
        }

        var token = await TokenAsync(cancel);
        try
        {
            SaslMechanism mechanism = client.AuthenticationMechanisms.Contains("OAUTHBEARER")
                ? new SaslMechanismOAuthBearer(options.User, token)
                : new SaslMechanismOAuth2(options.User, token);
            await client.AuthenticateAsync(mechanism, cancel);
        }
        catch (AuthenticationException)
        {
            // It may have been withdrawn before its time.
            _token = null;
            throw;
        }
    }

    /// <summary>An access token that is good for now.</summary>
    public async Task<string> TokenAsync(CancellationToken cancel)
    {
        if (options.AccessTokenFile is { } file)
        {
            return Secret.Read(null, file)!.Trim();
        }

        var now = time.GetUtcNow();
        if (_token is not null && now < _until)
        {
            return _token;
        }

        var refresh = _refresh ?? Secret.Read(null, options.RefreshTokenFile)?.Trim();
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = refresh is null ? "client_credentials" : "refresh_token",
            ["client_id"] = options.ClientId!,
        };
        Add("client_secret", Secret.Read(null, options.ClientSecretFile)?.Trim());
        Add("refresh_token", refresh);
        Add("scope", options.Scope);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.TokenEndpoint) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await http.SendAsync(request, cancel);
        using var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), default, cancel);
        if (!response.IsSuccessStatusCode || !answer.RootElement.TryGetProperty("access_token", out var token))
        {
            var error = answer.RootElement.TryGetProperty("error", out var name) ? name.ToString() : "no access_token";
            throw new AuthenticationException($"the token endpoint answered {(int)response.StatusCode}: {error}");
        }

        _token = token.GetString()!;
        _until = now + TimeSpan.FromSeconds(answer.RootElement.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt64(out var s) ? s : 300) - Reserve;
        _refresh = answer.RootElement.TryGetProperty("refresh_token", out var next) ? next.GetString() : _refresh;
        return _token;

        void Add(string field, string? value)
        {
            if (value is not null)
            {
                form[field] = value;
            }
        }
    }
}
