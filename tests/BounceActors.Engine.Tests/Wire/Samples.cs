using System.Collections.Immutable;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;

namespace BounceActors.Engine.Tests.Wire;

/// <summary>One object of every wire type with every field set, always the same.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 10, 15, 30, 123, TimeSpan.Zero);
    private static readonly RecipientKey Key = new("abcdefghijklmnopqrstuvwxyz");
    private static readonly Guid Id = new("019a9f3c-0000-7000-8000-0000000000a1");
    private static readonly Guid OtherId = new("019a9f3c-0000-7000-8000-0000000000b2");

    private static readonly Suppression Suppression =
        new(SuppressionLevel.Manual, "marketing", Time.AddDays(3), "asked by phone", Time, "jo", [Id, OtherId]);

    private static readonly Standing Standing = new(
        [Suppression, Suppression with { Level = SuppressionLevel.TemporarilySuppressed, Stream = null, Actor = null, Until = Time.AddDays(7) }],
        4,
        2,
        83.5,
        new Dictionary<BounceType, int> { [BounceType.HardBounce] = 2 },
        Time.AddHours(-1),
        Time.AddDays(-9));

    private static readonly ReportFacts Facts = new()
    {
        Source = "api",
        SourceEventId = "evt-1",
        MessageId = "m1@example.com",
        OccurredAt = Time.AddMinutes(-2),
        SenderDomain = "example.com",
        SmtpCode = 452,
        EnhancedCode = new EnhancedStatusCode(4, 2, 2),
        Diagnostic = "452 4.2.2 <address> mailbox full",
        RetryCount = 1,
        Stream = "transactional",
        Campaign = "spring",
        SendingIp = "192.0.2.7",
        RemoteMta = "mx.example.net",
        ReportingMta = "out.example.com",
        Metadata = new Dictionary<string, string> { ["order"] = "17" },
    };

    private static readonly BounceActors.Domain.Classification.Classification Verdict = new()
    {
        Outcome = ReportOutcome.Bounce,
        Type = BounceType.SoftBounce,
        Category = BounceCategory.MailboxFull,
        Action = RemediationAction.RetryWithDelay,
        Fault = Fault.Recipient,
        Permanence = Permanence.Transient,
        Confidence = 0.9,
        Rule = "mailbox_full",
        Provider = "google",
        RetryAfter = TimeSpan.FromMinutes(5),
        Blocklist = "spamhaus-zen",
        Evidence = ["the text says 'mailbox full'"],
    };

    private static readonly RetryPlan Retry = new("m1@example.com", 2, Time.AddHours(2), "transactional");

    private static readonly Decision Decision = new()
    {
        Action = RemediationAction.RetryWithDelay,
        NotCountedBecause = "uncertain",
        Late = true,
        Removed = true,
        Retry = Retry,
        NoRetryBecause = "suppressed",
        ReviewPriority = 70,
        SenderImpact = new SenderImpact(Severity.Critical, -10, true, ["Investigate sender reputation immediately"]),
        Policy = "guide",
    };

    private static readonly HistoryEntry Strike =
        new(Id, EntryKind.Strike, Time, "m1@example.com", BounceCategory.UserNotFound, BounceType.HardBounce, RemediationAction.RemoveImmediately);

    private static readonly RecipientState State = new()
    {
        History = new History(
            new Tally
            {
                BounceCount = 3,
                Consecutive = 1,
                Penalty = 12.5,
                Types = ImmutableSortedDictionary<BounceType, int>.Empty.Add(BounceType.SoftBounce, 3),
                LastBounceAt = Time.AddDays(-1),
                LastDeliveryAt = Time.AddDays(-2),
                RemovedBy = Strike,
                ListedBy = [Strike with { Category = BounceCategory.MailboxDisabled }],
                Causes = [Id],
            },
            Time.AddDays(-3),
            [Strike, new HistoryEntry(OtherId, EntryKind.Delivery, Time.AddHours(1))]),
        Explicit = [Suppression],
        Retries = ImmutableDictionary<string, RetryPlan>.Empty.Add(Retry.MessageId, Retry),
        Recent = [new RecentReport(0xfeed_beef_cafe_0001, Id, Time)],
        LastReportAt = Time,
        LastEngagementAt = Time.AddMinutes(-5),
        EventCount = 42,
    };

    private static readonly SenderDomainState Sender = SenderDomainState.Empty
        .Apply(new SenderEvents.DeltasApplied("default", "example.com", 3, 99, Time, [new SenderCount(Time.AddMinutes(-15).AddSeconds(-30).AddMilliseconds(-123), "google", BounceCategory.ReputationBlock, 2)]));

    public static readonly IReadOnlyList<object> All =
    [
        new RecipientEvents.ReportRecorded
        {
            Key = Key, Tenant = "default", EventId = Id, RecordedAt = Time, After = Standing, LevelBefore = SuppressionLevel.SoftSuppressed,
            OccurredAt = Time.AddMinutes(-2), Facts = Facts, Verdict = Verdict, Decision = Decision,
        },
        new RecipientEvents.SuppressionAdded
        {
            Key = Key, Tenant = "default", EventId = Id, RecordedAt = Time, After = Standing, LevelBefore = SuppressionLevel.None, Suppression = Suppression,
        },
        new RecipientEvents.SuppressionLifted
        {
            Key = Key, Tenant = "default", EventId = Id, RecordedAt = Time, After = Standing, LevelBefore = SuppressionLevel.Complaint,
            Levels = [SuppressionLevel.Removed, SuppressionLevel.Manual], Actor = "jo", Reason = "new mailbox",
        },
        new RecipientEvents.ReportReviewed
        {
            Key = Key, Tenant = "default", EventId = Id, RecordedAt = Time, After = Standing, LevelBefore = SuppressionLevel.TemporarilySuppressed,
            ReportId = OtherId, OccurredAt = Time.AddDays(-1), MessageId = "m1@example.com", From = BounceCategory.Unknown, To = BounceCategory.ContentFilter, Actor = "jo", Reason = "read it",
        },
        State,
        new RecipientCommands.RecordReport { Key = Key, Tenant = "default", EventId = Id, Facts = Facts, Verdict = Verdict, Random = 0.25 },
        new RecipientCommands.AddSuppression
        {
            Key = Key, Tenant = "default", EventId = Id, Level = SuppressionLevel.Unsubscribed, Stream = "marketing", Until = Time.AddDays(30), Actor = "jo", Reason = "asked",
        },
        new RecipientCommands.LiftSuppression { Key = Key, Tenant = "default", EventId = Id, Levels = [SuppressionLevel.Complaint], Actor = "jo", Reason = "consent" },
        new RecipientCommands.ReviewReport
        {
            Key = Key, Tenant = "default", EventId = Id, ReportId = OtherId, OccurredAt = Time, MessageId = "m1@example.com",
            From = BounceCategory.PolicyRejection, To = BounceCategory.UserNotFound, Actor = "jo", Reason = "read it",
        },
        new RecipientCommands.ConfirmRetry { Key = Key, MessageId = "m1@example.com", Attempt = 2 },
        new RecipientCommands.GetRecipient { Key = Key },
        new RecipientReplies.ReportDecided(Id, true, SuppressionLevel.HardSuppressed, Standing, Decision, Retry),
        new RecipientReplies.Changed(true, SuppressionLevel.Legal, Standing),
        new RecipientReplies.RetryConfirmed(false, "superseded"),
        new RecipientReplies.RecipientFound(17, Standing, State),
        new RecipientReplies.Failed("the journal did not take the event"),
        new SenderCommands.ApplyDeltas("default", "example.com", 3, [new SenderDelta(99, Time, "google", BounceCategory.ReputationBlock)]),
        new SenderCommands.GetSender("default", "example.com"),
        new SenderEvents.DeltasApplied("default", "example.com", 3, 99, Time, [new SenderCount(Time, "google", BounceCategory.ReputationBlock, 2)]),
        Sender,
        new SenderReplies.DeltasAcknowledged(3),
        new SenderReplies.SenderFound(Sender),
        new SenderReplies.Failed("the journal refused the event"),
    ];
}
