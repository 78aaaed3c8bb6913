using BounceActors.Domain.Classification;
using BounceActors.Engine.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqliteReviewStoreSpecs(SqliteDatabase database) : ReviewStoreSpecs<SqliteDatabase>(database);

public sealed class PostgresReviewStoreSpecs(PostgresDatabase database) : ReviewStoreSpecs<PostgresDatabase>(database);

public abstract class ReviewStoreSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    private readonly string _tenant = Guid.NewGuid().ToString("N");

    [SkippableFact]
    public async Task Should_open_with_all_that_a_person_needs()
    {
        var store = await database.StoreAsync();
        var report = Report(NewKey(), BounceCategory.SpamFilter, "m9", review: 80, provider: "gmail", diagnostic: "550 looks like spam", tenant: _tenant);
        await store.ProjectAsync(At(1, report));

        var row = await store.ReviewAsync(_tenant, report.EventId, default);

        Assert.Equal(
            new ReviewRow
            {
                ReportId = report.EventId,
                RecipientKey = report.Key,
                Tenant = _tenant,
                State = ReviewState.Open,
                Priority = 80,
                OccurredAt = report.OccurredAt,
                RecordedAt = report.RecordedAt,
                MessageId = "m9",
                Category = BounceCategory.SpamFilter,
                Rule = "mailbox_full",
                Confidence = 0.9,
                Provider = "gmail",
                Source = "test",
                SmtpCode = 452,
                EnhancedCode = "4.2.2",
                Diagnostic = "550 looks like spam",
            },
            row);
        Assert.Null(await store.ReviewAsync("another tenant", report.EventId, default));
    }

    [SkippableFact]
    public async Task Should_not_open_for_a_report_that_nobody_need_look_at()
    {
        var store = await database.StoreAsync();
        await store.ProjectAsync(At(1, Report(NewKey(), tenant: _tenant)));

        Assert.Empty((await store.ReviewsAsync(_tenant, ReviewState.Open, null, 10, default)).Items);
    }

    [SkippableFact]
    public async Task Should_come_most_urgent_first_and_then_oldest_first_page_by_page_while_others_come_in()
    {
        var store = await database.StoreAsync();
        var waiting = new[] { (60, 3), (90, 2), (60, 1), (90, 1), (50, 0), (60, 2) };
        foreach (var (priority, minute) in waiting)
        {
            await store.ProjectAsync(At(1, Report(NewKey(), at: Noon.AddMinutes(minute), review: priority, tenant: _tenant)));
        }

        var seen = new List<(int, int)>();
        string? cursor = null;
        do
        {
            var page = await store.ReviewsAsync(_tenant, ReviewState.Open, cursor, 2, default);
            seen.AddRange(page.Items.Select(r => (r.Priority, r.OccurredAt.Minute)));
            cursor = page.Next;
            await store.ProjectAsync(At(1, Report(NewKey(), at: Noon.AddMinutes(30), review: 100, tenant: _tenant)));
        }
        while (cursor is not null);

        Assert.Equal([(90, 1), (90, 2), (60, 1), (60, 2), (60, 3), (50, 0)], seen);
    }

    [SkippableFact]
    public async Task Should_be_resolved_by_the_last_word_on_the_report()
    {
        var store = await database.StoreAsync();
        var report = Report(NewKey(), BounceCategory.SpamFilter, review: 80, tenant: _tenant);
        await store.ProjectAsync(At(1, report), At(2, Reviewed(report, BounceCategory.MailboxFull)), At(3, Reviewed(report, BounceCategory.UserNotFound)));

        var row = Assert.Single((await store.ReviewsAsync(_tenant, ReviewState.Resolved, null, 10, default)).Items);

        Assert.Empty((await store.ReviewsAsync(_tenant, ReviewState.Open, null, 10, default)).Items);
        Assert.Equal(
            (BounceCategory.SpamFilter, BounceCategory.UserNotFound, "ann", "read the reply", Noon.AddHours(2)),
            (row.Category, row.CorrectedCategory, row.ResolvedBy, row.ResolvedReason, row.ResolvedAt));
    }

    [SkippableFact]
    public async Task Should_take_a_word_on_a_report_that_is_not_in_the_queue()
    {
        var store = await database.StoreAsync();
        var report = Report(NewKey(), tenant: _tenant);

        await store.ProjectAsync(At(1, report), At(2, Reviewed(report, BounceCategory.UserNotFound)));

        Assert.Null(await store.ReviewAsync(_tenant, report.EventId, default));
        Assert.Equal(2, await store.ProjectedSequenceAsync(report.Key, default));
    }
}
