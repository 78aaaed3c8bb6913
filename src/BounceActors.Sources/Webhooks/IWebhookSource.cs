namespace BounceActors.Sources.Webhooks;

/// <summary>
/// One sender of webhooks. First <see cref="Authenticate"/>, then store the raw request, answer 2xx, and <see cref="Read"/> later. Both are pure
/// and take any bytes: no exception comes out, whatever was sent. Safe to share between threads.
/// </summary>
public interface IWebhookSource
{
    /// <summary>The name in the path <c>/v1/webhooks/{name}</c>, in settings and in <see cref="Domain.Reports.BounceReport.Source"/>.</summary>
    string Name { get; }

    /// <summary>The status its sender understands as "later", for when the request cannot be stored: 503, but 429 for Brevo, which may take a 5xx for a final no.</summary>
    int LaterStatus { get; }

    /// <summary>Decides whether the request is from whom it claims to be, on the raw bytes.</summary>
    /// <param name="request">The request as it came in.</param>
    /// <param name="account">Secrets and options; every secret in it is active, so that keys can be rotated.</param>
    /// <param name="certificates">Certificates fetched so far, asked by Amazon SNS only; null is the same as an empty one.</param>
    WebhookAuthenticity Authenticate(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates = null);

    /// <summary>Reads the reports out of a request that was authenticated before. What is not understood is said, part by part, and spoils nothing else.</summary>
    /// <param name="request">The request as it came in.</param>
    /// <param name="account">Options: streams, mapping.</param>
    WebhookReading Read(WebhookRequest request, WebhookAccount account);
}
