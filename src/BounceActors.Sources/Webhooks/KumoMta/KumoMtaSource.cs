using System.Globalization;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.KumoMta;

/// <summary>KumoMTA's log records, one or many. Unsigned: the Lua of docs/sources/kumomta.md sends a token.</summary>
internal sealed class KumoMtaSource : JsonWebhookSource
{
    private const int MaxRecipients = 1_000;

    /// <inheritdoc/>
    public override string Name => "kumomta";

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var type = e.Text("type");
        var theirs = e.Text("bounce_classification");
        var report = type switch
        {
            "Bounce" or "OOB" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = theirs, SourceCategory = FailureClasses.OfName(theirs) },
            "Expiration" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = theirs ?? type, SourceCategory = BounceCategory.MessageExpired },
            "TransientFailure" or "Delayed" => new BounceReport { Outcome = ReportOutcome.Delay, SourceClass = theirs },

            // An operator emptied the queue: our own doing, nobody's failure
            "AdminBounce" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = type, SourceCategory = BounceCategory.SuppressedBySource },
            "Delivery" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "Feedback" => Feedback.Report(e.Text("feedback_report", "feedback_type")),
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(type);
            return;
        }

        var recipients = type == "Feedback" ? Complainers(e) : e.Texts("recipient").Select(Addresses.Read).Take(MaxRecipients).ToList();
        if (recipients.Count == 0)
        {
            events.NotUnderstood($"the record '{type}' has no address in 'recipient'");
            return;
        }

        foreach (var recipient in recipients)
        {
            if (recipient is null && type != "Feedback")
            {
                events.NotUnderstood($"'recipient' of the record '{type}' is no address");
                continue;
            }

            events.Report(Complete(report, e, type!, recipient));
        }
    }

    private static BounceReport Complete(BounceReport report, JsonElement e, string type, EmailAddress? recipient)
    {
        var (campaign, tenant) = Queue(e.Text("queue"));
        var id = e.Text("id");
        return report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(type == "Feedback" ? e.Text("feedback_report", "original_mail_from") : e.Text("sender")),
            MessageId = Addresses.MessageId(Header(e, "message-id") ?? id),
            OccurredAt = e.Time("event_time") ?? e.Time("timestamp"),
            // For what KumoMTA decided itself it invents a reply code: 551 when a message expires, which elsewhere means that a user has moved
            SmtpCode = type is "Expiration" or "AdminBounce" ? null : e.Int("response", "code"),
            EnhancedCode = Enhanced(e),
            Diagnostic = e.Text("response", "content") ?? "",
            SourceEventId = Events.IdOf(id, type, e.Text("event_time") ?? e.Text("timestamp"), recipient?.Normalised),
            RemoteMta = Addresses.Host(e.Text("peer_address", "name")),
            ReportingMta = Addresses.Host(e.Text("feedback_report", "reporting_mta", "name")),
            SendingIp = Ip(e.Text("source_address", "address") ?? e.Text("source_address")),
            Campaign = Header(e, "x-campaign") ?? campaign,
            Metadata = new Metadata()
                .Add("event", type)
                .Add("tenant", tenant)
                .AddAll(e.Get("meta"))
                .Add(e, "site", "egress_pool", "egress_source", "num_attempts", "nodeid", "queue", "delivery_protocol", "id")
                .Add("command", e.Text("response", "command"))
                .Add("feedback_type", e.Text("feedback_report", "feedback_type"))
                .Build(),
        };
    }

    /// <summary>Whom a feedback report is about. The record's own recipient is the mailbox it was sent to.</summary>
    private static List<EmailAddress?> Complainers(JsonElement e)
    {
        var named = e.Texts("feedback_report", "original_rcpt_to").Select(Addresses.Read).OfType<EmailAddress?>().Take(MaxRecipients).ToList();
        if (named.Count == 0)
        {
            named = [.. e.Texts("feedback_report", "supplemental_trace", "recipient").Select(Addresses.Read).OfType<EmailAddress?>().Take(MaxRecipients)];
        }

        return named.Count == 0 ? [null] : named;
    }

    private static EnhancedStatusCode? Enhanced(JsonElement e)
    {
        if (e.Get("response", "enhanced_code") is not { } code)
        {
            return null;
        }

        var text = code.ValueKind == JsonValueKind.Object
            ? string.Create(CultureInfo.InvariantCulture, $"{code.Int("class")}.{code.Int("subject")}.{code.Int("detail")}")
            : Json.TextOf(code);
        return EnhancedStatusCode.TryParse(text, out var parsed) ? parsed : null;
    }

    private static string? Header(JsonElement e, string name)
    {
        if (e.Get("headers") is not { ValueKind: JsonValueKind.Object } headers)
        {
            return null;
        }

        foreach (var header in headers.EnumerateObject())
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return header.Value.ValueKind == JsonValueKind.Array ? header.Value.EnumerateArray().Select(Json.TextOf).FirstOrDefault() : Json.TextOf(header.Value);
            }
        }

        return null;
    }

    /// <summary>Campaign and tenant of a queue name, <c>campaign:tenant@domain</c>.</summary>
    private static (string? Campaign, string? Tenant) Queue(string? queue)
    {
        var at = queue?.IndexOf('@') ?? -1;
        if (at <= 0)
        {
            return default;
        }

        var owner = queue![..at];
        var colon = owner.IndexOf(':');
        return colon < 0 ? (null, owner) : (Json.Clean(owner[..colon]), Json.Clean(owner[(colon + 1)..]));
    }

    /// <summary>The address of <c>address:port</c>.</summary>
    private static string? Ip(string? text) => System.Net.IPEndPoint.TryParse(text ?? "", out var end) ? end.Address.ToString() : null;
}
