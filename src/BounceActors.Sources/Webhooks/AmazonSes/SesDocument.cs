using System.Globalization;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.AmazonSes;

/// <summary>
/// What SES says about one mail: a notification of an identity (<c>notificationType</c>) or an event of a configuration set (<c>eventType</c>).
/// It works from the recipients the event names; <c>mail.destination</c> lists everybody the mail went to.
/// </summary>
internal static class SesDocument
{
    private const int MaxRecipients = 1_000;

    private static readonly string[] AutoReplyWords = ["out of office", "out-of-office", "automatic reply", "auto-reply", "autoreply", "auto reply", "vacation"];

    public static void Read(JsonElement document, string? eventId, Events events)
    {
        var type = document.Text("eventType") ?? document.Text("notificationType");
        var e = document.Get(Field(type)) ?? default;
        var mail = document.Get("mail") ?? default;
        switch (type)
        {
            case "Bounce":
                Each(e.Items("bouncedRecipients"), r => Bounce(e, r));
                break;
            case "Complaint":
                Complaint(e);
                break;
            case "Delivery":
                Each(e.Items("recipients"), _ => new BounceReport
                {
                    Outcome = ReportOutcome.Delivered,
                    OccurredAt = e.Time("timestamp"),
                    Diagnostic = e.Text("smtpResponse") ?? "",
                    ReportingMta = Addresses.Host(e.Text("reportingMTA")),
                });
                break;
            case "DeliveryDelay":
                Each(e.Items("delayedRecipients"), r => new BounceReport
                {
                    Outcome = ReportOutcome.Delay,
                    OccurredAt = e.Time("timestamp"),
                    SourceClass = e.Text("delayType"),
                    EnhancedCode = Enhanced(r),
                    Diagnostic = r.Text("diagnosticCode") ?? "",
                    ReportingMta = Addresses.Host(e.Text("reportingMTA")),
                });
                break;
            case "Reject" or "Rendering Failure":
                // Nothing was sent to anybody, and nobody of them is to blame
                Each(mail.Items("destination"), _ => new BounceReport
                {
                    Outcome = ReportOutcome.Bounce,
                    OccurredAt = mail.Time("timestamp"),
                    SourceClass = type,
                    SourceCategory = type == "Reject" ? BounceCategory.VirusDetected : BounceCategory.ProtocolError,
                    Diagnostic = e.Text("reason") ?? e.Text("errorMessage") ?? "",
                });
                break;
            case "Open" or "Click":
                Only(new BounceReport { Outcome = ReportOutcome.Engagement, OccurredAt = e.Time("timestamp"), SourceClass = type.ToLowerInvariant() });
                break;
            case "Subscription":
                Subscription(e);
                break;
            case null:
                events.NotUnderstood("'eventType' or 'notificationType' is expected");
                break;
            default:
                events.Ignore(type);
                break;
        }

        void Complaint(JsonElement c)
        {
            var suspects = c.Items("complainedRecipients").Count();
            var suppressed = c.Text("complaintSubType") is "OnAccountSuppressionList";
            var report = suppressed
                ? new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = "Complaint/OnAccountSuppressionList", SourceCategory = BounceCategory.SuppressedBySource }
                : Feedback.Report(c.Text("complaintFeedbackType"));
            Each(c.Items("complainedRecipients"), _ => report with { OccurredAt = c.Time("arrivalDate") ?? c.Time("timestamp") }, suspects > 1 ? suspects : null);
        }

        // An opt-out of all, or of single topics: these are streams
        void Subscription(JsonElement s)
        {
            var report = new BounceReport { Outcome = ReportOutcome.Unsubscribe, OccurredAt = s.Time("timestamp"), SourceClass = s.Text("source") };
            if (s.Flag("newTopicPreferences", "unsubscribeAll") == true)
            {
                Only(report);
                return;
            }

            var left = s.Items("newTopicPreferences", "topicSubscriptionStatus").Where(t => t.Text("subscriptionStatus") == "OptOut").Select(t => t.Text("topicName")).OfType<string>().Take(50).ToList();
            foreach (var topic in left)
            {
                Only(report with { Stream = topic });
            }

            if (left.Count == 0)
            {
                events.Ignore(type);
            }
        }

        // For events that name no recipient: only a mail to a single one tells who it was
        void Only(BounceReport report)
        {
            if (mail.Items("destination").Take(2).Count() == 1)
            {
                Each(mail.Items("destination"), _ => report);
            }
            else
            {
                events.Ignore($"{type} to several recipients");
            }
        }

