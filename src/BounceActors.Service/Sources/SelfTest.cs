using System.Globalization;
using System.Net;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Inbox;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.Settings;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Sources;

/// <summary>What a self-test found, step by step, with the time from sending to each.</summary>
/// <param name="Source">The source.</param>
/// <param name="Account">Its account.</param>
/// <param name="Passed">Whether the event came back as a decision.</param>
/// <param name="Steps">What was reached.</param>
/// <param name="Problem">What was not, and why.</param>
/// <param name="Milliseconds">From sending to the decision read back.</param>
internal sealed record SelfTestResult(string Source, string Account, bool Passed, IReadOnlyList<SelfTestStep> Steps, string? Problem, double Milliseconds);

/// <summary>A step of a self-test.</summary>
internal sealed record SelfTestStep(string Step, double Milliseconds, string Detail);

/// <summary>
/// Sends a synthetic bounce as the source's sender would sign it, and follows it: proof, inbox, decision, and the decision read back. It is booked under
/// a tenant of its own, so that it stands in nobody's figures.
/// </summary>
internal sealed class SelfTest(Inbox inbox, InboxStore store, BounceEngine engine, TimeProvider time)
{
    /// <summary>The tenant of synthetic events.</summary>
    public const string Tenant = "selftest";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public async Task<SelfTestResult> RunAsync(WebhookAccountSettings account, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var steps = new List<SelfTestStep>();
        var problem = await FollowAsync(account, (step, detail) => steps.Add(new SelfTestStep(step, time.GetElapsedTime(started).TotalMilliseconds, detail)), cancel);
        return new SelfTestResult(account.Source.Name, account.Name, problem is null, steps, problem, time.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task<string?> FollowAsync(WebhookAccountSettings account, Action<string, string> reached, CancellationToken cancel)
    {
        var now = time.GetUtcNow();

        // A recipient nobody has reported on: a repeat would be known again and decide nothing.
        var nonce = Guid.CreateVersion7(now).ToString("N");
        var recipient = EmailAddress.Parse($"bounce-{nonce}@selftest.invalid");
        if (Sample(account, recipient.Display, $"{nonce}@selftest.invalid", now) is not var (contentType, body))
        {
            return "there is no sample of this source's events, or its mapping names no event that is a bounce";
        }

        using var sender = new WebhookSender(now);
        var url = new Uri($"http://localhost{WebhookEndpoints.Path}/{account.Source.Name}");
        var request = sender.Sign(account.Source.Name, account.Account, url, contentType, body, now);
        if (account.Queue is null)
        {
            var proof = account.Source.Authenticate(request, sender.Trusting(account.Source.Name, account.Account), sender);
            if (proof is not WebhookAuthenticity.Accepted)
            {
                return $"the account's own proof is not accepted: {(proof as WebhookAuthenticity.Rejected)?.Reason ?? proof.GetType().Name}";
            }

            reached("proved", "signed as its sender does, and accepted");
        }

        var receipt = await inbox.AppendAsync(
            new InboxPayload
            {
                Tenant = Tenant,
                Source = account.Source.Name,
                Account = account.Name,
                ContentType = contentType,
                Headers = WebhookPayloads.Keep(request),
                Body = request.Body,
                ReceivedAt = now,
            },
            cancel);
        reached("stored", receipt.Id.ToString());

        var entry = await UntilAsync(async () => (await store.FindAsync(receipt.Id, Tenant, cancel))?.Entry is { State: not InboxState.Pending } done ? done : null, cancel);
        if (entry is null)
        {
            return "it was stored but not worked on in time";
        }

        reached("worked on", entry.State.ToWire());
        if (entry.Reports == 0)
        {
            return $"it was not understood: {(entry.Problems.Count > 0 ? entry.Problems[0].Reason : entry.Note)}";
        }

        var trail = await engine.TrailAsync(Tenant, recipient, 10, null, cancel);
        var decided = trail.Entries.Select(e => e.Event).OfType<Domain.Recipients.RecipientEvents.ReportRecorded>().FirstOrDefault();
        if (decided is null)
        {
            return "its report was decided but cannot be read back";
        }

        reached("decided", $"{decided.Verdict.Outcome.ToWire()} {decided.Verdict.Category.ToWire()}");
        return null;
    }

    private async Task<T?> UntilAsync<T>(Func<Task<T?>> found, CancellationToken cancel)
        where T : class
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience)
        {
            if (await found() is { } it)
            {
                return it;
            }

            await Task.Delay(Pause, time, cancel);
        }

        return null;
    }

