using BounceActors.Engine.Projections;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Tests.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Deliveries;

public sealed class SqliteDeliveryStoreSpecs(SqliteDatabase database) : DeliveryStoreSpecs<SqliteDatabase>(database);

public sealed class PostgresDeliveryStoreSpecs(PostgresDatabase database) : DeliveryStoreSpecs<PostgresDatabase>(database);

public abstract class DeliveryStoreSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    private static long _marks;

    private readonly string _tenant = Guid.NewGuid().ToString("N");

    [SkippableFact]
    public async Task Should_count_a_delivery_once_however_often_it_comes()
    {
        var store = await database.StoreAsync();
        var (first, second) = (Delivery(), Delivery());

        Assert.Equal([false, true, false], await store.CountDeliveriesAsync([first, first, second], default));
        Assert.Equal([true], await store.CountDeliveriesAsync([first], default));
        await SettleAsync(store);

        Assert.Equal(2, Assert.Single(await HoursAsync(store)).Count);
    }

    [SkippableFact]
    public async Task Should_move_counts_into_the_hours_once_when_two_feeds_do_it()
    {
        var store = await database.StoreAsync();
        await store.CountDeliveriesAsync([Delivery(), Delivery(at: Noon.AddHours(1))], default);
        var counts = await store.DeliveryCountsAsync(100, default);

        await store.SettleDeliveryCountsAsync(counts, default);
        await store.SettleDeliveryCountsAsync(counts, default);

        Assert.Equal([1L, 1L], (await HoursAsync(store)).Select(h => h.Count));
        Assert.DoesNotContain(await store.DeliveryCountsAsync(100, default), c => c.Count.Tenant == _tenant);
    }

    [SkippableFact]
    public async Task Should_number_counts_in_the_order_in_which_they_can_be_seen()
    {
        var store = await database.StoreAsync();
        var seen = 0L;
        var writing = Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (_, ct) => await store.CountDeliveriesAsync([Delivery()], ct));
        while (!writing.IsCompleted)
        {
            await FollowAsync();
        }

        await writing;
        await FollowAsync();
        await SettleAsync(store);
        Assert.Equal(60, Assert.Single(await HoursAsync(store)).Count);

        // Nothing becomes visible below what was seen already: a sending domain would take it for counted.
        async Task FollowAsync()
        {
            foreach (var count in (await store.DeliveryCountsAsync(1_000, default)).Where(c => c.Count.Tenant == _tenant && c.Nr > seen))
            {
                Assert.Equal(seen == 0 ? count.Nr : seen + 1, count.Nr);
                seen = count.Nr;
            }
        }
    }

    [SkippableFact]
    public async Task Should_remember_a_recipients_deliveries_latest_first_until_they_are_forgotten()
    {
        var store = await database.StoreAsync();
        var early = Delivery(message: "early");
        var late = early with { Meaning = 77, OccurredAt = Noon.AddMinutes(5), MessageId = "late" };
        await store.CountDeliveriesAsync([early, late, Delivery()], default);

        Assert.Equal(["late", "early"], (await store.DeliveriesOfAsync(early.Recipient, default)).Select(d => d.MessageId));

        await store.ForgetDeliveriesAsync(database.Clock.GetUtcNow().AddSeconds(1), default);
        Assert.Empty(await store.DeliveriesOfAsync(early.Recipient, default));
    }

    [SkippableFact]
    public async Task Should_find_what_was_counted_for_each_recipient_since_its_own_time()
    {
        var store = await database.StoreAsync();
        var (early, late, other) = (NewKey(), NewKey(), NewKey());
        await store.CountDeliveriesAsync([Delivery() with { Recipient = early.Mark }, Delivery(message: null) with { Recipient = late.Mark }, Delivery() with { Recipient = other.Mark }], default);
        var now = database.Clock.GetUtcNow();

        var found = Assert.Single(await store.DeliveriesSinceAsync([new(early, _tenant, now.AddSeconds(1)), new(late, _tenant, now)], default));

        Assert.Equal((late.Mark, 5UL, Noon, null, "test"), (found.Recipient, found.Meaning, found.OccurredAt, found.MessageId, found.Source));
    }

    [SkippableFact]
    public async Task Should_know_whose_rows_changed_last_and_since_when_they_have_a_history()
    {
        var store = await database.StoreAsync();
        var (first, second) = (NewKey(), NewKey());
        await store.ProjectAsync(At(1, Report(first)), At(2, Report(first, at: Noon.AddHours(1))));
        await store.ProjectAsync(At(1, Report(second, at: Noon.AddHours(2))));
        await store.ProjectAsync(At(2, Report(second, at: Noon.AddHours(3))));
        var slice = ProjectionSlices.Of(first);

        Assert.Equal([new Newcomer(second, Tenant, Noon.AddHours(2).AddSeconds(1))], await store.LastNewcomersAsync(slice, 1, default));
        Assert.Contains(new Newcomer(first, Tenant, Noon.AddSeconds(1)), await store.LastNewcomersAsync(slice, 2, default));
        Assert.Empty(await store.LastNewcomersAsync(slice + 1, 1, default));
    }

    private async Task<IReadOnlyList<SenderStatRow>> HoursAsync(ReadStore store) =>
        await store.SenderStatsAsync(_tenant, "sender.example", Noon.AddDays(-1), Noon.AddDays(1), default);

    private async Task SettleAsync(ReadStore store) =>
        await store.SettleDeliveryCountsAsync([.. (await store.DeliveryCountsAsync(1_000, default)).Where(c => c.Count.Tenant == _tenant)], default);

    private DeliveryRow Delivery(DateTimeOffset? at = null, string? message = "m") => new(
        ulong.MaxValue - (ulong)Interlocked.Increment(ref _marks), 5, _tenant, "sender.example", "google", at ?? Noon, message, "test");
}
