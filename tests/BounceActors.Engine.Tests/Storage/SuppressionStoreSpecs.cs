using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqliteSuppressionStoreSpecs(SqliteDatabase database) : SuppressionStoreSpecs<SqliteDatabase>(database);

public sealed class PostgresSuppressionStoreSpecs(PostgresDatabase database) : SuppressionStoreSpecs<PostgresDatabase>(database);

public abstract class SuppressionStoreSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    private readonly string _tenant = Guid.NewGuid().ToString("N");

    [SkippableFact]
    public async Task Should_give_back_every_suppression_as_it_was_strongest_first()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        Suppression[] all =
        [
            new(SuppressionLevel.Legal, null, null, "court order", Noon, "ann", []),
            new(SuppressionLevel.Unsubscribed, "news", null, "unsubscribe_request", Noon.AddDays(-1), null, [Guid.NewGuid()]),
            new(SuppressionLevel.TemporarilySuppressed, null, Noon.AddDays(7), "recent_bounce", Noon.AddMicroseconds(1), null, [Guid.NewGuid(), Guid.NewGuid()]),
        ];

        await store.ProjectAsync(At(1, Report(key, after: Suppressed(all))));

        var found = (await store.SuppressionsOfAsync([key, NewKey()], default)).Single();
        Assert.Equal(key, found.Key);
        Assert.Equal(all.Select(s => s with { Causes = [] }), found.Value.Select(s => s with { Causes = [] }));
        Assert.Equal(all.Select(s => s.Causes), found.Value.Select(s => s.Causes));
    }

    [SkippableFact]
    public async Task Should_replace_what_an_earlier_event_left_and_end_with_what_the_last_one_says()
    {
        var store = await database.StoreAsync();
        var (key, lifted) = (NewKey(), NewKey());
        await store.ProjectAsync(
            At(1, Report(key, after: Suppressed(Level(SuppressionLevel.Removed), Level(SuppressionLevel.SoftSuppressed)))),
            At(1, Report(lifted, after: Suppressed(Level(SuppressionLevel.Removed)))));

        await store.ProjectAsync(
            At(2, Report(key, after: Suppressed(Level(SuppressionLevel.Complaint), Level(SuppressionLevel.HardSuppressed)))),
            At(3, Report(key, after: Suppressed(Level(SuppressionLevel.HardSuppressed)))),
            At(2, Lifted(lifted)));

        var found = await store.SuppressionsOfAsync([key, lifted], default);
        Assert.Equal([SuppressionLevel.HardSuppressed], found[key].Select(s => s.Level));
        Assert.False(found.ContainsKey(lifted));
    }

    [SkippableFact]
    public async Task Should_check_a_hundred_thousand_recipients_at_once()
    {
        var store = await database.StoreAsync();
        var keys = Enumerable.Range(0, 100_000).Select(_ => NewKey()).ToArray();
        var suppressed = keys.Where((_, i) => i % 50 == 7).ToArray();
        await store.ProjectAsync([.. suppressed.Select(k => At(1, Report(k, after: Suppressed(Level(SuppressionLevel.HardSuppressed)))))]);

        var found = await store.SuppressionsOfAsync(keys, default);

        Assert.Equal(suppressed.Select(k => k.Value).Order(StringComparer.Ordinal), found.Keys.Select(k => k.Value).Order(StringComparer.Ordinal));
        Assert.Empty(await store.SuppressionsOfAsync([], default));
    }

    [SkippableFact]
    public async Task Should_list_by_level_and_stream_what_holds_now()
    {
        var store = await database.StoreAsync();
        await SuppressAsync(store, Level(SuppressionLevel.Manual));
        await SuppressAsync(store, Level(SuppressionLevel.Unsubscribed, "News"));
        await SuppressAsync(store, Level(SuppressionLevel.Unsubscribed, "billing"));
        await SuppressAsync(store, Level(SuppressionLevel.TemporarilySuppressed, until: Noon.AddDays(1)));

        Assert.Equal(4, await CountAsync(null, null, Noon));
        Assert.Equal(3, await CountAsync(null, null, Noon.AddDays(1)));
        Assert.Equal(2, await CountAsync(SuppressionLevel.Unsubscribed, null, Noon));
        Assert.Equal(1, await CountAsync(SuppressionLevel.Unsubscribed, "news", Noon));
        Assert.Equal(3, await CountAsync(null, "NEWS", Noon));
        Assert.Empty((await store.SuppressionsAsync("another tenant", null, null, null, 10, Noon, default)).Items);

        async Task<int> CountAsync(SuppressionLevel? level, string? stream, DateTimeOffset now) =>
            (await store.SuppressionsAsync(_tenant, level, stream, null, 10, now, default)).Items.Count;
    }

    [SkippableFact]
    public async Task Should_page_through_suppressions_while_others_come_in()
    {
        var store = await database.StoreAsync();
        var keys = Enumerable.Range(0, 9).Select(_ => NewKey()).ToArray();
        foreach (var key in keys.Where((_, i) => i % 2 == 0))
        {
            await SuppressAsync(store, Level(SuppressionLevel.Manual), key);
        }

        var seen = new List<RecipientKey>();
        string? cursor = null;
        var late = keys.Where((_, i) => i % 2 == 1).ToList();
        do
        {
            var page = await store.SuppressionsAsync(_tenant, SuppressionLevel.Manual, null, cursor, 2, Noon, default);
            seen.AddRange(page.Items.Select(s => s.RecipientKey));
            cursor = page.Next;
            if (late.Count > 0)
            {
                await SuppressAsync(store, Level(SuppressionLevel.Manual), late[0]);
                late.RemoveAt(0);
            }
        }
        while (cursor is not null);

        Assert.Equal(seen.Distinct(), seen);
        Assert.Equal(keys.Where((_, i) => i % 2 == 0), seen.Where(k => Array.IndexOf(keys, k) % 2 == 0));
    }

    [SkippableFact]
    public async Task Should_page_through_several_suppressions_of_one_recipient()
    {
        var store = await database.StoreAsync();
        await store.ProjectAsync(At(1, Report(
            NewKey(), tenant: _tenant, after: Suppressed(Level(SuppressionLevel.Legal), Level(SuppressionLevel.Manual), Level(SuppressionLevel.Removed)))));

        var first = await store.SuppressionsAsync(_tenant, null, null, null, 2, Noon, default);
        var second = await store.SuppressionsAsync(_tenant, null, null, first.Next, 2, Noon, default);

        Assert.Equal(
            [SuppressionLevel.Legal, SuppressionLevel.Manual, SuppressionLevel.Removed], first.Items.Concat(second.Items).Select(s => s.Level));
        Assert.Null(second.Next);
    }

    private Task SuppressAsync(ReadStore store, Suppression suppression, RecipientKey? key = null) =>
        store.ProjectAsync(At(1, Added(key ?? NewKey(), suppression, _tenant)));
}
