using BounceActors.Sources.Webhooks.Generic;

namespace BounceActors.Sources.Webhooks;

/// <summary>
/// Settings of one account of a source (<c>Sources:Webhooks:{source}:{account}:…</c>). Every list holds what is valid now, so that a key is
/// rotated by adding the new one, and removing the old one once it is no longer used. Of <see cref="Credentials"/>, <see cref="Tokens"/>,
/// <see cref="Headers"/>, <see cref="UrlSecrets"/> and <see cref="Networks"/> each kind that is set must be satisfied, by any one of its values.
/// </summary>
public sealed record WebhookAccount
{
    /// <summary>Name of the account in the path; empty for the only one.</summary>
    public string Name { get; init; } = "";

    /// <summary>Signing keys as the sender shows them: HMAC keys, or public keys for SendGrid (base64) and Postal (PEM, base64 or its <c>jwks.json</c>).</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Basic credentials, <c>user:password</c>.</summary>
    public IReadOnlyList<string> Credentials { get; init; } = [];

    /// <summary>Bearer tokens.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Custom headers, name to the values that are valid.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Headers { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Values of the query parameter <c>secret</c>. URLs end up in logs: a weak proof, enough alone only for senders that offer nothing better.</summary>
    public IReadOnlyList<string> UrlSecrets { get; init; } = [];

    /// <summary>Networks the sender's address must be in, e.g. <c>1.179.112.0/20</c>. Never a proof on its own.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Takes requests without any proof of who sent them. For tests and for networks nobody else can reach.</summary>
    /// <value>False.</value>
    public bool AllowUnauthenticated { get; init; }

    /// <summary>The URL exactly as registered at the sender, with scheme, port, credentials and query: Mandrill signs it. Needed behind a proxy that changes it.</summary>
    public string? Url { get; init; }

    /// <summary>Topics Amazon SNS may send for. A valid signature alone proves nothing: AWS signs anybody's topic.</summary>
    public IReadOnlyList<string> TopicArns { get; init; } = [];

    /// <summary>Age of a correctly signed request from which it is marked late; it is taken nevertheless, because retries come hours later.</summary>
    /// <value>15 minutes.</value>
    public TimeSpan LateAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Stream of the mails of this account; null when it sends several. An opt-out without a stream holds for all.</summary>
    public string? Stream { get; init; }

    /// <summary>Our names for the sender's streams, lists and unsubscribe groups, e.g. <c>"12345" → "newsletter"</c>; others keep the sender's name.</summary>
    public IReadOnlyDictionary<string, string> Streams { get; init; } = new Dictionary<string, string>();

    /// <summary>How to read JSON of a sender that has no adapter; for the source <c>generic</c> only.</summary>
    public JsonMapping? Mapping { get; init; }

    /// <summary>The name alone: accounts may end up in logs, their secrets may not.</summary>
    public override string ToString() => $"account '{Name}'";
}