    /// <summary>A bounce of the test recipient, in the words of the source.</summary>
    internal static (string ContentType, string Body)? Sample(WebhookAccountSettings account, string to, string message, DateTimeOffset now)
    {
        const string Json = "application/json";
        const string Form = "application/x-www-form-urlencoded";
        const string Reply = "550 5.1.1 user unknown";
        var at = now.ToUnixTimeSeconds();
        var date = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        object? sample = account.Source.Name switch
        {
            "sendgrid" => new object[] { new Dictionary<string, object> { ["email"] = to, ["timestamp"] = at, ["event"] = "bounce", ["type"] = "bounce", ["reason"] = Reply, ["status"] = "5.1.1", ["smtp-id"] = $"<{message}>", ["sg_event_id"] = message } },
            "ses" => new
            {
                eventType = "Bounce",
                mail = new { timestamp = date, messageId = message, destination = new[] { to } },
                bounce = new { bounceType = "Permanent", bounceSubType = "General", bouncedRecipients = new[] { new { emailAddress = to, action = "failed", status = "5.1.1", diagnosticCode = $"smtp; {Reply}" } }, timestamp = date, feedbackId = message },
            },
            "postmark" => new { RecordType = "Bounce", ID = now.UtcTicks, Type = "HardBounce", TypeCode = 1, MessageID = message, Details = $"smtp;{Reply}", Email = to, BouncedAt = date },
            "mandrill" => new object[] { new { @event = "hard_bounce", _id = message, ts = at, msg = new { _id = message, email = to, diag = $"smtp;{Reply}", bounce_description = "bad_mailbox", bgtools_code = 10 } } },
            "mailgun" => new Dictionary<string, object>
            {
                ["event-data"] = new Dictionary<string, object>
                {
                    ["event"] = "failed",
                    ["severity"] = "permanent",
                    ["reason"] = "bounce",
                    ["recipient"] = to,
                    ["timestamp"] = at,
                    ["id"] = message,
                    ["delivery-status"] = new Dictionary<string, object> { ["code"] = 550, ["message"] = Reply },
                    ["message"] = new { headers = new Dictionary<string, string> { ["message-id"] = message } },
                },
            },
            "sparkpost" => new object[] { new { msys = new { message_event = new { type = "bounce", event_id = message, message_id = message, timestamp = at.ToString(CultureInfo.InvariantCulture), rcpt_to = to, bounce_class = "10", error_code = "550", raw_reason = Reply } } } },
            "mailjet" => new object[] { new { @event = "bounce", time = at, email = to, MessageID = now.UtcTicks, Message_GUID = message, hard_bounce = true, error_related_to = "recipient", error = "user unknown", comment = Reply } },
            "brevo" => new Dictionary<string, object> { ["event"] = "hard_bounce", ["email"] = to, ["message-id"] = $"<{message}>", ["ts_event"] = at, ["reason"] = Reply },
            "resend" => new { type = "email.bounced", created_at = date, data = new { email_id = message, to = new[] { to }, bounce = new { type = "Permanent", subType = "General", message = Reply } } },
            "kumomta" => new { type = "Bounce", id = message, recipient = to, timestamp = at, event_time = at, response = new { code = 550, content = Reply }, headers = new Dictionary<string, string> { ["Message-ID"] = $"<{message}>" } },
            "postal" => new { @event = "MessageDeliveryFailed", timestamp = at, uuid = message, payload = new { message = new { direction = "outgoing", message_id = message, to }, status = "HardFail", output = Reply } },
            "mailersend" => new { type = "activity.hard_bounced", created_at = date, data = new { id = message, type = "hard_bounced", email = to, message_id = message, meta = new { reason = Reply } } },
            "mailtrap" => new { events = new object[] { new { @event = "bounce", message_id = message, email = to, timestamp = at, event_id = message, response = Reply, response_code = 550 } } },
            "generic" => account.Account.Mapping?.Sample(to, message, now),
            _ => null,
        };
        return account.Source.Name switch
        {
            "mailchimp" => (Form, FormOf(("type", "cleaned"), ("fired_at", now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)), ("data[email]", to), ("data[reason]", "hard"), ("data[campaign_id]", message))),
            "mandrill" => (Form, FormOf(("mandrill_events", JsonSerializer.Serialize(sample)))),
            _ => sample is null ? null : (Json, JsonSerializer.Serialize(sample)),
        };
    }

    private static string FormOf(params (string Name, string Value)[] fields) =>
        string.Join('&', fields.Select(f => $"{WebUtility.UrlEncode(f.Name)}={WebUtility.UrlEncode(f.Value)}"));
}
