using System.Collections.Frozen;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mailjet;

/// <summary>Mailjet Event API: an array (grouped) or one bare object. Unsigned: credentials in the URL prove who sent it.</summary>
internal sealed class MailjetSource : JsonWebhookSource
{
    private static readonly FrozenDictionary<string, BounceCategory> Errors = new Dictionary<string, BounceCategory>
    {
        ["user unknown"] = BounceCategory.UserNotFound,
        ["typofix"] = BounceCategory.UserNotFound,
        ["mailbox inactive"] = BounceCategory.MailboxDisabled,
        ["quota exceeded"] = BounceCategory.MailboxFull,
        ["blacklisted"] = BounceCategory.SuppressedBySource,
        ["spam reporter"] = BounceCategory.SuppressedBySource,
        ["preblocked"] = BounceCategory.SuppressedBySource,
        ["duplicate in campaign"] = BounceCategory.SuppressedBySource,
        ["invalid domain"] = BounceCategory.DomainNotFound,
        ["no mail host"] = BounceCategory.DomainNotFound,
        ["relay/access denied"] = BounceCategory.RelayDenied,
        ["greylisted"] = BounceCategory.Greylisted,
        ["bad or empty template"] = BounceCategory.ProtocolError,
        ["error in template language"] = BounceCategory.ProtocolError,
        ["sender blocked"] = BounceCategory.ReputationBlock,
        ["content blocked"] = BounceCategory.ContentFilter,
        ["policy issue"] = BounceCategory.PolicyRejection,
        ["system issue"] = BounceCategory.ServerError,
        ["protocol issue"] = BounceCategory.ProtocolError,
        ["connection issue"] = BounceCategory.NetworkError,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Name => "mailjet";

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var name = e.Text("event");
        var report = name switch
        {
            "bounce" => Bounce(e),
            "blocked" => Blocked(e),
            "sent" => new BounceReport { Outcome = ReportOutcome.Delivered, Diagnostic = e.Text("smtp_reply") ?? "" },
            "open" or "click" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name },
            "spam" => new BounceReport { Outcome = ReportOutcome.Complaint, SourceClass = e.Text("source") },
            "unsub" => new BounceReport { Outcome = ReportOutcome.Unsubscribe, Stream = events.Group(e.Text("mj_list_id")) },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(name);
            return;
        }

        if (Addresses.Read(e.Text("email")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'email'");
            return;
        }

        var message = e.Text("MessageID");
        events.Report(report with
        {
            Recipient = recipient,
            MessageId = message,
            OccurredAt = e.Time("time"),
            SourceEventId = Events.IdOf(message, name, e.Text("time"), recipient.Normalised),
            Campaign = e.Text("customcampaign") ?? (e.Text("mj_campaign_id") is { } id and not "0" ? id : null),
            Metadata = new Metadata()
                .Add("event", name)
                .Add(e, "Message_GUID", "CustomID", "Payload", "mj_campaign_id", "mj_contact_id", "mj_list_id", "hard_bounce", "blocked", "error_related_to", "error", "source", "url", "geo", "agent")
                .Build(),
        });
    }

    private static BounceReport Bounce(JsonElement e)
    {
        var category = CategoryOf(e);
        var hard = e.Flag("hard_bounce") == true;
        return new BounceReport
        {
            Outcome = category == BounceCategory.Greylisted && !hard ? ReportOutcome.Delay : ReportOutcome.Bounce,
            SourceClass = ClassOf(e),
            SourceCategory = category ?? (hard ? BounceCategory.UserNotFound : BounceCategory.ServerError),
            Diagnostic = e.Text("comment") ?? "",
        };
    }

    /// <summary>Mailjet did not try: an echo, but for what it found out about the domain by itself.</summary>
    private static BounceReport Blocked(JsonElement e) => new()
    {
        Outcome = ReportOutcome.Bounce,
        SourceClass = ClassOf(e),
        SourceCategory = CategoryOf(e) is BounceCategory.DomainNotFound ? BounceCategory.DomainNotFound : BounceCategory.SuppressedBySource,
        Diagnostic = e.Text("comment") ?? "",
    };

    private static BounceCategory? CategoryOf(JsonElement e) => e.Text("error") is { } error && Errors.TryGetValue(error, out var category) ? category : null;

    private static string? ClassOf(JsonElement e) => e.Text("error") ?? e.Text("error_related_to");
}
