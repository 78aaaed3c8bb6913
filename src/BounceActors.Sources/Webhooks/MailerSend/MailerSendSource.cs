using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.MailerSend;

/// <summary>
/// MailerSend: one event per request, signed by HMAC-SHA256 over the raw body. Version 1 nests the address (<c>data.email.recipient.email</c>) and
/// puts details in <c>data.morph</c>; version 2 is flat (<c>data.email</c>, <c>data.message_id</c>, <c>data.meta</c>).
/// </summary>
internal sealed class MailerSendSource : JsonWebhookSource
{
    private const string SignatureHeader = "Signature";

    /// <summary>The key everybody knows (developers.mailersend.com, webhooks): with it MailerSend tries a URL before it saves the webhook.</summary>
    private const string TestKey = "test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G";

    private const int LargestTest = 4_096;

    /// <inheritdoc/>
    public override string Name => "mailersend";

    /// <inheritdoc/>
    protected override WebhookAuthenticity? Probe(WebhookRequest request, WebhookAccount account)
    {
        if (request.Body.Length > LargestTest || !BodyHmac.IsSigned(request, SignatureHeader, [TestKey]))
        {
            return null;
        }

        // The well-known key may say nothing: only the test is taken on it
        using var body = JsonBody.ParseObject(request.Body);
        return body?.RootElement.Text("type") == "webhook.test" ? new WebhookAuthenticity.Handshake(200, "probe") : null;
    }

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates) =>
        account.Secrets.Count == 0 ? WithoutKey(account) : BodyHmac.Verify(request, account, SignatureHeader);

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var name = e.Text("type") ?? e.Text("data", "type");
        var kind = name?.StartsWith("activity.", StringComparison.Ordinal) == true ? name["activity.".Length..] : name;
        var report = kind switch
        {
            "hard_bounced" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.UserNotFound, SourceClass = kind },
            "soft_bounced" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.ServerError, SourceClass = kind },
            "suppressed" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.SuppressedBySource, SourceClass = kind },
            "deferred" => new BounceReport { Outcome = ReportOutcome.Delay },
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "opened" or "opened_unique" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "open" },
            "clicked" or "clicked_unique" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "click" },
            "spam_complaint" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribed" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(name);
            return;
        }

        if (e.Get("data") is not { } data || Addresses.Read(data.Text("email", "recipient", "email") ?? data.Text("email")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'data.email.recipient.email' or 'data.email'");
            return;
        }

        var details = data.Get("morph") ?? data.Get("meta") ?? data;
        var message = data.Text("email", "message", "id") ?? data.Text("message_id");
        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(data.Text("email", "from") ?? data.Text("from")),
            MessageId = message,
            OccurredAt = data.Time("created_at") ?? e.Time("created_at"),
            Diagnostic = report.Outcome is ReportOutcome.Bounce or ReportOutcome.Delay ? details.Text("reason") ?? details.Text("readable_reason") ?? "" : "",
            SourceEventId = data.Text("id") ?? Events.IdOf(message, name, recipient.Normalised, e.Text("created_at")),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", data.Get("email", "tags") is null ? data.Texts("tags") : data.Texts("email", "tags"))
                .Add("subject", data.Text("email", "subject") ?? data.Text("subject"))
                .Add(e, "domain_id", "webhook_id")
                .Add("template_id", data.Text("template_id"))
                .Add(details, "object", "readable_reason", "url", "ip")
                .Build(),
        });
    }
}
