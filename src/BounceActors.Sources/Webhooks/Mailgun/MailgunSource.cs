using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mailgun;

/// <summary>
/// Mailgun: one event per request, as JSON or, from legacy webhooks, as a form. The signature is in the body and covers only its timestamp and
/// token, so whoever has seen one could send any event under it: <see cref="SeenTokens"/>.
/// </summary>
internal sealed class MailgunSource : WebhookSource
{
    /// <summary>Numbers of Mailgun's own in place of a reply code.</summary>
    private static readonly FrozenDictionary<int, BounceCategory> OwnCodes = new Dictionary<int, BounceCategory>
    {
        [498] = BounceCategory.DomainNotFound,
        [499] = BounceCategory.ConnectionTimeout,
        [605] = BounceCategory.SuppressedBySource,
        [606] = BounceCategory.SuppressedBySource,
        [607] = BounceCategory.SuppressedBySource,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, BounceCategory> Reasons = new Dictionary<string, BounceCategory>
    {
        ["suppress-bounce"] = BounceCategory.SuppressedBySource,
        ["suppress-complaint"] = BounceCategory.SuppressedBySource,
        ["suppress-unsubscribe"] = BounceCategory.SuppressedBySource,
        ["greylisted"] = BounceCategory.Greylisted,
        ["old"] = BounceCategory.MessageExpired,
        ["espblock"] = BounceCategory.ReputationBlock,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private sealed record Signature(string? Timestamp, string? Token, string? Value, string? Parent);

    /// <inheritdoc/>
    public override string Name => "mailgun";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.Secrets.Count == 0)
        {
            return WithoutKey(account);
        }

        if (SignatureOf(request) is not { } signature)
        {
            return new WebhookAuthenticity.Rejected(400, RejectionReasons.Malformed);
        }

        if (signature is not { Timestamp: { } stamp, Token: { } token })
        {
            return Missing;
        }

        var given = new[] { signature.Value, signature.Parent }.Select(Secret.FromHex).OfType<byte[]>().ToList();
        if (given.Count == 0)
        {
            return Missing;
        }

        var signed = Encoding.UTF8.GetBytes(stamp + token);
        var found = false;
        foreach (var key in account.Secrets)
        {
            var computed = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed);
            found = given.Aggregate(found, (any, value) => any | Secret.Equal(computed, value));
        }

