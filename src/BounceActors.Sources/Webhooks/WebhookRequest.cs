namespace BounceActors.Sources.Webhooks;

/// <summary>An HTTP request of a webhook, as it was on the wire. Signatures cover raw bytes, so the body is never decoded before they are checked.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Url">The URL it was sent to.</param>
/// <param name="Headers">The headers; names are compared without regard to case, several values of one name joined by a comma.</param>
/// <param name="Body">The raw body.</param>
/// <param name="ReceivedAt">When it came in, by our clock.</param>
/// <param name="RemoteIp">The sender's address, null when not known.</param>
public sealed record WebhookRequest(
    string Method,
    Uri Url,
    IReadOnlyDictionary<string, string> Headers,
    ReadOnlyMemory<byte> Body,
    DateTimeOffset ReceivedAt,
    string? RemoteIp = null)
{
    /// <summary>Largest body taken, in bytes: 16 MiB, well above what any sender batches.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Method, path and size alone: requests may end up in logs, the secrets in URL and headers may not.</summary>
    public override string ToString() => $"{Method} {(Url.IsAbsoluteUri ? Url.AbsolutePath : "?")}, {Body.Length} bytes";

    /// <summary>The value of a header, trimmed; null when it is missing or empty.</summary>
    public string? Header(string name)
    {
        if (!Headers.TryGetValue(name, out var value))
        {
            value = Headers.FirstOrDefault(h => string.Equals(h.Key, name, StringComparison.OrdinalIgnoreCase)).Value;
        }

        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }
}
