using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Brevo;

/// <summary>Brevo (Sendinblue): one object per request, or many when batched. Unsigned: credentials, a token or a custom header prove who sent it.</summary>
internal sealed class BrevoSource : JsonWebhookSource
{
    /// <inheritdoc/>
    public override string Name => "brevo";

    /// <summary>Its page on retries is ambiguous about 5xx; 429 is taken for "later" in every version.</summary>
    public override int LaterStatus => 429;

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        if (e.Get("event") is null && e.Get("events") is { ValueKind: JsonValueKind.Array } batch)
        {
            events.Each("$.events", batch, item => ReadEvent(item, events));
            return;
        }

        var name = e.Text("event");
        var reason = Reason(e.Text("reason"));
        var report = name?.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant() switch
        {
            "hardbounce" => Bounce("hard", BounceCategory.UserNotFound),
            "softbounce" => Bounce("soft", BounceCategory.ServerError),
            "invalidemail" or "invalid" => Bounce("invalid_email", BounceCategory.InvalidAddress),
            "blocked" or "error" => Bounce(name, BounceCategory.SuppressedBySource),

            // "deferred" was seen for final refusals: a 5xx is judged as one
            "deferred" => reason is ['5', _, _, ..] && char.IsAsciiDigit(reason[1]) && char.IsAsciiDigit(reason[2]) ? Bounce("deferred", null) : new BounceReport { Outcome = ReportOutcome.Delay },
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "opened" or "uniqueopened" or "proxyopen" or "uniqueproxyopen" or "loadedbyproxy" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "open" },
            "click" or "clicked" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "click" },
            "spam" or "complaint" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribe" or "unsubscribed" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
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

        var message = Addresses.MessageId(e.Text("message-id"));
        events.Report(report with
        {
            Recipient = recipient,
            MessageId = message,

            // ts_epoch is the only one that is reliably UTC
            OccurredAt = e.Time("ts_epoch") ?? e.Time("ts_event") ?? e.Time("ts"),
            Diagnostic = reason,
            SourceEventId = Events.IdOf(message, name, recipient.Normalised, e.Text("ts_epoch") ?? e.Text("ts_event") ?? e.Text("ts")),
            SendingIp = e.Text("sending_ip"),
            Campaign = e.Text("campaign name") ?? e.Text("camp_id"),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", e.Texts("tags").Concat(e.Get("tags") is null ? e.Texts("tag") : []))
                .Add("custom", e.Text("X-Mailin-custom"))
                .Add(e, "id", "subject", "template_id", "link", "date", "user_agent", "list_id")
                .Build(),
        });
    }

    private static BounceReport Bounce(string kind, BounceCategory? category) => new() { Outcome = ReportOutcome.Bounce, SourceClass = kind, SourceCategory = category };

    /// <summary>The reason without the name of an error class in front (<c>RecipientError: 550 …</c>).</summary>
    private static string Reason(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var colon = text.IndexOf(':');
        return colon is > 0 and < 40 && text.AsSpan(0, colon).EndsWith("Error") && !text.AsSpan(0, colon).Contains(' ') ? text[(colon + 1)..].Trim() : text;
    }
}
