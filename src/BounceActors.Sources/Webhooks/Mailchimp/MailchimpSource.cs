using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mailchimp;

/// <summary>Mailchimp Marketing audience webhooks: unsigned form posts. It offers nothing but the URL to keep a secret in; the URL is tried by GET.</summary>
internal sealed class MailchimpSource : WebhookSource
{
    /// <inheritdoc/>
    public override string Name => "mailchimp";

    /// <inheritdoc/>
    protected override WebhookAuthenticity? Probe(WebhookRequest request, WebhookAccount account) =>
        request.Method.ToUpperInvariant() is "GET" or "HEAD"
            ? Factors.Check(request, account) ?? (WebhookAuthenticity)new WebhookAuthenticity.Handshake(200, "probe")
            : null;

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates) =>
        account.UrlSecrets.Count > 0 ? Accepted : WithoutKey(account);

    /// <summary>Reads a post, or the results of Batch Operations (<see cref="MailchimpBatchResults"/>).</summary>
    protected override void ReadBody(WebhookRequest request, Events events)
    {
        if (request.Body.Span is [0x1f, 0x8b, ..])
        {
            using var archive = new MemoryStream(request.Body.ToArray(), writable: false);
            MailchimpBatchResults.Read(archive, events);
            return;
        }

        var fields = FormFields.Read(request).GroupBy(f => f.Key).ToDictionary(g => g.Key, g => Json.Clean(g.First().Value));
        var type = fields.GetValueOrDefault("type");
        var reason = fields.GetValueOrDefault("data[reason]");
        var report = (type, reason, fields.GetValueOrDefault("data[action]")) switch
        {
            ("cleaned", "abuse", _) => new BounceReport { Outcome = ReportOutcome.Complaint },
            ("cleaned", _, _) => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.UserNotFound },
            ("unsubscribe", "abuse", _) => new BounceReport { Outcome = ReportOutcome.Complaint },
            ("unsubscribe", _, "delete") => null,
            ("unsubscribe", _, _) => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            _ => null,
        };
        if (type is null)
        {
            events.NotUnderstood("a form field 'type' is expected");
            return;
        }

        if (report is null)
        {
            events.Ignore(type);
            return;
        }

        if (Addresses.Read(fields.GetValueOrDefault("data[email]")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{type}' has no address in 'data[email]'");
            return;
        }

        var at = fields.GetValueOrDefault("fired_at");
        var list = fields.GetValueOrDefault("data[list_id]");
        var metadata = new Metadata().Add("event", type).Add("list_id", list);
        foreach (var (name, value) in fields.Where(f => f.Key.StartsWith("data[", StringComparison.Ordinal) && f.Key is not ("data[email]" or "data[list_id]" or "data[reason]")))
        {
            metadata.Add(name["data[".Length..].Replace("][", ".", StringComparison.Ordinal).TrimEnd(']'), value);
        }

        events.Report(report with
        {
            Recipient = recipient,
            OccurredAt = Json.ToTime(at),
            SourceClass = reason,
            SourceEventId = Events.IdOf(type, reason, list, recipient.Normalised, at),
            Stream = events.Group(list),
            Campaign = fields.GetValueOrDefault("data[campaign_id]"),
            Metadata = metadata.Build(),
        });
    }
}
