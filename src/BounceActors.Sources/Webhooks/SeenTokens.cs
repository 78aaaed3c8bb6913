using System.Security.Cryptography;

namespace BounceActors.Sources.Webhooks;

/// <summary>
/// Remembers one-time tokens, for signatures that do not cover the body (Mailgun): whoever has seen one could send any event under it. A token
/// that comes again with the same body is a retry and passes. Safe for any number of threads; bounded.
/// </summary>
/// <param name="capacity">Most tokens remembered; the oldest go first.</param>
public sealed class SeenTokens(int capacity = 100_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, UInt128> _bodies = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Takes a token. Null when it is new or came with the same body; else the rejection to answer (406: Mailgun gives up).</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="account">Name of the account.</param>
    /// <param name="token">The token.</param>
    /// <param name="body">The body it came with.</param>
    public WebhookAuthenticity.Rejected? Take(string source, string account, string token, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(body, hash);
        var content = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
        var key = $"{source}\n{account}\n{token}";
        lock (_lock)
        {
            if (_bodies.TryGetValue(key, out var known))
            {
                return known == content ? null : new WebhookAuthenticity.Rejected(406, RejectionReasons.Replayed);
            }

            while (_bodies.Count >= capacity && _order.TryDequeue(out var oldest))
            {
                _bodies.Remove(oldest);
            }

            _bodies.Add(key, content);
            _order.Enqueue(key);
            return null;
        }
    }
}
