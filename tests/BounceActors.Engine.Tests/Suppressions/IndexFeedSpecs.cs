using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Suppressions;
using BounceActors.Engine.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Suppressions;

public sealed class SqliteIndexFeedSpecs(SqliteDatabase database) : IndexFeedSpecs<SqliteDatabase>(database);

public sealed class PostgresIndexFeedSpecs(PostgresDatabase database) : IndexFeedSpecs<PostgresDatabase>(database);

public abstract class IndexFeedSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    [SkippableFact]
    public async Task Should_load_what_is_there_and_then_follow_what_changes()
    {
        var store = await database.StoreAsync();
        var (before, clean, after) = (NewKey(), NewKey(), NewKey());
        await store.ProjectAsync(At(1, Report(before, after: Suppressed(Level(SuppressionLevel.HardSuppressed)))), At(1, Report(clean)));
        var (index, feed) = Node(store);

        await feed.LookAsync(default);
        Assert.Equal(SuppressionLevel.HardSuppressed, EntryOf(index, before).Level);
        Assert.Equal(IndexEntry.Clean, EntryOf(index, clean));
        Assert.False(index.TryFind(after.Mark, out _));

        await store.ProjectAsync(At(1, Report(after, after: Suppressed(Level(SuppressionLevel.Manual)))), At(2, Lifted(before)));
        await feed.LookAsync(default);
        Assert.Equal(SuppressionLevel.Manual, EntryOf(index, after).Level);
        Assert.Equal(IndexEntry.Clean, EntryOf(index, before));
    }

    [SkippableFact]
    public async Task Should_end_with_the_same_index_on_a_node_that_followed_as_on_one_that_starts_now()
    {
        var store = await database.StoreAsync();
        var (followed, feed) = Node(store);
        await feed.LookAsync(default);
        var keys = Enumerable.Range(0, 300).Select(_ => NewKey()).ToArray();
        for (var round = 1; round <= 4; round++)
        {
            var levels = Enum.GetValues<SuppressionLevel>();
            await store.ProjectAsync([.. keys.Where((_, i) => i % round == 0).Select((key, i) => At(round, Report(
                key, after: i % 5 == 0 ? Standing.Clean : Suppressed(Level(levels[1 + ((i + round) % 10)], i % 7 == 0 ? "news" : null, i % 3 == 0 ? Noon.AddDays(i) : null)))))]);
            await feed.LookAsync(default);
        }

        var (started, startedFeed) = Node(store);
        await startedFeed.LookAsync(default);

        Assert.All(keys, key => Assert.Equal(Told(started, key), Told(followed, key)));

        static (SuppressionLevel, long, bool) Told(SuppressionIndex index, RecipientKey key) =>
            EntryOf(index, key) is var e ? (e.Level, e.UntilMilliseconds, e.NeedsDetail) : default;
    }

    [SkippableFact]
    public async Task Should_not_pass_over_what_two_writers_commit_at_the_same_time()
    {
        var store = await database.StoreAsync();
        var (index, feed) = Node(store);
        await feed.LookAsync(default);
        var keys = Enumerable.Range(0, 400).Select(_ => NewKey()).ToArray();

        var writing = Parallel.ForEachAsync(keys.Chunk(4), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (some, _) =>
            await store.ProjectAsync([.. some.Select(key => At(1, Report(key, after: Suppressed(Level(SuppressionLevel.Manual)))))]));
        while (!writing.IsCompleted)
        {
            await feed.LookAsync(default);
        }

        await writing;
        await feed.LookAsync(default);
        Assert.All(keys, key => Assert.Equal(SuppressionLevel.Manual, EntryOf(index, key).Level));
    }

    [SkippableFact]
    public async Task Should_say_how_far_it_may_be_behind()
    {
        var store = await database.StoreAsync();
        var (index, feed) = Node(store);
        Assert.Equal(TimeSpan.MaxValue, index.Staleness);
        await feed.LookAsync(default);

        database.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), index.Staleness);

        // Recorded two seconds before it came into the read tables.
        await store.ProjectAsync(At(1, Added(NewKey(), Level(SuppressionLevel.Manual) with { Since = database.Clock.GetUtcNow().AddSeconds(-2) })));
        await feed.LookAsync(default);
        Assert.Equal(TimeSpan.FromSeconds(2), index.Staleness);
    }

    [SkippableFact]
    public async Task Should_take_nobody_for_unknown_before_what_was_in_the_journal_at_start_is_projected()
    {
        var store = await database.StoreAsync();
        var journal = new JournalBehind { Highest = 7 };
        var (index, feed) = Node(store, journal);
        var key = NewKey();

        // Recorded by the process before, which ended before its projection came to it.
        await feed.LookAsync(default);
        Assert.True(index.IsLoaded);
        Assert.False(index.SurelyKnowsNothingOf(key));
        Assert.True(index.MayBeNew(key));

        // Of what comes later this node knows itself: it is not waited for.
        journal.Highest = 8;
        journal.Projected = 7;
        await feed.LookAsync(default);
        Assert.True(index.SurelyKnowsNothingOf(key));
    }

    private static IndexEntry EntryOf(SuppressionIndex index, RecipientKey key)
    {
        Assert.True(index.TryFind(key.Mark, out var entry));
        return entry;
    }

    private (SuppressionIndex Index, IndexFeed Feed) Node(ReadStore store, IJournalTables? journal = null)
    {
        var index = new SuppressionIndex(database.Clock);
        var feed = new JournalFeed(journal ?? new JournalBehind(), database.Clock);
        return (index, new IndexFeed(index, store, feed, new IndexOptions(), database.Clock, NullLogger<IndexFeed>.Instance));
    }

    /// <summary>A journal whose last event no projection has come to.</summary>
    private sealed class JournalBehind : IJournalTables
    {
        public long Highest { get; set; }

        public long Projected { get; set; }

        public Task<Writers> WritersAsync(CancellationToken ct) => Task.FromResult(new Writers(Highest, new HashSet<string>()));

        public Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct) =>
            Task.FromResult<IReadOnlyList<JournalRow>>(upTo > Projected ? [new JournalRow { Ordering = upTo }] : []);

        public Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct) => throw new NotSupportedException();

        public bool IsOfOne(Exception cause) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
