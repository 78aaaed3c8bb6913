using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqliteRetryStoreSpecs(SqliteDatabase database) : RetryStoreSpecs<SqliteDatabase>(database);

public sealed class PostgresRetryStoreSpecs(PostgresDatabase database) : RetryStoreSpecs<PostgresDatabase>(database);

public abstract class RetryStoreSpecs<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : Database
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>Tests share a database; each keeps to a tenant of its own.</summary>
    private readonly string _tenant = Guid.NewGuid().ToString("N");

    [SkippableFact]
    public async Task Should_be_due_from_its_time_on_and_not_before()
    {
        var store = await database.StoreAsync();
        var id = await PlannedAsync(store, due: Noon.AddHours(1));

        Assert.DoesNotContain(await DueAsync(store, Noon.AddHours(1).AddMicroseconds(-1), 1000), r => r.Id == id);
        var due = Assert.Single(await DueAsync(store, Noon.AddHours(1), 1000), r => r.Id == id);
        Assert.Equal((_tenant, "m1@example.com", 1, "news", RetryState.Pending), (due.Tenant, due.MessageId, due.Attempt, due.Stream, due.State));
        Assert.Equal((BounceCategory.MailboxFull, Noon.AddHours(1)), (due.Category, due.DueAt));
    }

    [SkippableFact]
    public async Task Should_give_what_is_longest_due_first()
    {
        var store = await database.StoreAsync();
        var late = await PlannedAsync(store, due: Noon.AddYears(-10).AddSeconds(2));
        var early = await PlannedAsync(store, due: Noon.AddYears(-10).AddSeconds(1));

        Assert.Equal([early, late], (await DueAsync(store, Noon, 2)).Select(r => r.Id));
    }

    [SkippableFact]
    public async Task Should_give_every_due_retry_in_one_partition_and_those_of_a_recipient_in_the_same()
    {
        var store = await database.StoreAsync();
        var ids = new HashSet<RetryId>();
        foreach (var letter in RecipientKeys.Alphabet)
        {
            ids.Add(await PlannedAsync(store, new RecipientKey(letter + NewKey().Value[1..])));
        }

        var parts = new List<IReadOnlyList<RetryRow>>();
        for (var partition = 0; partition < ReadStore.RetryPartitions; partition++)
        {
            parts.Add([.. (await store.DueRetriesAsync(partition, Noon.AddYears(1), 10_000, default)).Where(r => r.Tenant == _tenant)]);
        }

        Assert.Equal(ids, parts.SelectMany(p => p).Select(r => r.Id).ToHashSet());
        Assert.Equal(ids.Count, parts.Sum(p => p.Count));
        Assert.All(parts, p => Assert.NotEmpty(p));
        Assert.All(parts.SelectMany(p => p).GroupBy(r => r.RecipientKey), g => Assert.Single(parts, p => p.Any(r => r.RecipientKey == g.Key)));
    }

    [SkippableFact]
    public async Task Should_be_emitted_once_with_its_announcement()
    {
        var store = await database.StoreAsync();
        var id = await PlannedAsync(store);

        Assert.True(await store.EmitRetryAsync(id, Noon.AddHours(1), default));
        Assert.False(await store.EmitRetryAsync(id, Noon.AddHours(1), default));

        var row = await RowAsync(store, id);
        Assert.Equal((RetryState.Emitted, Noon.AddHours(1)), (row.State, row.EmittedAt));
        Assert.DoesNotContain(await DueAsync(store, Noon.AddYears(1), 1000), r => r.Id == id);
        var announcement = Assert.Single(await AnnouncementsAsync(store, id));
        Assert.Equal((OutboxTypes.RetryDue, _tenant, row.RecipientKey), (announcement.Type, announcement.Tenant, announcement.RecipientKey));
        using var payload = JsonDocument.Parse(announcement.Payload);
        Assert.Equal(id.Value, payload.RootElement.GetProperty("id").GetString());
        Assert.Equal("m1@example.com", payload.RootElement.GetProperty("messageId").GetString());
        Assert.Equal(1, payload.RootElement.GetProperty("attempt").GetInt32());
        Assert.Equal(row.DueAt, payload.RootElement.GetProperty("dueAt").GetDateTimeOffset());
    }

    [SkippableFact]
    public async Task Should_be_emitted_by_one_of_many_nodes_that_try_at_once()
    {
        var store = await database.StoreAsync();
        var nodes = Enumerable.Range(0, 8).Select(_ => database.Open()).ToList();
        for (var i = 0; i < 5; i++)
        {
            var id = await PlannedAsync(store);
            var emitted = await Task.WhenAll(nodes.Select(n => Task.Run(() => n.EmitRetryAsync(id, Noon, default))));

            Assert.Single(emitted, e => e);
            Assert.Single(await AnnouncementsAsync(store, id));
        }
    }

    [SkippableFact]
    public async Task Should_not_be_emitted_when_it_was_never_planned()
    {
        var store = await database.StoreAsync();

        Assert.False(await store.EmitRetryAsync(RetryId.Of(NewKey(), "m", 1), Noon, default));
    }

    [SkippableFact]
    public async Task Should_be_cancelled_with_a_reason_while_it_is_pending_only()
    {
        var store = await database.StoreAsync();
        var (pending, emitted) = (await PlannedAsync(store), await EmittedAsync(store));

        Assert.True(await store.CancelRetryAsync(pending, "suppressed", Noon, default));
        Assert.False(await store.CancelRetryAsync(pending, "again", Noon, default));
        Assert.False(await store.CancelRetryAsync(emitted, "late", Noon, default));

        var row = await RowAsync(store, pending);
        Assert.Equal((RetryState.Cancelled, "suppressed", Noon), (row.State, row.Reason, row.ClosedAt));
        Assert.False(await store.EmitRetryAsync(pending, Noon, default));
        Assert.Equal(RetryState.Emitted, (await RowAsync(store, emitted)).State);
    }

    [SkippableFact]
    public async Task Should_be_superseded_by_a_newer_attempt_for_the_same_message_only()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync(
            At(1, Planning(key, "a", 1)), At(2, Planning(key, "b", 1)), At(3, Planning(key, "a", 2)), At(4, Planning(key, "a", 3)));

        Assert.Equal(
            [("a", 1, RetryState.Cancelled, "superseded"), ("a", 2, RetryState.Cancelled, "superseded"), ("a", 3, RetryState.Pending, null), ("b", 1, RetryState.Pending, null)],
            await StatesAsync(store));
    }

    [SkippableFact]
    public async Task Should_be_cancelled_by_a_delivery_of_its_message_in_the_order_of_the_events()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync(At(1, Planning(key, "a", 1)), At(2, Planning(key, "b", 1)));
        await store.ProjectAsync(
            At(3, Delivery(key, "a") with { Tenant = _tenant }), At(4, Planning(key, "c", 1)), At(5, Delivery(key, "c") with { Tenant = _tenant }),
            At(6, Delivery(key, "d") with { Tenant = _tenant }), At(7, Planning(key, "d", 1)));

        Assert.Equal(
            [("a", 1, RetryState.Cancelled, "delivered"), ("b", 1, RetryState.Pending, null), ("c", 1, RetryState.Cancelled, "delivered"), ("d", 1, RetryState.Pending, null)],
            await StatesAsync(store));
    }

    [SkippableFact]
    public async Task Should_outlive_a_delivery_that_happened_before_the_bounce()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync(
            At(1, Report(key, messageId: "a", at: Noon.AddMinutes(5), retryAttempt: 1, tenant: _tenant)),
            At(2, Report(key, messageId: "b", at: Noon.AddMinutes(5), retryAttempt: 1, tenant: _tenant)),
            At(3, Delivery(key, "a", Noon) with { Tenant = _tenant }),
            At(4, Delivery(key, "b", Noon.AddMinutes(5)) with { Tenant = _tenant }));

        Assert.Equal([("a", 1, RetryState.Pending, null), ("b", 1, RetryState.Cancelled, "delivered")], await StatesAsync(store));
    }

    [SkippableFact]
    public async Task Should_come_back_when_it_is_planned_again_after_a_delivery_but_not_once_it_was_emitted()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync(At(1, Planning(key, "a", 1)), At(2, Delivery(key, "a") with { Tenant = _tenant }), At(3, Planning(key, "a", 1, Noon.AddHours(9))));

        Assert.Equal([("a", 1, RetryState.Pending, null)], await StatesAsync(store));
        var id = RetryId.Of(key, "a", 1);
        Assert.Equal(Noon.AddHours(9), (await RowAsync(store, id)).DueAt);
        Assert.True(await store.EmitRetryAsync(id, Noon, default));
        await store.ProjectAsync(At(4, Planning(key, "a", 1, Noon.AddHours(10))));

        Assert.Equal([("a", 1, RetryState.Emitted, null)], await StatesAsync(store));
        Assert.Single(await AnnouncementsAsync(store, id));
    }

    [SkippableFact]
    public async Task Should_be_known_by_the_report_when_the_message_has_no_id_and_by_a_hash_when_the_id_is_very_long()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        var nameless = Report(key, messageId: null, retryAttempt: 1, tenant: _tenant);
        var length = new string('x', 5000);
        await store.ProjectAsync(At(1, nameless), At(2, Planning(key, length, 1)));

        Assert.True(await store.EmitRetryAsync(RetryId.Of(key, $"report:{nameless.EventId:N}", 1), Noon, default));
        Assert.True(await store.EmitRetryAsync(RetryId.Of(key, length, 1), Noon, default));
        Assert.Equal(length, (await RowAsync(store, RetryId.Of(key, length, 1))).MessageId);
        Assert.NotEqual(RetryId.Of(key, length, 1), RetryId.Of(key, length + "y", 1));
    }

    [SkippableFact]
    public async Task Should_lease_what_was_emitted_and_nothing_else()
    {
        var store = await database.StoreAsync();
        var emitted = await EmittedAsync(store);
        await PlannedAsync(store);

        var leased = Assert.Single(await store.LeaseRetriesAsync(_tenant, "worker", 10, Lease, Noon, default));

        Assert.Equal((emitted, RetryState.Leased, "worker", Noon + Lease), (leased.Id, leased.State, leased.LeaseOwner, leased.LeasedUntil));
        Assert.Equal(leased, await RowAsync(store, emitted));
        Assert.Empty(await store.LeaseRetriesAsync(_tenant, "other", 10, Lease, Noon, default));
        Assert.Empty(await store.LeaseRetriesAsync("another tenant", "other", 10, Lease, Noon, default));
    }

    [SkippableFact]
    public async Task Should_be_free_again_when_the_lease_has_run_out()
    {
        var store = await database.StoreAsync();
        var id = await EmittedAsync(store);
        await store.LeaseRetriesAsync(_tenant, "first", 10, Lease, Noon, default);

        Assert.Empty(await store.LeaseRetriesAsync(_tenant, "second", 10, Lease, Noon + Lease - TimeSpan.FromMicroseconds(1), default));
        Assert.Equal(id, Assert.Single(await store.LeaseRetriesAsync(_tenant, "second", 10, Lease, Noon + Lease, default)).Id);

        Assert.Equal([(id, Acknowledgement.NotLeasedByYou)], await store.AcknowledgeRetriesAsync(_tenant, "first", [id], Noon + Lease, default));
        Assert.Equal([(id, Acknowledgement.Acknowledged)], await store.AcknowledgeRetriesAsync(_tenant, "second", [id], Noon + Lease, default));
    }

    [SkippableFact]
    public async Task Should_lease_up_to_the_number_asked_for_longest_due_first()
    {
        var store = await database.StoreAsync();
        var ids = new List<RetryId>();
        for (var i = 3; i > 0; i--)
        {
            ids.Insert(0, await EmittedAsync(store, Noon.AddMinutes(i)));
        }

        Assert.Equal(ids[..2], (await store.LeaseRetriesAsync(_tenant, "worker", 2, Lease, Noon, default)).Select(r => r.Id));
        Assert.Equal(ids[2..], (await store.LeaseRetriesAsync(_tenant, "worker", 2, Lease, Noon, default)).Select(r => r.Id));
    }

    [SkippableFact]
    public async Task Should_never_be_leased_to_two_owners_that_race()
    {
        var store = await database.StoreAsync();
        var key = NewKey();
        await store.ProjectAsync([.. Enumerable.Range(1, 60).Select(i => At(i, Planning(key, $"m{i}", 1)))]);
        for (var i = 1; i <= 60; i++)
        {
            await store.EmitRetryAsync(RetryId.Of(key, $"m{i}", 1), Noon, default);
        }

        var leases = await Task.WhenAll(Enumerable.Range(0, 6).Select(owner => Task.Run(async () =>
        {
            var node = database.Open();
            var mine = new List<RetryId>();
            while (await node.LeaseRetriesAsync(_tenant, $"owner {owner}", 7, Lease, Noon, default) is { Count: > 0 } rows)
            {
                mine.AddRange(rows.Select(r => r.Id));
            }

            return mine;
        })));

        var all = leases.SelectMany(l => l).ToList();
        Assert.Equal(60, all.Count);
        Assert.Equal(60, all.Distinct().Count());
    }

    [SkippableFact]
    public async Task Should_answer_each_acknowledgement_and_stay_acknowledged()
    {
        var store = await database.StoreAsync();
        var mine = await EmittedAsync(store);
        await store.LeaseRetriesAsync(_tenant, "me", 10, Lease, Noon, default);
        var theirs = await EmittedAsync(store);
        await store.LeaseRetriesAsync(_tenant, "they", 10, Lease, Noon, default);
        var (free, pending, unknown) = (await EmittedAsync(store), await PlannedAsync(store), RetryId.Of(NewKey(), "m", 1));
        RetryId[] asked = [unknown, mine, theirs, free, pending, mine];
        Acknowledgement[] expected =
        [
            Acknowledgement.Unknown, Acknowledgement.Acknowledged, Acknowledgement.NotLeasedByYou,
            Acknowledgement.NotLeasedByYou, Acknowledgement.NotLeasedByYou, Acknowledgement.Acknowledged,
        ];

        var first = await store.AcknowledgeRetriesAsync(_tenant, "me", asked, Noon.AddMinutes(1), default);
        var again = await store.AcknowledgeRetriesAsync(_tenant, "me", asked, Noon.AddMinutes(2), default);
        var elsewhere = await store.AcknowledgeRetriesAsync("another tenant", "me", [mine], Noon, default);

        Assert.Equal(asked.Zip(expected), first);
        Assert.Equal(first, again);
        Assert.Equal([(mine, Acknowledgement.Unknown)], elsewhere);
        var row = await RowAsync(store, mine);
        Assert.Equal((RetryState.Acknowledged, Noon.AddMinutes(1)), (row.State, row.ClosedAt));
        Assert.DoesNotContain(await store.LeaseRetriesAsync(_tenant, "me", 10, Lease, Noon.AddDays(1), default), r => r.Id == mine);
    }

    [SkippableFact]
    public async Task Should_take_an_acknowledgement_after_the_lease_ran_out_when_nobody_else_has_taken_it()
    {
        var store = await database.StoreAsync();
        var id = await EmittedAsync(store);
        await store.LeaseRetriesAsync(_tenant, "me", 10, Lease, Noon, default);

        Assert.Equal([(id, Acknowledgement.Acknowledged)], await store.AcknowledgeRetriesAsync(_tenant, "me", [id], Noon + Lease + Lease, default));
        Assert.Empty(await store.LeaseRetriesAsync(_tenant, "other", 10, Lease, Noon + Lease + Lease, default));
    }

    [SkippableFact]
    public async Task Should_page_through_retries_that_come_in_meanwhile()
    {
        var store = await database.StoreAsync();
        var expected = new List<RetryId>();
        for (var i = 0; i < 5; i++)
        {
            expected.Add(await PlannedAsync(store, due: Noon.AddHours(1 + (i / 2))));
        }

        var seen = new List<RetryId>();
        string? cursor = null;
        do
        {
            var page = await store.RetriesAsync(_tenant, RetryState.Pending, cursor, 2, default);
            seen.AddRange(page.Items.Select(r => r.Id));
            cursor = page.Next;
            await PlannedAsync(store, due: Noon);
        }
        while (cursor is not null);

        Assert.Equal(expected, seen);
        Assert.Equal(8, (await store.RetriesAsync(_tenant, null, null, 100, default)).Items.Count);
        Assert.Empty((await store.RetriesAsync(_tenant, RetryState.Emitted, null, 100, default)).Items);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("bm90IGEgY3Vyc29y")]
    [InlineData("OTIyMzM3MjAzNjg1NDc3NTgwNx94")]
    public async Task Should_refuse_a_cursor_that_it_has_not_given(string cursor)
    {
        var store = await database.StoreAsync();

        await Assert.ThrowsAsync<InvalidCursorException>(() => store.RetriesAsync(_tenant, null, cursor, 10, default));
        await Assert.ThrowsAsync<InvalidCursorException>(() => store.ReviewsAsync(_tenant, ReviewState.Open, cursor, 10, default));
    }

    [SkippableFact]
    public async Task Should_be_found_by_its_id_within_its_tenant_only()
    {
        var store = await database.StoreAsync();
        var id = await PlannedAsync(store);

        Assert.Equal(id, (await store.RetryAsync(_tenant, id, default))?.Id);
        Assert.Null(await store.RetryAsync("another tenant", id, default));
    }

    [SkippableFact]
    public async Task Should_be_counted_for_metrics()
    {
        var store = await database.StoreAsync();
        var before = await store.CountsAsync(Noon, default);
        await PlannedAsync(store, due: Noon.AddHours(1));
        await PlannedAsync(store, due: Noon.AddHours(-1));
        await EmittedAsync(store);
        await store.ProjectAsync(At(1, Report(NewKey(), review: 50, tenant: _tenant)));

        var after = await store.CountsAsync(Noon, default);

        Assert.Equal(
            (2, 1, 1, 1, 1),
            (after.RetriesPending - before.RetriesPending, after.RetriesDue - before.RetriesDue, after.RetriesOpen - before.RetriesOpen,
                after.ReviewsOpen - before.ReviewsOpen, after.OutboxPosition - before.OutboxPosition));
    }

    private RecipientEvents.ReportRecorded Planning(RecipientKey key, string messageId, int attempt, DateTimeOffset? due = null) =>
        Report(key, messageId: messageId, retryAttempt: attempt, due: due, tenant: _tenant);

    private Task<RetryId> PlannedAsync(ReadStore store, DateTimeOffset? due = null) => PlannedAsync(store, NewKey(), due);

    private async Task<RetryId> PlannedAsync(ReadStore store, RecipientKey key, DateTimeOffset? due = null)
    {
        await store.ProjectAsync(At(1, Planning(key, "m1@example.com", 1, due)));
        return RetryId.Of(key, "m1@example.com", 1);
    }

    private async Task<RetryId> EmittedAsync(ReadStore store, DateTimeOffset? due = null)
    {
        var id = await PlannedAsync(store, due);
        Assert.True(await store.EmitRetryAsync(id, Noon, default));
        return id;
    }

    /// <summary>What is due in all partitions together.</summary>
    private static async Task<IReadOnlyList<RetryRow>> DueAsync(ReadStore store, DateTimeOffset now, int limit)
    {
        var due = new List<RetryRow>();
        for (var partition = 0; partition < ReadStore.RetryPartitions; partition++)
        {
            due.AddRange(await store.DueRetriesAsync(partition, now, limit, default));
        }

        return [.. due.OrderBy(r => r.DueAt).Take(limit)];
    }

    private async Task<RetryRow> RowAsync(ReadStore store, RetryId id) => (await store.RetryAsync(_tenant, id, default))!;

    private async Task<IReadOnlyList<(string MessageId, int Attempt, RetryState State, string? Reason)>> StatesAsync(ReadStore store) =>
        [.. (await store.RetriesAsync(_tenant, null, null, 100, default)).Items
            .OrderBy(r => r.MessageId, StringComparer.Ordinal).ThenBy(r => r.Attempt)
            .Select(r => (r.MessageId, r.Attempt, r.State, r.Reason))];

    private static async Task<IReadOnlyList<OutboxRow>> AnnouncementsAsync(ReadStore store, RetryId id) =>
        [.. (await store.OutboxAsync(0, 100_000, default)).Where(o => o.UniqueId == $"retry.due:{id}")];
}
