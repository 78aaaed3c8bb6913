using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.AmazonSes;

/// <summary>
/// Amazon SES through SNS over HTTPS. Reading also takes what an SQS queue holds: the envelope, the bare document of raw delivery, or
/// an EventBridge event. There the queue's own access policy is the proof, and authenticity is not asked for here.
/// </summary>
internal sealed class AmazonSesSource : WebhookSource
{
    /// <summary>The word with which SES tries a topic that was just connected; it is no JSON.</summary>
    private const string Greeting = "Successfully validated SNS topic";

    /// <inheritdoc/>
    public override string Name => "ses";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.TopicArns.Count == 0)
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.NotConfigured);
        }

        if (string.Equals(request.Header("x-amz-sns-rawdelivery"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.RawDelivery);
        }

        using var body = JsonBody.ParseObject(request.Body);
        if (body is null)
        {
            return new WebhookAuthenticity.Rejected(400, RejectionReasons.Malformed);
        }

        if (SnsEnvelope.Read(body.RootElement) is not { } envelope || envelope.Signature is null)
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.SignatureMissing);
        }

        if (Contradicts(request.Header("x-amz-sns-message-type"), envelope.Type) || Contradicts(request.Header("x-amz-sns-message-id"), envelope.MessageId)
            || envelope.Type is not ("Notification" or "SubscriptionConfirmation" or "UnsubscribeConfirmation"))
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.HeaderMismatch);
        }

        if (envelope.TopicArn is null || !account.TopicArns.Contains(envelope.TopicArn, StringComparer.Ordinal))
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.TopicNotAllowed);
        }

        if (SnsEnvelope.AmazonUrl(envelope.CertificateUrl, ".pem") is not { } url)
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.UrlNotAllowed);
        }

        if (certificates?.Find(url) is not { } bytes)
        {
            return new WebhookAuthenticity.NeedsCertificate(url);
        }

        using var certificate = Certificate(bytes.Span);
        if (certificate is null || request.ReceivedAt < certificate.NotBefore || request.ReceivedAt > certificate.NotAfter)
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.CertificateInvalid);
        }

        if (!envelope.IsSignedBy(certificate))
        {
            return new WebhookAuthenticity.Rejected(403, RejectionReasons.SignatureWrong);
        }

        return envelope.Type switch
        {
            "Notification" => At(envelope.SentAt, request, account),
            "SubscriptionConfirmation" => SnsEnvelope.AmazonUrl(envelope.SubscribeUrl) is { } confirm
                ? new WebhookAuthenticity.Handshake(200, "subscription", confirm)
                : new WebhookAuthenticity.Rejected(403, RejectionReasons.UrlNotAllowed),

            // Its SubscribeURL would subscribe again: it is not even looked at
            _ => new WebhookAuthenticity.Handshake(200, "unsubscribed"),
        };
    }

    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events) => events.ReadJson(request.Body.Span, e =>
    {
        if (SnsEnvelope.Read(e) is not { } envelope)
        {
            SesDocument.Read(e.Get("detail") is { } detail && e.Get("detail-type") is not null ? detail : e, e.Text("id"), events);
            return;
        }

        if (envelope.Type != "Notification")
        {
            events.Ignore(envelope.Type);
        }
        else if (envelope.Message!.TrimStart().StartsWith(Greeting, StringComparison.OrdinalIgnoreCase))
        {
            events.Ignore("topic validated");
        }
        else
        {
            events.ReadJson(Encoding.UTF8.GetBytes(envelope.Message), document => SesDocument.Read(document, envelope.MessageId, events));
        }
    });

    private static bool Contradicts(string? header, string? body) => header is not null && header != body;

    private static X509Certificate2? Certificate(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.IndexOf("-----BEGIN CERTIFICATE-----"u8) >= 0
                ? X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(bytes))
                : X509CertificateLoader.LoadCertificate(bytes);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
