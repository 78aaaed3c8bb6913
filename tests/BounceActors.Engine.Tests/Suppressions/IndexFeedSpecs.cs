using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
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
    public async Task Should_have_taken_in_whatever_was_written_before_it_was_asked_to_look_again()
    {
        var store = await database.StoreAsync();
        var (index, feed) = Node(store);
        await feed.StartAsync(default);
        await feed.LookAgainAsync();

        // Its clock stands still: it looks only because it is asked.
        await Parallel.ForAsync(0, 50, new ParallelOptions { MaxDegreeOfParallelism = 5 }, async (_, _) =>
        {
            var key = NewKey();
            await store.ProjectAsync(At(1, Report(key)));
            await feed.LookAgainAsync();
            Assert.False(index.SurelyKnowsNothingOf(key));
        });
        await feed.StopAsync(default);
    }

    [SkippableFact]
    public async Task Should_let_nobody_wait_for_a_look_that_never_comes()
    {
        var (_, feed) = Node(await database.StoreAsync());
        await feed.StartAsync(default);
        await feed.LookAgainAsync();

        await feed.StopAsync(default);

        await Assert.ThrowsAsync<EngineUnavailableException>(feed.LookAgainAsync);
    }

    private static IndexEntry EntryOf(SuppressionIndex index, RecipientKey key)
    {
        Assert.True(index.TryFind(key.Mark, out var entry));
        return entry;
    }

    private (SuppressionIndex Index, IndexFeed Feed) Node(ReadStore store)
    {
        var index = new SuppressionIndex(database.Clock);
        return (index, new IndexFeed(index, store, new IndexOptions(), database.Clock, NullLogger<IndexFeed>.Instance));
    }
}
