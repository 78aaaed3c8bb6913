using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.SparkPost;

/// <summary>SparkPost, now Bird: an array of <c>{"msys":{class:{…}}}</c>. Unsigned: credentials, a token or a custom header prove who sent it.</summary>
internal sealed class SparkPostSource : JsonWebhookSource
{
    private const int AutoReply = 60;
    private const int Subscribe = 80;
    private const int Unsubscribe = 90;
    private const int Challenge = 100;

    /// <inheritdoc/>
    public override string Name => "sparkpost";

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        if (e.Get("msys") is not { ValueKind: JsonValueKind.Object } msys)
        {
            events.NotUnderstood("an object 'msys' is expected");
            return;
        }

        var any = false;
        foreach (var property in msys.EnumerateObject())
        {
            any = true;
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                ReadMessage(property.Value, property.Name, events);
            }
            else
            {
                events.NotUnderstood("the event in 'msys' is no object");
            }
        }

        if (!any)
        {
            events.Ignore("ping");
        }
    }

    private static void ReadMessage(JsonElement e, string kind, Events events)
    {
        var type = e.Text("type");
        var report = type switch
        {
            "bounce" or "out_of_band" => Bounce(e),
            "delay" => new BounceReport { Outcome = ReportOutcome.Delay },
            "delivery" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "policy_rejection" or "generation_rejection" =>
                new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.SuppressedBySource },
            "generation_failure" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.ProtocolError },
            "spam_complaint" => Complaint(e),
            "list_unsubscribe" or "link_unsubscribe" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            "open" or "initial_open" or "amp_open" or "amp_initial_open" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "open" },
            "click" or "amp_click" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "click" },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(type ?? kind);
            return;
        }

        var recipient = Addresses.Read(e.Text("raw_rcpt_to") ?? e.Text("rcpt_to"));
        if (recipient is null && type != "out_of_band")
        {
            events.NotUnderstood($"the event '{type}' has no address in 'rcpt_to'");
            return;
        }

        events.Report(report with
        {
            // Out-of-band bounces may come without their recipient: an orphan, which strikes nobody
            Recipient = recipient,
            Sender = Addresses.Sender(e.Text("msg_from") ?? e.Text("friendly_from")),
            MessageId = Addresses.MessageId(e.Text("message_id")),
            OccurredAt = e.Time("timestamp"),
            SmtpCode = report.Outcome is ReportOutcome.Bounce or ReportOutcome.Delay ? e.Int("error_code") : null,
            Diagnostic = report.Outcome is ReportOutcome.Bounce or ReportOutcome.Delay ? e.Text("raw_reason") ?? e.Text("reason") ?? "" : "",
            SourceClass = report.SourceClass ?? e.Text("bounce_class"),
            SourceEventId = e.Text("event_id") ?? Events.IdOf(e.Text("message_id"), type, recipient?.Normalised, e.Text("timestamp")),
            Campaign = e.Text("campaign_id"),
            SendingIp = e.Text("sending_ip"),
            Metadata = new Metadata()
                .Add("event", type)
                .Add("tags", e.Texts("rcpt_tags"))
                .AddAll(e.Get("rcpt_meta"))
                .Add(e, "transmission_id", "subaccount_id", "ip_pool", "routing_domain", "mailbox_provider", "mailbox_provider_region", "template_id", "subject", "num_retries", "queue_time", "fbtype", "report_by", "user_str", "target_link_url", "user_agent", "event_id")
                .Build(),
        });
    }

    private static BounceReport? Bounce(JsonElement e)
    {
        var number = e.Int("bounce_class");
        var reason = e.Text("raw_reason") ?? e.Text("reason") ?? "";
        var category = reason.Contains("recipient address was suppressed due to", StringComparison.OrdinalIgnoreCase)
            ? BounceCategory.SuppressedBySource
            : FailureClasses.OfNumber(number);
        return number switch
        {
            Subscribe => null,
            AutoReply => new BounceReport { Outcome = ReportOutcome.AutoReply, SourceCategory = category },
            Unsubscribe => new BounceReport { Outcome = ReportOutcome.Unsubscribe, SourceCategory = category },
            Challenge => new BounceReport { Outcome = ReportOutcome.Challenge, SourceCategory = category },
            _ => new BounceReport { Outcome = ReportOutcome.Bounce, SourceCategory = category },
        };
    }

    private static BounceReport Complaint(JsonElement e) => Feedback.Report(e.Text("fbtype"));
}
