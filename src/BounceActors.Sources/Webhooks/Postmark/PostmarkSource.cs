using System.Collections.Frozen;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Postmark;

/// <summary>Postmark: one object per request, told apart by <c>RecordType</c>. Unsigned: credentials in the URL or custom headers prove who sent it.</summary>
internal sealed class PostmarkSource : JsonWebhookSource
{
    private sealed record BounceType(int Code, ReportOutcome? Outcome, BounceCategory? Category = null);

    private static readonly FrozenDictionary<string, BounceType> Types = new Dictionary<string, BounceType>
    {
        ["HardBounce"] = new(1, ReportOutcome.Bounce, BounceCategory.UserNotFound),
        ["Transient"] = new(2, ReportOutcome.Delay),
        ["Unsubscribe"] = new(16, ReportOutcome.Unsubscribe),
        ["Subscribe"] = new(32, null),
        ["AutoResponder"] = new(64, ReportOutcome.AutoReply, BounceCategory.VacationReply),
        ["AddressChange"] = new(128, ReportOutcome.Bounce, BounceCategory.UserNotFound),
        ["DnsError"] = new(256, ReportOutcome.Bounce, BounceCategory.DomainNotFound),
        ["SpamNotification"] = new(512, ReportOutcome.Bounce, BounceCategory.SpamFilter),
        ["OpenRelayTest"] = new(1024, ReportOutcome.Bounce, BounceCategory.RelayDenied),
        ["Unknown"] = new(2048, ReportOutcome.Bounce),
        ["SoftBounce"] = new(4096, ReportOutcome.Bounce, BounceCategory.ServerError),
        ["VirusNotification"] = new(8192, ReportOutcome.Bounce, BounceCategory.VirusDetected),
        ["ChallengeVerification"] = new(16384, ReportOutcome.Challenge, BounceCategory.ChallengeRequest),
        ["BadEmailAddress"] = new(100000, ReportOutcome.Bounce, BounceCategory.InvalidAddress),
        ["SpamComplaint"] = new(100001, ReportOutcome.Complaint, BounceCategory.Complaint),
        ["ManuallyDeactivated"] = new(100002, ReportOutcome.Bounce, BounceCategory.SuppressedBySource),
        ["Unconfirmed"] = new(100003, null),
        ["Blocked"] = new(100006, ReportOutcome.Bounce, BounceCategory.ReputationBlock),
        ["SMTPApiError"] = new(100007, ReportOutcome.Bounce, BounceCategory.ProtocolError),
        ["InboundError"] = new(100008, null),
        ["DMARCPolicy"] = new(100009, ReportOutcome.Bounce, BounceCategory.AuthenticationFailure),
        ["TemplateRenderingFailed"] = new(100010, ReportOutcome.Bounce, BounceCategory.ProtocolError),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<int, string> Names = Types.ToFrozenDictionary(t => t.Value.Code, t => t.Key);

    /// <inheritdoc/>
    public override string Name => "postmark";

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var record = e.Text("RecordType");
        var report = record switch
        {
            "Bounce" => Bounce(e),
            "SpamComplaint" => new BounceReport { Outcome = ReportOutcome.Complaint, OccurredAt = e.Time("BouncedAt"), SourceClass = e.Text("Type") },
            "Delivery" => new BounceReport { Outcome = ReportOutcome.Delivered, OccurredAt = e.Time("DeliveredAt") },
            "Open" or "Click" => new BounceReport { Outcome = ReportOutcome.Engagement, OccurredAt = e.Time("ReceivedAt"), SourceClass = record.ToLowerInvariant() },
            "SubscriptionChange" => Subscription(e),
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(record is "Bounce" or "SubscriptionChange" ? $"{record}/{e.Text("Type") ?? "reactivated"}" : record ?? (e.Get("FromFull") is null ? null : "Inbound"));
            return;
        }

        if (Addresses.Read(e.Text("Email") ?? e.Text("Recipient")) is not { } recipient)
        {
            events.NotUnderstood($"the {record} has no address in 'Email' or 'Recipient'");
            return;
        }

        var message = Addresses.MessageId(e.Text("MessageID"));
        var id = e.Text("ID") is { } number and not "0" ? $"{record}:{number}" : null;
        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(e.Text("From")),
            MessageId = message,
            SourceEventId = id ?? Events.IdOf(message, record, recipient.Normalised, e.Text("BouncedAt") ?? e.Text("DeliveredAt") ?? e.Text("ReceivedAt") ?? e.Text("ChangedAt")),

            // Description is Postmark's own text about the type, not the server's words
            Diagnostic = report.Outcome == ReportOutcome.Engagement ? "" : e.Text("Details") ?? "",
            Stream = e.Text("MessageStream"),
            Metadata = new Metadata()
                .Add("event", record)
                .Add("tags", e.Text("Tag"))
                .AddAll(e.Get("Metadata"))
                .Add(e, "Type", "TypeCode", "Name", "Description", "ID", "ServerID", "Inactive", "CanActivate", "Subject", "Origin", "SuppressionReason", "OriginalLink", "FirstOpen", "UserAgent")
                .Build(),
        });
    }

    private static BounceReport? Bounce(JsonElement e)
    {
        // The numbers in sample payloads contradict the documented ones: the name decides
        var name = e.Text("Type") ?? (e.Int("TypeCode") is { } code ? Names.GetValueOrDefault(code) : null);
        if (name is null || !Types.TryGetValue(name, out var type))
        {
            return new BounceReport { Outcome = ReportOutcome.Bounce, OccurredAt = e.Time("BouncedAt"), SourceClass = name };
        }

        return type.Outcome is null ? null : new BounceReport
        {
            Outcome = type.Outcome,
            OccurredAt = e.Time("BouncedAt"),
            SourceClass = name,
            SourceCategory = type.Category,
        };
    }

    /// <summary>Postmark's list changed. A bounce behind it is reported on its own, so that its change is an echo; a person's wish is not.</summary>
    private static BounceReport? Subscription(JsonElement e)
    {
        if (e.Flag("SuppressSending") != true)
        {
            return null;
        }

        var reason = e.Text("SuppressionReason");
        var report = new BounceReport { OccurredAt = e.Time("ChangedAt"), SourceClass = reason };
        return reason switch
        {
            "SpamComplaint" => report with { Outcome = ReportOutcome.Complaint },
            "ManualSuppression" when e.Text("Origin") == "Recipient" => report with { Outcome = ReportOutcome.Unsubscribe },
            _ => report with { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.SuppressedBySource },
        };
    }
}