        void Each(IEnumerable<JsonElement> recipients, Func<JsonElement, BounceReport> read, int? suspects = null)
        {
            var index = 0;
            foreach (var item in recipients.Take(MaxRecipients))
            {
                if (Addresses.Read(item.Text("emailAddress") ?? Json.TextOf(item)) is { } recipient)
                {
                    events.Report(Complete(read(item), recipient, index, suspects));
                }
                else
                {
                    events.NotUnderstood($"a recipient of the {type} has no address");
                }

                index++;
            }

            if (index == 0)
            {
                events.NotUnderstood($"the {type} names no recipient");
            }
        }

        BounceReport Complete(BounceReport report, EmailAddress recipient, int index, int? suspects)
        {
            var id = eventId ?? e.Text("feedbackId");
            return report with
            {
                Recipient = recipient,
                Sender = Addresses.Sender(mail.Text("source")),
                MessageId = mail.Text("messageId"),
                SourceEventId = id is null
                    ? Events.IdOf(mail.Text("messageId"), type, recipient.Normalised, e.Text("timestamp"))
                    : string.Create(CultureInfo.InvariantCulture, $"{id}:{index}{(report.Stream is null ? "" : ":" + report.Stream)}"),
                SendingIp = mail.Texts("tags", "ses:outgoing-ip").FirstOrDefault(),
                Campaign = mail.Texts("tags", "campaign").FirstOrDefault(),
                Metadata = new Metadata()
                    .Add("event", type)
                    .Add("suspects", suspects?.ToString(CultureInfo.InvariantCulture))
                    .AddAll(mail.Get("tags"))
                    .Add("original_message_id", Addresses.MessageId(mail.Text("commonHeaders", "messageId")))
                    .Add("subject", mail.Text("commonHeaders", "subject"))
                    .Add(e, "feedbackId", "bounceType", "bounceSubType", "remoteMtaIp", "userAgent", "complaintFeedbackType", "complaintSubType", "processingTimeMillis", "ipAddress", "link", "contactList", "delayType", "expirationTime")
                    .Build(),
            };
        }
    }

    private static BounceReport Bounce(JsonElement e, JsonElement recipient)
    {
        var (type, subType) = (e.Text("bounceType"), e.Text("bounceSubType"));
        var action = recipient.Text("action");
        var delayed = string.Equals(action, "delayed", StringComparison.OrdinalIgnoreCase);
        var report = new BounceReport
        {
            Outcome = delayed ? ReportOutcome.Delay : ReportOutcome.Bounce,
            Action = delayed ? DsnAction.Delayed : string.Equals(action, "failed", StringComparison.OrdinalIgnoreCase) ? DsnAction.Failed : null,
            OccurredAt = e.Time("timestamp"),
            SourceClass = $"{type}/{subType}",
            SourceCategory = CategoryOf(type, subType, Enhanced(recipient)),
            EnhancedCode = Enhanced(recipient),
            Diagnostic = recipient.Text("diagnosticCode") ?? "",
            ReportingMta = Addresses.Host(e.Text("reportingMTA")),
        };
        return IsAutoReply(type, subType, recipient)
            ? report with { Outcome = ReportOutcome.AutoReply, SourceCategory = BounceCategory.VacationReply }
            : report;
    }

    /// <summary>Permanent failures arrive under Transient/General too, those of domains among them (listmonk#1463): there the code knows better.</summary>
    private static BounceCategory? CategoryOf(string? type, string? subType, EnhancedStatusCode? code) => (type, subType, code) switch
    {
        ("Transient", "General", { Class: 5, Subject: 4, Detail: 4 }) => BounceCategory.DomainNotFound,
        ("Transient", "General", { Class: 5 }) => null,
        _ => SesClasses.Category(type, subType),
    };

    /// <summary>SES files automatic replies under Transient/General. They are no delivery status, so nothing of one is there; or their text shows.</summary>
    private static bool IsAutoReply(string? type, string? subType, JsonElement recipient)
    {
        if (type != "Transient" || subType != "General")
        {
            return false;
        }

        var text = recipient.Text("diagnosticCode");
        return text is null
            ? recipient.Text("action") is null && recipient.Text("status") is null
            : AutoReplyWords.Any(w => text.Contains(w, StringComparison.OrdinalIgnoreCase));
    }

    private static EnhancedStatusCode? Enhanced(JsonElement recipient) => EnhancedStatusCode.TryParse(recipient.Text("status"), out var code) ? code : null;

    private static string Field(string? type) => type switch
    {
        "DeliveryDelay" => "deliveryDelay",
        "Rendering Failure" => "failure",
        null => "",
        _ => type.ToLowerInvariant(),
    };
}
