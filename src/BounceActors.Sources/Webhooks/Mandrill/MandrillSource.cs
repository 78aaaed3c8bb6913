using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mandrill;

/// <summary>
/// Mandrill (Mailchimp Transactional): a form whose field <c>mandrill_events</c> is a JSON array, signed by HMAC-SHA1 over the registered URL and
/// the fields. The key is shown only after the URL answered a HEAD request, or an empty batch signed with a key everybody knows.
/// </summary>
internal sealed class MandrillSource : WebhookSource
{
    private const string Field = "mandrill_events";
    private const string TestKey = "test-webhook";

    private static readonly FrozenDictionary<string, BounceCategory> Descriptions = new Dictionary<string, BounceCategory>
    {
        ["bad_mailbox"] = BounceCategory.UserNotFound,
        ["invalid_domain"] = BounceCategory.DomainNotFound,
        ["mailbox_full"] = BounceCategory.MailboxFull,
        ["message_size"] = BounceCategory.MessageTooLarge,
        ["spam"] = BounceCategory.SpamFilter,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Name => "mandrill";

    /// <inheritdoc/>
    protected override WebhookAuthenticity? Probe(WebhookRequest request, WebhookAccount account)
    {
        if (string.Equals(request.Method, "HEAD", StringComparison.OrdinalIgnoreCase))
        {
            return new WebhookAuthenticity.Handshake(200, "probe");
        }

        // The well-known key may say nothing: only an empty batch is taken on it
        var fields = FormFields.Read(request);
        return fields is [{ Key: Field, Value: "[]" }] && Signature(request) is { } given && Matches(TestKey, fields, request, account, given)
            ? new WebhookAuthenticity.Handshake(200, "probe")
            : null;
    }

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.Secrets.Count == 0)
        {
            return WithoutKey(account);
        }

        if (Signature(request) is not { } given)
        {
            return Missing;
        }

        var fields = FormFields.Read(request);
        return account.Secrets.Count(key => Matches(key, fields, request, account, given)) > 0 ? Accepted : Wrong;
    }

    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events)
    {
        var batches = FormFields.Read(request).Where(f => f.Key == Field).ToList();
        if (batches.Count == 0)
        {
            events.NotUnderstood($"a form field '{Field}' is expected");
        }

        foreach (var batch in batches)
        {
            events.ReadJson(Encoding.UTF8.GetBytes(batch.Value), e => ReadEvent(e, events));
        }
    }

    private static void ReadEvent(JsonElement e, Events events)
    {
        var name = e.Text("event");
        if (name is null && e.Get("reject") is not null)
        {
            ReadSync(e, events);
            return;
        }

        var report = name switch
        {
            "hard_bounce" => Bounce(e, "hard", BounceCategory.UserNotFound),
            "soft_bounce" => Bounce(e, "soft", BounceCategory.ServerError),
            "deferral" => new BounceReport { Outcome = ReportOutcome.Delay },
            "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "open" or "click" => new BounceReport { Outcome = ReportOutcome.Engagement, SourceClass = name },
            "spam" => new BounceReport { Outcome = ReportOutcome.Complaint },
            "unsub" => new BounceReport { Outcome = ReportOutcome.Unsubscribe },
            "reject" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = "reject", SourceCategory = BounceCategory.SuppressedBySource },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore(name ?? e.Text("type"));
            return;
        }

        if (e.Get("msg") is not { } msg || Addresses.Read(msg.Text("email")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address in 'msg.email'");
            return;
        }

        var last = msg.Items("smtp_events").LastOrDefault();
        var id = e.Text("_id") ?? msg.Text("_id");
        events.Report(report with
        {
            Recipient = recipient,
            Sender = Addresses.Sender(msg.Text("sender")),
            MessageId = Addresses.MessageId(id),
            OccurredAt = e.Time("ts") ?? msg.Time("ts"),
            Diagnostic = report.Outcome is ReportOutcome.Bounce or ReportOutcome.Delay or ReportOutcome.Delivered ? msg.Text("diag") ?? last.Text("diag") ?? "" : "",

            // _id names the message, not the event
            SourceEventId = id is null ? Events.IdOf(recipient.Normalised, name, e.Text("ts")) : Events.IdOf(id, name, e.Text("ts")),
            Stream = events.Group(msg.Text("subaccount")),
            SendingIp = last.Text("source_ip"),
            Metadata = new Metadata()
                .Add("event", name)
                .Add("tags", msg.Texts("tags"))
                .AddAll(msg.Get("metadata"))
                .Add(msg, "bounce_description", "bgtools_code", "subject", "template", "subaccount", "state", "reject")
                .Add(e, "url", "ip", "user_agent")
                .Build(),
        });
    }

    private static BounceReport Bounce(JsonElement e, string kind, BounceCategory otherwise)
    {
        var description = e.Text("msg", "bounce_description");
        var category = description is not null && Descriptions.TryGetValue(description, out var known)
            ? known
            : FailureClasses.OfNumber(e.Int("msg", "bgtools_code")) ?? otherwise;
        return category switch
        {
            BounceCategory.VacationReply => new BounceReport { Outcome = ReportOutcome.AutoReply, SourceClass = description },
            BounceCategory.ChallengeRequest => new BounceReport { Outcome = ReportOutcome.Challenge, SourceClass = description },
            _ => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = description is null or "general" ? $"{kind}/general" : description, SourceCategory = category },
        };
    }

    /// <summary>Mandrill's list changed. What led to it was reported on its own.</summary>
    private static void ReadSync(JsonElement e, Events events)
    {
        var kind = e.Text("type");
        if (kind is not ("blacklist" or "denylist") || e.Text("action") is "remove")
        {
            events.Ignore($"{kind}/{e.Text("action")}");
            return;
        }

        if (Addresses.Read(e.Text("reject", "email")) is not { } recipient)
        {
            events.NotUnderstood("the list entry has no address in 'reject.email'");
            return;
        }

        events.Report(new BounceReport
        {
            Recipient = recipient,
            Outcome = ReportOutcome.Bounce,
            SourceClass = e.Text("reject", "reason"),
            SourceCategory = BounceCategory.SuppressedBySource,
            OccurredAt = e.Time("ts"),
            Diagnostic = e.Text("reject", "detail") ?? "",
            SourceEventId = Events.IdOf(recipient.Normalised, kind, e.Text("action"), e.Text("ts")),
            Metadata = new Metadata().Add("event", kind).Add(e, "action").Add("expires_at", e.Text("reject", "expires_at")).Add("subaccount", e.Text("reject", "subaccount")).Build(),
        });
    }

    private static byte[]? Signature(WebhookRequest request) => Secret.FromBase64(request.Header("X-Mandrill-Signature"));

    private static bool Matches(string key, IReadOnlyList<KeyValuePair<string, string>> fields, WebhookRequest request, WebhookAccount account, byte[] given)
    {
        var signed = new StringBuilder(account.Url ?? request.Url.OriginalString);
        foreach (var (name, value) in fields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            signed.Append(name).Append(value);
        }

        return Secret.Equal(HMACSHA1.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(signed.ToString())), given);
    }
}
