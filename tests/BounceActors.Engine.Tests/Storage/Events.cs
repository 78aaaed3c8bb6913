using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Tests.Storage;

/// <summary>Events as the domain makes them, short to write.</summary>
internal static class Events
{
    public const string Tenant = "default";

    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static long _keys;
    private static long _offsets;

    /// <summary>A recipient nobody has used yet. Of a key's last character only a part belongs to it, so it is the same for all.</summary>
    public static RecipientKey NewKey() => new($"{Interlocked.Increment(ref _keys):d25}a");

    /// <summary>An event on its way, at an offset nobody has used yet.</summary>
    public static ProjectedEvent At(long sequenceNr, RecipientEvents.Event e) => new(Interlocked.Increment(ref _offsets), sequenceNr, e);

    public static RecipientEvents.ReportRecorded Report(
        RecipientKey key,
        BounceCategory category = BounceCategory.MailboxFull,
        string? messageId = "m1@example.com",
        DateTimeOffset? at = null,
        int? retryAttempt = null,
        DateTimeOffset? due = null,
        int? review = null,
        string? senderDomain = null,
        string? provider = null,
        string diagnostic = "452 over quota",
        bool removed = false,
        SuppressionLevel before = SuppressionLevel.None,
        Standing? after = null,
        string tenant = Tenant)
    {
        var time = at ?? Noon;
        var row = Taxonomy.Of(category);
        var id = Guid.NewGuid();
        return new RecipientEvents.ReportRecorded
        {
            Key = key,
            Tenant = tenant,
            EventId = id,
            RecordedAt = time.AddSeconds(1),
            OccurredAt = time,
            LevelBefore = before,
            After = after ?? Standing.Clean,
            Facts = new ReportFacts
            {
                Source = "test",
                MessageId = messageId,
                OccurredAt = time,
                SenderDomain = senderDomain,
                SmtpCode = 452,
                EnhancedCode = new EnhancedStatusCode(4, 2, 2),
                Diagnostic = diagnostic,
                Stream = "news",
            },
            Verdict = new Domain.Classification.Classification
            {
                Outcome = row.Outcome,
                Type = row.Type,
                Category = category,
                Action = row.DefaultAction,
                Fault = row.Fault,
                Permanence = Permanence.Transient,
                Confidence = 0.9,
                Rule = "mailbox_full",
                Provider = provider,
            },
            Decision = new Decision
            {
                Action = row.DefaultAction,
                Removed = removed,
                Retry = retryAttempt is { } attempt ? new RetryPlan(messageId ?? $"report:{id:N}", attempt, due ?? time.AddHours(1), "news") : null,
                ReviewPriority = review,
                SenderImpact = SenderImpact.Of(category),
                Policy = "guide",
            },
        };
    }

    public static RecipientEvents.ReportRecorded Delivery(RecipientKey key, string messageId = "m1@example.com", DateTimeOffset? at = null) =>
        Report(key, BounceCategory.DeliverySuccess, messageId, at, diagnostic: "250 ok");

    public static RecipientEvents.SuppressionAdded Added(RecipientKey key, Suppression suppression, string tenant = Tenant) => new()
    {
        Key = key,
        Tenant = tenant,
        EventId = Guid.NewGuid(),
        RecordedAt = suppression.Since,
        LevelBefore = SuppressionLevel.None,
        After = Suppressed(suppression),
        Suppression = suppression,
    };

    public static RecipientEvents.SuppressionLifted Lifted(RecipientKey key) => new()
    {
        Key = key,
        Tenant = Tenant,
        EventId = Guid.NewGuid(),
        RecordedAt = Noon.AddHours(1),
        LevelBefore = SuppressionLevel.Manual,
        After = Standing.Clean,
        Levels = [SuppressionLevel.Manual],
        Actor = "ann",
        Reason = "asked to",
    };

    public static RecipientEvents.ReportReviewed Reviewed(RecipientEvents.ReportRecorded report, BounceCategory to) => new()
    {
        Key = report.Key,
        Tenant = report.Tenant,
        EventId = Guid.NewGuid(),
        RecordedAt = Noon.AddHours(2),
        LevelBefore = SuppressionLevel.None,
        After = Standing.Clean,
        ReportId = report.EventId,
        OccurredAt = report.OccurredAt,
        MessageId = report.Facts.MessageId,
        From = report.Verdict.Category,
        To = to,
        Actor = "ann",
        Reason = "read the reply",
    };

    public static Suppression Level(SuppressionLevel level, string? stream = null, DateTimeOffset? until = null, string reason = "bounce_count") =>
        new(level, stream, until, reason, Noon, null, [Guid.NewGuid()]);

    public static Standing Suppressed(params Suppression[] suppressions) => Standing.Clean with { Suppressions = suppressions };

    /// <summary>Projects events through a projection of their own.</summary>
    public static Task<ProjectionResult> ProjectAsync(this ReadStore store, params ProjectedEvent[] events) =>
        store.ProjectAsync($"test-{Guid.NewGuid():N}", 0, events.Max(e => e.Offset), events, default);
}
