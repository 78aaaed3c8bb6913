using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mailtrap;

/// <summary>Mailtrap: <c>{"events":[…]}</c>, or one event a line; signed by HMAC-SHA256 over the raw body when a signing secret is set.</summary>
internal sealed class MailtrapSource : JsonWebhookSource
{
    /// <inheritdoc/>
    public override string Name => "mailtrap";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates) =>
        account.Secrets.Count == 0 ? WithoutKey(account) : BodyHmac.Verify(request, account, "Mailtrap-Signature");

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        if (e.Get("event") is null && e.Get("events") is { ValueKind: JsonValueKind.Array } batch)
        {
            events.Each("$.events", batch, item => ReadEvent(item, events));
            return;
        }

        var name = e.Text("event");
        var theirs = e.Text("bounce_category");
        var report = name?.Replace('_', ' ').ToLowerInvariant() switch
        {
            "bounce" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = theirs ?? "hard", SourceCategory = FailureClasses.OfName(theirs) ?? (theirs is null ? BounceCategory.UserNotFound : null) },

            // Mailtrap goes on trying
            "soft bounce" => new BounceReport { Outcome = ReportOutcome.Delay, SourceClass = theirs ?? "soft" },
            "reject" or "suspension" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = name, SourceCategory = BounceCategory.SuppressedBySource },
            "delivery" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "open" or "click" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name },
            "spam" or "spam complaint" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribe" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
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

        var message = Addresses.MessageId(e.Text("message_id"));
        events.Report(report with
        {
            Recipient = recipient,
            MessageId = message,
            OccurredAt = e.Time("timestamp"),
            SmtpCode = e.Int("response_code"),
            Diagnostic = e.Text("response") ?? e.Text("reason") ?? "",
            SourceEventId = e.Text("event_id") ?? Events.IdOf(message, name, recipient.Normalised, e.Text("timestamp")),
            Stream = e.Text("sending_stream"),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", e.Text("category"))
                .AddAll(e.Get("custom_variables"))
                .Add(e, "bounce_category", "reason", "sending_domain_name", "url", "ip", "user_agent")
                .Build(),
        });
    }
}
