using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.SendGrid;

/// <summary>SendGrid Event Webhook: an array of events of any types, signed by ECDSA P-256 over timestamp and raw body.</summary>
internal sealed class SendGridSource : JsonWebhookSource
{
    private const string SignatureHeader = "X-Twilio-Email-Event-Webhook-Signature";
    private const string TimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp";

    /// <summary>Everything else is a unique argument, flattened into the event: metadata.</summary>
    private static readonly FrozenSet<string> OwnFields = FrozenSet.ToFrozenSet(
        ["email", "timestamp", "event", "smtp-id", "reason", "status", "response", "type", "bounce_classification", "ip", "category", "marketing_campaign_id", "marketing_campaign_name"]);

    private static readonly FrozenDictionary<string, BounceCategory> Classes = new Dictionary<string, BounceCategory>
    {
        ["invalid address"] = BounceCategory.UserNotFound,
        ["technical"] = BounceCategory.ServerError,
        ["content"] = BounceCategory.ContentFilter,
        ["reputation"] = BounceCategory.ReputationBlock,
        ["frequency or volume too high"] = BounceCategory.RateLimiting,
        ["mailbox unavailable"] = BounceCategory.MailboxFull,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Name => "sendgrid";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.Secrets.Count == 0)
        {
            return WithoutKey(account);
        }

        if (request.Header(TimestampHeader) is not { } stamp || request.Header(SignatureHeader) is not { } signature)
        {
            return Missing;
        }

        if (Secret.FromBase64(signature) is not { } bytes)
        {
            return Wrong;
        }

        var signed = new byte[Encoding.UTF8.GetByteCount(stamp) + request.Body.Length];
        request.Body.Span.CopyTo(signed.AsSpan(Encoding.UTF8.GetBytes(stamp, signed)));
        return account.Secrets.Any(key => IsSigned(key, signed, bytes)) ? At(Json.ToTime(stamp), request, account) : Wrong;
    }

    /// <inheritdoc/>
    protected override void ReadEvent(JsonElement e, Events events)
    {
        var name = e.Text("event");
        var report = name?.ToLowerInvariant() switch
        {
            "bounce" => Bounce(e),
            "dropped" => Dropped(e),
            "deferred" => new BounceReport { Outcome = ReportOutcome.Delay },
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "open" or "click" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name },
            "spamreport" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribe" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            "group_unsubscribe" => new BounceReport { Outcome = ReportOutcome.Unsubscribe, Stream = events.Group(e.Text("asm_group_id")) },
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

        var engaged = report.Outcome == ReportOutcome.Engagement;
        var diagnostic = e.Text("reason") ?? e.Text("response") ?? "";
        events.Report(report with
        {
            Recipient = recipient,
            OccurredAt = e.Time("timestamp"),
            MessageId = Addresses.MessageId(e.Text("smtp-id") ?? e.Text("sg_message_id")),
            EnhancedCode = EnhancedStatusCode.TryParse(e.Text("status"), out var code) ? code : null,
            Diagnostic = engaged ? "" : diagnostic,
            Campaign = e.Text("marketing_campaign_name") ?? e.Text("marketing_campaign_id"),
            SendingIp = engaged ? null : e.Text("ip"),

            // sg_event_id was seen to change from retry to retry (sendgrid-nodejs#1435)
            SourceEventId = Events.IdOf(recipient.Normalised, name, e.Text("timestamp"), e.Text("sg_message_id") ?? e.Text("smtp-id"), diagnostic),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("type", e.Text("type"))
                .Add("tags", e.Texts("category"))
                .AddAll(e, OwnFields)
                .Build(),
        });
    }

    /// <summary>Bounces and blocks share the event's name; a block is held against the sender, never against the recipient.</summary>
    private static BounceReport Bounce(JsonElement e)
    {
        var given = e.Text("bounce_classification");
        BounceCategory? category = given is not null && Classes.TryGetValue(given.Replace('_', ' '), out var known) ? known : null;
        var type = e.Text("type");
        if (string.Equals(type, "blocked", StringComparison.OrdinalIgnoreCase)
            && (category is not { } c || Taxonomy.Of(c).Fault is not (Fault.Sender or Fault.Message) && Taxonomy.Of(c).Strike != StrikeWeight.None))
        {
            category = BounceCategory.PolicyRejection;
            given = given is null ? type : $"{type}/{given}";
        }

        return new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = given ?? type, SourceCategory = category };
    }

    private static BounceReport Dropped(JsonElement e)
    {
        var invalid = string.Equals(e.Text("reason"), "Invalid", StringComparison.OrdinalIgnoreCase);
        return new BounceReport
        {
            Outcome = ReportOutcome.Bounce,
            SourceClass = invalid ? "dropped/Invalid" : "dropped",
            SourceCategory = invalid ? BounceCategory.UserNotFound : BounceCategory.SuppressedBySource,
        };
    }

    private static bool IsSigned(string publicKey, byte[] signed, byte[] signature)
    {
        try
        {
            using var key = ECDsa.Create();
            if (publicKey.Contains("BEGIN", StringComparison.Ordinal))
            {
                key.ImportFromPem(publicKey);
            }
            else
            {
                key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey.Trim()), out _);
            }

            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