        return found ? At(Json.ToTime(stamp), request, account, token) : Wrong;
    }

    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events)
    {
        if (FormFields.IsForm(request))
        {
            ReadLegacy(FormFields.Read(request), events);
        }
        else
        {
            events.ReadJson(request.Body.Span, e => ReadEvent(e, events));
        }
    }

    private static void ReadEvent(JsonElement body, Events events)
    {
        if (body.Get("event-data") is not { ValueKind: JsonValueKind.Object } e)
        {
            events.NotUnderstood("an object 'event-data' is expected");
            return;
        }

        var name = e.Text("event");
        var code = e.Int("delivery-status", "code");
        var report = name switch
        {
            "failed" => Failed(e.Text("severity"), e.Text("reason"), code, e.Text("delivery-status", "bounce-type")),
            "rejected" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = "rejected", SourceCategory = BounceCategory.SuppressedBySource },
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "opened" or "clicked" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name == "opened" ? "open" : "click" },
            "complained" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribed" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(name);
            return;
        }

        if (Addresses.Read(e.Text("recipient")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'recipient'");
            return;
        }

        var at = e.Time("timestamp");
        var message = Addresses.MessageId(e.Text("message", "headers", "message-id"));
        var id = e.Text("id");
        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(e.Text("envelope", "sender") ?? e.Text("message", "headers", "from")),
            MessageId = message,
            OccurredAt = at,
            SmtpCode = code is { } c && !OwnCodes.ContainsKey(c) ? code : null,
            EnhancedCode = EnhancedStatusCode.TryParse(e.Text("delivery-status", "enhanced-code"), out var enhanced) ? enhanced : null,
            Diagnostic = e.Text("delivery-status", "message") ?? e.Text("delivery-status", "description") ?? e.Text("reject", "reason") ?? "",
            RemoteMta = Addresses.Host(e.Text("delivery-status", "mx-host")),
            SendingIp = e.Text("envelope", "sending-ip"),

            // Ids are unique within a day only
            SourceEventId = id is null ? Events.IdOf(recipient.Normalised, message, name, e.Text("timestamp")) : string.Create(CultureInfo.InvariantCulture, $"{at:yyyyMMdd}:{id}"),
            Campaign = e.Texts("campaigns").FirstOrDefault() ?? e.Items("campaigns").Select(x => x.Text("id")).FirstOrDefault(),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", e.Texts("tags"))
                .AddAll(e.Get("user-variables"))
                .Add(e, "severity", "reason", "log-level", "flags", "recipient-provider", "url", "ip", "client-info")
                .Add("code", e.Text("delivery-status", "code"))
                .Add("bounce-type", e.Text("delivery-status", "bounce-type"))
                .Add("attempt", e.Text("delivery-status", "attempt-no"))
                .Add("subject", e.Text("message", "headers", "subject"))
                .Build(),
        });
    }

    /// <summary>Legacy webhooks name what failed by the event: <c>bounced</c> by the server, <c>dropped</c> by Mailgun or after its last try.</summary>
    private static void ReadLegacy(IReadOnlyList<KeyValuePair<string, string>> form, Events events)
    {
        var fields = form.GroupBy(f => f.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => Json.Clean(g.First().Value), StringComparer.OrdinalIgnoreCase);
        string? Field(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (fields.GetValueOrDefault(name) is { } value)
                {
                    return value;
                }
            }

            return null;
        }

        var name = Field("event");
        var code = Json.ToNumber(Field("code")) is >= 0 and < 1000 and var number ? (int)number : (int?)null;
        var report = name switch
        {
            "bounced" => Failed("permanent", Field("reason") ?? "bounce", code, "hard"),
            "dropped" => Failed("permanent", Field("reason") == "old" ? "old" : "hardfail", code, null),
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "opened" or "clicked" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name == "opened" ? "open" : "click" },
            "complained" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsubscribed" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            _ => null,
        };
        if (name is null)
        {
            events.NotUnderstood("a form field 'event' is expected");
            return;
        }

        if (report is null)
        {
            events.Ignore(name);
            return;
        }

        if (Addresses.Read(Field("recipient")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'recipient'");
            return;
        }

        var stamp = Field("timestamp");
        var message = Addresses.MessageId(Field("Message-Id", "message-id"));
        var metadata = new Metadata().Add("event", name).Add("tags", form.Where(f => f.Key.Equals("tag", StringComparison.OrdinalIgnoreCase) || f.Key == "X-Mailgun-Tag").Select(f => f.Value));
        foreach (var (key, value) in form.Where(f => f.Key is not ("event" or "recipient" or "code" or "error" or "description" or "timestamp" or "token" or "signature" or "Message-Id" or "message-headers" or "tag" or "X-Mailgun-Tag" or "campaign-id")))
        {
            metadata.Add(key.ToLowerInvariant(), value);
        }

        events.Report(report with
        {
            Recipient = recipient,
            MessageId = message,
            OccurredAt = Json.ToTime(stamp),
            SmtpCode = code is { } c && !OwnCodes.ContainsKey(c) ? code : null,
            Diagnostic = report.Outcome is ReportOutcome.Bounce or ReportOutcome.Delay ? Field("error", "description", "notification") ?? "" : "",
            SourceEventId = Events.IdOf(recipient.Normalised, message, name, stamp),
            Campaign = Field("campaign-id"),
            Metadata = metadata.Add("code", Field("code")).Build(),
        });
    }

    /// <summary>Mailgun tries on after a temporary failure: news of a delay. Its own refusals are echoes of its lists.</summary>
    private static BounceReport Failed(string? severity, string? reason, int? code, string? bounceType)
    {
        BounceCategory? category = reason is not null && Reasons.TryGetValue(reason, out var byReason) ? byReason
            : code is { } number && OwnCodes.TryGetValue(number, out var byCode) ? byCode
            : reason == "bounce" && bounceType == "hard" ? BounceCategory.UserNotFound
            : null;
        return new BounceReport
        {
            Outcome = severity == "temporary" && category != BounceCategory.SuppressedBySource ? ReportOutcome.Delay : ReportOutcome.Bounce,
            SourceClass = severity is null ? reason : $"{severity}/{reason}",
            SourceCategory = category,
        };
    }

    private static Signature? SignatureOf(WebhookRequest request)
    {
        if (FormFields.IsForm(request))
        {
            var fields = FormFields.Read(request);
            string? Field(string name) => fields.FirstOrDefault(f => f.Key == name).Value;
            return new Signature(Field("timestamp"), Field("token"), Field("signature"), null);
        }

        using var body = JsonBody.ParseObject(request.Body);
        if (body?.RootElement.Get("signature") is not { ValueKind: JsonValueKind.Object } e)
        {
            return body is null ? null : new Signature(null, null, null, null);
        }

        return new Signature(e.Text("timestamp"), e.Text("token"), e.Text("signature"), e.Text("parent-signature") ?? e.Text("parent-signature", "signature"));
    }
}
