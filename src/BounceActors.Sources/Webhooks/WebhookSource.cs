using System.Text.Json;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks;

/// <summary>What all sources do alike. A source says how it signs and what its events mean.</summary>
internal abstract class WebhookSource : IWebhookSource
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual int LaterStatus => 503;

    /// <inheritdoc/>
    public WebhookAuthenticity Authenticate(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates = null)
    {
        if (request.Body.Length > WebhookRequest.MaxBodyBytes)
        {
            return new WebhookAuthenticity.Rejected(413, RejectionReasons.BodyTooLarge);
        }

        try
        {
            if (Probe(request, account) is { } answer)
            {
                return answer;
            }

            if (!string.Equals(request.Method, "POST", StringComparison.OrdinalIgnoreCase))
            {
                return new WebhookAuthenticity.Rejected(405, RejectionReasons.MethodNotAllowed);
            }

            return Factors.Check(request, account) ?? Verify(request, account, certificates);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException or JsonException)
        {
            return new WebhookAuthenticity.Rejected(400, RejectionReasons.Malformed);
        }
    }

    /// <inheritdoc/>
    public WebhookReading Read(WebhookRequest request, WebhookAccount account)
    {
        var events = new Events(Name, account);
        if (request.Body.Length > WebhookRequest.MaxBodyBytes)
        {
            events.NotUnderstood($"the body is larger than {WebhookRequest.MaxBodyBytes} bytes");
        }
        else
        {
            events.Guard(() => ReadBody(request, events));
        }

        return events.Build();
    }

    /// <summary>Answers what a sender asks before it sends events; null for everything else.</summary>
    protected virtual WebhookAuthenticity? Probe(WebhookRequest request, WebhookAccount account) => null;

    /// <summary>Checks the signature, after every other proof the account asks for was given. Without a signature, those must be enough.</summary>
    protected virtual WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates) =>
        account.AllowUnauthenticated || Factors.AreStrong(account) ? Accepted : NotConfigured;

    /// <summary>Reads the events.</summary>
    protected abstract void ReadBody(WebhookRequest request, Events events);

    /// <summary>For sources that sign: what to do without a key to check by. Credentials and the like are enough, a secret in the URL is not.</summary>
    protected static WebhookAuthenticity WithoutKey(WebhookAccount account) =>
        account.AllowUnauthenticated || Factors.AreStrong(account) ? Accepted : NotConfigured;

    /// <summary>Accepted, and late when signed longer ago than the account's limit.</summary>
    protected static WebhookAuthenticity.Accepted At(DateTimeOffset? signedAt, WebhookRequest request, WebhookAccount account, string? onceToken = null) =>
        new(signedAt is { } at && request.ReceivedAt - at > account.LateAfter, onceToken);

    protected static WebhookAuthenticity Accepted { get; } = new WebhookAuthenticity.Accepted();

    protected static WebhookAuthenticity NotConfigured { get; } = new WebhookAuthenticity.Rejected(401, RejectionReasons.NotConfigured);

    protected static WebhookAuthenticity Missing { get; } = new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureMissing);

    protected static WebhookAuthenticity Wrong { get; } = new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureWrong);
}

/// <summary>A source whose body is JSON: one event, an array of them, or one a line.</summary>
internal abstract class JsonWebhookSource : WebhookSource
{
    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events) => events.ReadJson(request.Body.Span, e => ReadEvent(e, events));

    /// <summary>Reads one event.</summary>
    protected abstract void ReadEvent(JsonElement e, Events events);
}
