using System.Security.Cryptography;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Postal;

/// <summary>Postal: one event per request, signed by RSA over the raw body. What a payload is shows in its fields; the event's name was seen to be wrong.</summary>
internal sealed class PostalSource : JsonWebhookSource
{
    /// <inheritdoc/>
    public override string Name => "postal";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.Secrets.Count == 0)
        {
            return WithoutKey(account);
        }

        var strong = request.Header("X-Postal-Signature-256");
        if ((strong ?? request.Header("X-Postal-Signature")) is not { } given)
        {
            return Missing;
        }

        var algorithm = strong is null ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        return Secret.FromBase64(given) is { } signature && account.Secrets.Any(key => RsaKeys.Verify(key, request.Body.Span, signature, algorithm)) ? Accepted : Wrong;
    }

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var name = e.Text("event");
        if (e.Get("payload") is not { ValueKind: JsonValueKind.Object } payload)
        {
            events.NotUnderstood("an object 'payload' is expected");
            return;
        }

        var message = payload.Get("original_message") ?? payload.Get("message");
        if (message is not { ValueKind: JsonValueKind.Object } about || about.Text("direction") == "incoming")
        {
            events.Ignore(name);
            return;
        }

        // A bounce payload carries neither reason nor code: it stays undetermined
        var report = payload.Get("original_message") is not null ? new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = "MessageBounced" }
            : payload.Text("status") is { } status ? ByStatus(status, payload)
            : payload.Get("url") is not null || name == "MessageLinkClicked" ? new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "click" }
            : name == "MessageLoaded" ? new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = "open" }
            : null;
        if (report is null)
        {
            events.Ignore(name);
            return;
        }

        if (Addresses.Read(about.Text("to")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'message.to'");
            return;
        }

        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(about.Text("from")),
            MessageId = Addresses.MessageId(about.Text("message_id") ?? about.Text("token")),
            OccurredAt = payload.Time("timestamp") ?? e.Time("timestamp"),
            SourceEventId = e.Text("uuid") ?? Events.IdOf(about.Text("token"), name, recipient.Normalised, e.Text("timestamp")),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", about.Text("tag"))
                .Add("message", about.Text("id"))
                .Add("token", about.Text("token"))
                .Add("subject", about.Text("subject"))
                .Add(payload, "status", "details", "sent_with_ssl", "time", "url", "user_agent")
                .Build(),
        });
    }

    private static BounceReport? ByStatus(string status, JsonElement payload)
    {
        var report = new BounceReport { SourceClass = status, Diagnostic = payload.Text("output") ?? payload.Text("details") ?? "" };
        return status switch
        {
            "Sent" => report with { Outcome = ReportOutcome.Delivered },
            "SoftFail" => report with { Outcome = ReportOutcome.Delay },
            "HardFail" => report with { Outcome = ReportOutcome.Bounce },
            "Bounced" => report with { Outcome = ReportOutcome.Bounce },
            "Held" when payload.Text("details")?.Contains("suppression list", StringComparison.OrdinalIgnoreCase) == true =>
                report with { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.SuppressedBySource },
            _ => null,
        };
    }
}
