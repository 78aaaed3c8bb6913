using System.Text.Json;
using System.Text.RegularExpressions;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.AmazonSes;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Resend;

/// <summary>Resend: one event per request, signed by Svix. Its bounces speak the vocabulary of SES.</summary>
internal sealed partial class ResendSource : WebhookSource
{
    /// <inheritdoc/>
    public override string Name => "resend";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates) =>
        account.Secrets.Count == 0 ? WithoutKey(account) : StandardWebhooks.Verify(request, account);

    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events) =>
        events.ReadJson(request.Body.Span, e => ReadEvent(e, StandardWebhooks.Id(request), events));

    private static void ReadEvent(JsonElement e, string? eventId, Events events)
    {
        var type = e.Text("type");
        if (e.Get("data") is not { ValueKind: JsonValueKind.Object } data)
        {
            events.NotUnderstood("an object 'data' is expected");
            return;
        }

        var report = type switch
        {
            "email.bounced" => Bounce(data),
            "email.suppressed" or "email.failed" =>
                new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = type["email.".Length..], SourceCategory = BounceCategory.SuppressedBySource },
            "email.delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "email.delivery_delayed" => new BounceReport { Outcome = ReportOutcome.Delay },
            "email.complained" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "email.opened" or "email.clicked" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = type == "email.opened" ? "open" : "click" },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(type);
            return;
        }

        var to = data.Texts("to").ToList();
        if (to.Count == 0)
        {
            events.NotUnderstood($"the event '{type}' has no address in 'data.to'");
            return;
        }

        // With several recipients the event does not say which one it is about: nobody may be struck for it
        var recipient = to.Count == 1 ? Addresses.Read(to[0]) : null;
        if (recipient is null && to.Count == 1)
        {
            events.NotUnderstood($"'data.to' of the event '{type}' is no address");
            return;
        }

        if (recipient is null && report.Outcome is ReportOutcome.Delivered or ReportOutcome.Engagement or ReportOutcome.Delay)
        {
            events.Ignore($"{type} to several recipients");
            return;
        }

        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(data.Text("from")),
            MessageId = Addresses.MessageId(data.Text("email_id") ?? data.Text("message_id")),
            OccurredAt = e.Time("created_at"),
            SourceEventId = eventId ?? Events.IdOf(data.Text("email_id"), type, e.Text("created_at")),
            Campaign = data.Text("broadcast_id"),
            Metadata = Tags(data)
                .Add("event", type)
                .Add("recipients", recipient is null ? string.Join(",", to.Take(50)) : null)
                .Add(data, "subject", "template_id", "message_id", "click", "failed", "suppressed")
                .Add("bounce_message", data.Text("bounce", "message"))
                .Build(),
        });
    }

    private static BounceReport Bounce(JsonElement data)
    {
        var (type, subType) = (data.Text("bounce", "type"), data.Text("bounce", "subType"));
        var codes = string.Join(' ', data.Texts("bounce", "diagnosticCode"));
        var message = data.Text("bounce", "message") ?? "";
        return new BounceReport
        {
            Outcome = ReportOutcome.Bounce,
            SourceClass = $"{type}/{subType}",
            SourceCategory = SesClasses.Category(type, subType),

            // The message is Resend's explanation of the class, unless it quotes a reply
            Diagnostic = codes.Length > 0 ? codes : ReplyCode().IsMatch(message) ? message : "",
        };
    }

    /// <summary>Documented as an object and as an array of names and values.</summary>
    private static Metadata Tags(JsonElement data)
    {
        var metadata = new Metadata();
        if (data.Get("tags") is not { } tags)
        {
            return metadata;
        }

        if (tags.ValueKind == JsonValueKind.Object)
        {
            return metadata.AddAll(tags);
        }

        foreach (var tag in data.Items("tags").Where(t => t.ValueKind == JsonValueKind.Object))
        {
            metadata.Add(tag.Text("name") ?? "", tag.Text("value"));
        }

        return metadata;
    }

    [GeneratedRegex(@"\b[45]\d\d[ \-#][^\d]|\b[45]\.\d{1,3}\.\d{1,3}\b", RegexOptions.CultureInvariant)]
    private static partial Regex ReplyCode();
}
