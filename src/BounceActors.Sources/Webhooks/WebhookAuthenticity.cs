namespace BounceActors.Sources.Webhooks;

/// <summary>What to do with a request before anything of it is believed.</summary>
public abstract record WebhookAuthenticity
{
    private WebhookAuthenticity()
    {
    }

    /// <summary>From whom it claims to be: store it, then answer 200.</summary>
    /// <param name="Late">Correctly signed long ago: a retry, or a replay, which does no harm where events are taken once.</param>
    /// <param name="OnceToken">Set where the signature does not cover the body (Mailgun): ask <see cref="SeenTokens"/> whether it came before with another body.</param>
    public sealed record Accepted(bool Late = false, string? OnceToken = null) : WebhookAuthenticity;

    /// <summary>Not to be believed. Count it.</summary>
    /// <param name="Status">The HTTP status its sender understands.</param>
    /// <param name="Reason">Stable code, e.g. <c>signature_wrong</c>; see <see cref="RejectionReasons"/>.</param>
    /// <param name="Challenge">Value for the header <c>WWW-Authenticate</c>; null for none.</param>
    public sealed record Rejected(int Status, string Reason, string? Challenge = null) : WebhookAuthenticity;

    /// <summary>
    /// The signature needs a certificate that is not at hand. Fetch it over TLS, without redirects, with limits on time and size; add it to the
    /// <see cref="ISigningCertificates"/> and authenticate again. If it cannot be fetched answer 503: the sender comes again.
    /// </summary>
    /// <param name="Url">Its address; already checked to be one of Amazon's.</param>
    public sealed record NeedsCertificate(Uri Url) : WebhookAuthenticity;

    /// <summary>No events but a word of the sender about the webhook itself: answer, store nothing.</summary>
    /// <param name="Status">The HTTP status to answer.</param>
    /// <param name="Kind">What it is: <c>probe</c>, <c>subscription</c> or <c>unsubscribed</c>; the last deserves an alert, since no more events will come.</param>
    /// <param name="Confirm">An address to GET, without redirects, to confirm the subscription; already checked to be one of Amazon's. Null when there is nothing to confirm.</param>
    public sealed record Handshake(int Status, string Kind, Uri? Confirm = null) : WebhookAuthenticity;
}

/// <summary>Stable codes of <see cref="WebhookAuthenticity.Rejected"/>, for counters and logs.</summary>
public static class RejectionReasons
{
    /// <summary>Larger than <see cref="WebhookRequest.MaxBodyBytes"/> (413).</summary>
    public const string BodyTooLarge = "body_too_large";

    /// <summary>Not a method this sender uses (405).</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>The account has no secret to check by.</summary>
    public const string NotConfigured = "not_configured";

    /// <summary>Credentials, a token, a header or the secret of the URL is missing.</summary>
    public const string CredentialsMissing = "credentials_missing";

    /// <summary>Credentials, a token, a header or the secret of the URL is wrong.</summary>
    public const string CredentialsWrong = "credentials_wrong";

    /// <summary>Sent from an address outside the allowed networks.</summary>
    public const string AddressNotAllowed = "address_not_allowed";

    /// <summary>No signature.</summary>
    public const string SignatureMissing = "signature_missing";

    /// <summary>The signature is none of any active secret.</summary>
    public const string SignatureWrong = "signature_wrong";

    /// <summary>Signed too long ago, or in the future, where every attempt is signed anew.</summary>
    public const string TimestampStale = "timestamp_stale";

    /// <summary>The one-time token came before with another body (406, the sender gives up).</summary>
    public const string Replayed = "replayed";

    /// <summary>The body that holds the signature cannot be read (400).</summary>
    public const string Malformed = "malformed";

    /// <summary>The topic is not on the account's list.</summary>
    public const string TopicNotAllowed = "topic_not_allowed";

    /// <summary>An address in the message is not one of Amazon's.</summary>
    public const string UrlNotAllowed = "url_not_allowed";

    /// <summary>The certificate cannot be read or is not valid at the time of the request.</summary>
    public const string CertificateInvalid = "certificate_invalid";

    /// <summary>Raw message delivery, which leaves the signature away.</summary>
    public const string RawDelivery = "raw_delivery";

    /// <summary>Header and body contradict each other.</summary>
    public const string HeaderMismatch = "header_mismatch";
}
