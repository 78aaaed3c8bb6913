using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqliteProjectionSpecs(SqliteDatabase database) : ProjectionSpecs<SqliteDatabase>(database);

public sealed class PostgresProjectionSpecs(PostgresDatabase database) : ProjectionSpecs<PostgresDatabase>(database);

public abstract class ProjectionSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    [SkippableFact]
    public async Task Should_begin_at_offset_zero_and_remember_the_last_one()
    {
        var store = await database.StoreAsync();
        Assert.Equal(0, await store.OffsetAsync("fresh", default));

        await store.ProjectAsync("fresh", 0, 7, [At(1, Report(NewKey()))], default);
        await store.ProjectAsync("fresh", 7, 9, [], default);

        Assert.Equal(9, await store.OffsetAsync("fresh", default));
        Assert.Contains(await store.OffsetsAsync(default), o => o == new ProjectionOffset("fresh", 9, database.Clock.GetUtcNow()));
    }

    [SkippableFact]
    public async Task Should_refuse_a_batch_of_a_projection_that_another_has_moved_and_write_nothing()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync("fenced", 0, 5, [At(1, Report(NewKey()))], default);

        var late = await Assert.ThrowsAsync<ProjectionFencedException>(() => store.ProjectAsync("fenced", 0, 6, [At(1, Report(key))], default));
        await Assert.ThrowsAsync<ProjectionFencedException>(() => store.ProjectAsync("fenced", 4, 6, [At(1, Report(key))], default));

        Assert.Equal(("fenced", 0), (late.Projection, late.Expected));
        Assert.Equal(5, await store.OffsetAsync("fenced", default));
        Assert.Equal(0, await store.ProjectedSequenceAsync(key, default));
        Assert.Empty(await store.HistoryAsync(key, 10, null, default));
    }

    [SkippableFact]
    public async Task Should_let_exactly_one_of_many_writers_of_a_projection_through()
    {
        await database.StoreAsync();
        var nodes = Enumerable.Range(0, 6).Select(_ => database.Open()).ToList();
        foreach (var expected in new long[] { 0, 10 })
        {
            var results = await Task.WhenAll(nodes.Select(async node =>
            {
                try
                {
                    await node.ProjectAsync("raced", expected, expected + 10, [At(1, Report(NewKey()))], default);
                    return true;
                }
                catch (ProjectionFencedException)
                {
                    return false;
                }
            }));

            Assert.Single(results, won => won);
        }
    }

    [SkippableFact]
    public async Task Should_write_the_history_of_every_kind_of_event()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        var report = Report(key, BounceCategory.UserNotFound, "m7", at: Noon.AddTicks(1_234_567));
        var added = Added(key, new Suppression(SuppressionLevel.Manual, null, null, "asked", Noon, "ann", []));
        var lifted = Lifted(key);
        var reviewed = Reviewed(report, BounceCategory.MailboxFull);

        await store.ProjectAsync(At(1, report), At(2, added), At(3, lifted), At(4, reviewed));

        var rows = (await store.HistoryAsync(key, 10, null, default)).Reverse().ToList();
        Assert.Equal([HistoryKind.ReportRecorded, HistoryKind.SuppressionAdded, HistoryKind.SuppressionLifted, HistoryKind.ReportReviewed], rows.Select(r => r.Kind));
        Assert.Equal([1, 2, 3, 4], rows.Select(r => r.SequenceNr));
        Assert.Equal([report.EventId, added.EventId, lifted.EventId, reviewed.EventId], rows.Select(r => r.EventId));
        Assert.All(rows, r => Assert.Equal((key, Tenant), (r.RecipientKey, r.Tenant)));
        Assert.Equal(
            (ReportOutcome.Bounce, BounceCategory.UserNotFound, "mailbox_full", "test", "m7"),
            (rows[0].Outcome, rows[0].Category, rows[0].Rule, rows[0].Source, rows[0].MessageId));
        Assert.Equal(Noon.AddMicroseconds(123_456), rows[0].OccurredAt);
        Assert.Equal((null, null, null), (rows[1].Outcome, rows[1].Category, rows[1].MessageId));
        Assert.Equal(lifted.RecordedAt, rows[2].RecordedAt);
        Assert.Equal(BounceCategory.MailboxFull, rows[3].Category);
        var wire = Database.Serialize(report);
        Assert.Equal(wire.Manifest, rows[0].Manifest);
        Assert.Equal(wire.Payload, rows[0].Payload);
    }

    [SkippableFact]
    public async Task Should_page_history_backwards()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync([.. Enumerable.Range(1, 7).Select(i => At(i, Report(key)))]);

        Assert.Equal([7, 6, 5], (await store.HistoryAsync(key, 3, null, default)).Select(r => r.SequenceNr));
        Assert.Equal([4, 3, 2], (await store.HistoryAsync(key, 3, 5, default)).Select(r => r.SequenceNr));
        Assert.Equal([1], (await store.HistoryAsync(key, 3, 2, default)).Select(r => r.SequenceNr));
    }

    [SkippableFact]
    public async Task Should_change_nothing_when_a_batch_comes_again()
    {
        var store = await database.StoreAsync();
        var (key, domain) = (NewKey(), $"{Guid.NewGuid():N}.example");
        ProjectedEvent[] batch =
        [
            At(1, Report(key, messageId: "a", retryAttempt: 1, senderDomain: domain, review: 60, after: Suppressed(Level(SuppressionLevel.TemporarilySuppressed)))),
            At(2, Report(key, BounceCategory.ReputationBlock, messageId: "b", senderDomain: domain, after: Suppressed(Level(SuppressionLevel.SoftSuppressed)))),
        ];

        var first = await store.ProjectAsync(batch);
        var before = await OutcomeAsync();
        var second = await store.ProjectAsync(batch);

        Assert.Equal((2, 0), (first.Applied, first.Skipped));
        Assert.Equal((0, 2), (second.Applied, second.Skipped));
        Assert.Equal(before, await OutcomeAsync());

        async Task<string> OutcomeAsync() => JsonSerializer.Serialize(new
        {
            History = await store.HistoryAsync(key, 10, null, default),
            Suppressions = await store.SuppressionsOfAsync([key], default) is var found ? found[key] : null,
            Stats = await store.SenderStatsAsync(Tenant, domain, Noon.AddDays(-1), Noon.AddDays(1), default),
            Outbox = (await store.OutboxAsync(0, 10_000, default)).Where(o => o.RecipientKey == key || o.Payload.Contains(domain, StringComparison.Ordinal)),
            Reviews = (await store.ReviewsAsync(Tenant, ReviewState.Open, null, 1000, default)).Items.Where(r => r.RecipientKey == key),
            Retries = (await store.RetriesAsync(Tenant, null, null, 1000, default)).Items.Where(r => r.RecipientKey == key),
        });
    }

    [SkippableFact]
    public async Task Should_count_overlapping_batches_once()
    {
        var store = await database.StoreAsync();
        var (key, domain) = (NewKey(), $"{Guid.NewGuid():N}.example");
        var events = Enumerable.Range(1, 5).Select(i => At(i, Report(key, messageId: $"m{i}", senderDomain: domain))).ToArray();

        await store.ProjectAsync(events[..3]);
        var overlapping = await store.ProjectAsync(events[1..]);

        Assert.Equal((2, 2), (overlapping.Applied, overlapping.Skipped));
        Assert.Empty(overlapping.Gaps);
        Assert.Equal(5, (await store.SenderStatsAsync(Tenant, domain, Noon.AddHours(-1), Noon.AddHours(1), default)).Sum(s => s.Count));
        Assert.Equal(5, await store.ProjectedSequenceAsync(key, default));
    }

    [SkippableFact]
    public async Task Should_pass_over_an_older_event_and_report_a_missing_one()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync(At(1, Report(key)), At(2, Report(key, after: Suppressed(Level(SuppressionLevel.SoftSuppressed)))));

        var older = await store.ProjectAsync(At(1, Report(key, after: Standing.Clean)));
        var later = await store.ProjectAsync(At(4, Report(key, after: Suppressed(Level(SuppressionLevel.HardSuppressed)))));

        Assert.Equal((0, 1, 0), (older.Applied, older.Skipped, older.Gaps.Count));
        Assert.Equal((1, 0), (later.Applied, later.Skipped));
        Assert.Equal([key], later.Gaps);
        Assert.Equal(SuppressionLevel.HardSuppressed, Assert.Single((await store.SuppressionsOfAsync([key], default))[key]).Level);
    }

    [SkippableFact]
    public async Task Should_fill_a_hole_with_the_events_that_were_missed()
    {
        var store = await database.StoreAsync();
        var (key, domain) = (NewKey(), $"{Guid.NewGuid():N}.example");
        var events = Enumerable.Range(1, 5).Select(i => At(i, Report(key, messageId: $"m{i}", senderDomain: domain))).ToArray();
        var name = $"holes-{Guid.NewGuid():N}";
        await store.ProjectAsync(name, 0, 1, events[..1], default);

        var asked = new List<(long, long)>();
        var result = await store.ProjectAsync(
            name,
            1,
            5,
            events[3..],
            (who, from, to) =>
            {
                Assert.Equal(key, who);
                asked.Add((from, to));
                return Task.FromResult<IReadOnlyList<ProjectedEvent>>(events[1..3]);
            },
            default);

        Assert.Equal([(2L, 3L)], asked);
        Assert.Empty(result.Gaps);
        Assert.Equal([5, 4, 3, 2, 1], (await store.HistoryAsync(key, 10, null, default)).Select(r => r.SequenceNr));
        Assert.Equal(5, (await store.SenderStatsAsync(Tenant, domain, Noon.AddHours(-1), Noon.AddHours(1), default)).Sum(s => s.Count));
    }

    [SkippableFact]
    public async Task Should_announce_a_risen_level_and_a_removal_once_and_not_a_falling_level()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        var removal = Level(SuppressionLevel.Removed, reason: "user_not_found");
        var rising = Report(
            key, BounceCategory.UserNotFound, removed: true, after: Suppressed(removal, Level(SuppressionLevel.TemporarilySuppressed, until: Noon.AddDays(7), reason: "recent_bounce")));
        var same = Report(key, BounceCategory.UserNotFound, before: SuppressionLevel.TemporarilySuppressed, after: rising.After);
        var falling = Lifted(key);

        await store.ProjectAsync(At(1, rising), At(2, same), At(3, falling));

        var rows = (await store.OutboxAsync(0, 10_000, default)).Where(o => o.RecipientKey == key).ToList();
        Assert.Equal([OutboxTypes.RecipientSuppressed, OutboxTypes.RecipientRemoved], rows.Select(o => o.Type));
        Assert.Equal([$"recipient.suppressed:{rising.EventId:N}", $"recipient.removed:{rising.EventId:N}"], rows.Select(o => o.UniqueId));
        using var suppressed = JsonDocument.Parse(rows[0].Payload);
        Assert.Equal("temporarily_suppressed", suppressed.RootElement.GetProperty("level").GetString());
        Assert.Equal("none", suppressed.RootElement.GetProperty("previousLevel").GetString());
        Assert.Equal("recent_bounce", suppressed.RootElement.GetProperty("reason").GetString());
        Assert.Equal(Noon.AddDays(7), suppressed.RootElement.GetProperty("until").GetDateTimeOffset());
        Assert.Equal(rising.RecordedAt, rows[0].CreatedAt);
    }

    [SkippableFact]
    public async Task Should_announce_a_sender_alert_when_the_sender_is_known()
    {
        var store = await database.StoreAsync();
        var domain = $"{Guid.NewGuid():N}.example";
        var key = NewKey();

        await store.ProjectAsync(
            At(1, Report(key, BounceCategory.ReputationBlock, "m1", senderDomain: domain, provider: "gmail")),
            At(2, Report(key, BounceCategory.ReputationBlock, "m2")),
            At(3, Report(key, BounceCategory.MailboxFull, "m3", senderDomain: domain)));

        var alert = Assert.Single(await store.OutboxAsync(0, 10_000, default), o => o.Type == OutboxTypes.SenderAlert && o.Payload.Contains(domain, StringComparison.Ordinal));
        using var payload = JsonDocument.Parse(alert.Payload);
        Assert.Null(alert.RecipientKey);
        Assert.Equal("critical", payload.RootElement.GetProperty("severity").GetString());
        Assert.Equal(-10, payload.RootElement.GetProperty("scoreChange").GetInt32());
        Assert.Equal("gmail", payload.RootElement.GetProperty("provider").GetString());
    }

    [SkippableFact]
    public async Task Should_count_senders_per_hour_provider_and_category_and_leave_unknown_senders_out()
    {
        var store = await database.StoreAsync();
        var domain = $"{Guid.NewGuid():N}.example";
        var key = NewKey();

        await store.ProjectAsync(
            At(1, Report(key, BounceCategory.MailboxFull, "a", Noon.AddMinutes(1), senderDomain: domain, provider: "gmail")),
            At(2, Report(key, BounceCategory.MailboxFull, "b", Noon.AddMinutes(59), senderDomain: domain, provider: "gmail")),
            At(3, Report(key, BounceCategory.MailboxFull, "c", Noon.AddMinutes(60), senderDomain: domain, provider: "gmail")),
            At(4, Report(key, BounceCategory.ServerError, "d", Noon, senderDomain: domain)),
            At(5, Report(key, BounceCategory.ServerError, "e", Noon)));
        await store.ProjectAsync(At(1, Report(NewKey(), BounceCategory.MailboxFull, "f", Noon.AddMinutes(30), senderDomain: domain, provider: "gmail")));

        var rows = await store.SenderStatsAsync(Tenant, domain, Noon, Noon.AddHours(2), default);
        Assert.Equal(
            [(Noon, "", BounceCategory.ServerError, 1L), (Noon, "gmail", BounceCategory.MailboxFull, 3L), (Noon.AddHours(1), "gmail", BounceCategory.MailboxFull, 1L)],
            rows.Select(r => (r.Hour, r.Provider, r.Category, r.Count)));
        Assert.Single(await store.SenderStatsAsync(Tenant, domain, Noon.AddHours(1), Noon.AddHours(2), default));
        Assert.Empty(await store.SenderStatsAsync("other", domain, Noon, Noon.AddHours(2), default));
    }

    [SkippableFact]
    public async Task Should_count_the_same_senders_from_many_projections_at_once_without_losing_one()
    {
        var store = await database.StoreAsync();
        var domains = Enumerable.Range(0, 5).Select(i => $"{Guid.NewGuid():N}.example").ToArray();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async node =>
        {
            for (var batch = 0; batch < 5; batch++)
            {
                var events = domains.OrderBy(_ => Guid.NewGuid()).Select(d => At(1, Report(NewKey(), BounceCategory.ReputationBlock, senderDomain: d))).ToArray();
                await store.ProjectAsync(events);
            }
        }));

        foreach (var domain in domains)
        {
            Assert.Equal(40, Assert.Single(await store.SenderStatsAsync(Tenant, domain, Noon, Noon.AddHours(1), default)).Count);
        }
    }

    [SkippableFact]
    public async Task Should_take_texts_that_no_database_takes_as_they_are()
    {
        var store = await database.StoreAsync();
        var key = NewKey();

        await store.ProjectAsync(At(1, Report(key, messageId: "a\0b", diagnostic: "broken \ud83d, whole \ud83d\ude00", review: 50, retryAttempt: 1)));

        Assert.Equal("a\ufffdb", Assert.Single(await store.HistoryAsync(key, 1, null, default)).MessageId);
        var review = Assert.Single((await store.ReviewsAsync(Tenant, ReviewState.Open, null, 1000, default)).Items, r => r.RecipientKey == key);
        Assert.Equal("broken \ufffd, whole \ud83d\ude00", review.Diagnostic);
    }

    [SkippableFact]
    public async Task Should_show_outbox_rows_in_an_order_that_never_fills_in_behind_a_reader()
    {
        var store = await database.StoreAsync();
        var start = (await store.CountsAsync(Noon, default)).OutboxPosition;
        var mine = Enumerable.Range(0, 200).Select(_ => NewKey()).ToArray();
        var writing = Task.WhenAll(mine.Chunk(10).Select(chunk => Task.Run(async () =>
        {
            foreach (var key in chunk)
            {
                await store.ProjectAsync(At(1, Report(key, after: Suppressed(Level(SuppressionLevel.SoftSuppressed)))));
            }
        })));

        var seen = new List<OutboxRow>();
        while (true)
        {
            var done = writing.IsCompleted;
            var rows = await store.OutboxAsync(seen.Count == 0 ? start : seen[^1].Position, 7, default);
            seen.AddRange(rows);
            if (done && rows.Count == 0)
            {
                break;
            }
        }

        await writing;
        Assert.Equal(mine.Select(k => k.Value).Order(), seen.Select(o => o.RecipientKey!.Value.Value).Where(k => mine.Contains(new RecipientKey(k))).Order());
    }
}
