using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Tests.Hosting;
using BounceActors.Engine.Tests.Storage;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace BounceActors.Engine.Tests.Journal;

/// <summary>Transactions that commit in another order than they drew their numbers, on PostgreSQL; SQLite has one writer.</summary>
public sealed class JournalFeedSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PostgresDatabase _database = new();
    private readonly FakeTimeProvider _clock = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _database.DisposeAsync();

    [SkippableFact]
    public async Task Should_never_pass_over_an_event_that_is_committed_hours_after_a_later_one()
    {
        await using var tables = await TablesAsync();
        await using var feed = new JournalFeed(tables, _clock);
        await using var late = await OpenAsync("late");
        await tables.WriteAsync([Row("later", 1)], default);

        var next = feed.NextAsync("tag", 0, 10, default);
        for (var hours = 0; hours < 10; hours++)
        {
            var looked = tables.Looks;
            await WhileAdvancing(TimeSpan.FromHours(1), () => tables.Looks > looked);
        }

        Assert.False(next.IsCompleted);

        await late.CommitAsync();
        await WhileAdvancing(TimeSpan.FromSeconds(1), () => next.IsCompleted);
        Assert.Equal(["late", "later"], (await next).Rows.Select(r => r.PersistenceId));
    }

    [SkippableFact]
    public async Task Should_go_on_at_once_when_a_write_is_rolled_back()
    {
        await using var tables = await TablesAsync();
        await using var feed = new JournalFeed(tables, _clock);
        await using (var never = await OpenAsync("never"))
        {
            await tables.WriteAsync([Row("later", 1)], default);
            await never.RollbackAsync();
        }

        // The clock stands still: nothing is waited for.
        var next = await feed.NextAsync("tag", 0, 10, default).WaitAsync(Patience);

        Assert.Equal("later", Assert.Single(next.Rows).PersistenceId);
    }

    [SkippableFact]
    public async Task Should_not_be_held_up_by_those_who_began_after_an_event()
    {
        await using var tables = await TablesAsync();
        await using var feed = new JournalFeed(tables, _clock);
        var first = await OpenAsync("first");
        await tables.WriteAsync([Row("second", 1)], default);
        var next = feed.NextAsync("tag", 0, 10, default);
        await WhileAdvancing(TimeSpan.FromSeconds(1), () => tables.Looks > 1);

        await using var third = await OpenAsync("third");
        await first.CommitAsync();
        await first.DisposeAsync();
        await WhileAdvancing(TimeSpan.FromSeconds(1), () => next.IsCompleted);

        Assert.Equal(["first", "second"], (await next).Rows.Select(r => r.PersistenceId));
    }

    [SkippableFact]
    public async Task Should_give_every_event_once_and_in_order_while_many_write_with_pauses_before_their_commit()
    {
        const int Writers = 8;
        const int Each = 40;
        await using var tables = await TablesAsync();
        await using var feed = new JournalFeed(tables, TimeProvider.System);
        var seen = new List<JournalRow>();
        var reading = Task.Run(async () =>
        {
            var position = 0L;
            while (seen.Count < Writers * Each)
            {
                var next = await feed.NextAsync("tag", position, 7, default);
                position = next.End;
                seen.AddRange(next.Rows);
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            var random = new Random(w);
            for (var nr = 1; nr <= Each; nr++)
            {
                await using var written = await OpenAsync($"w{w}", nr);
                for (var i = random.Next(3); i > 0; i--)
                {
                    await written.QueryAsync("SELECT 1");
                }

                if (random.Next(4) == 0)
                {
                    await written.RollbackAsync();
                    nr--;
                    continue;
                }

                await written.CommitAsync();
            }
        })));
        await reading.WaitAsync(Patience);

        Assert.Equal(seen.Select(r => r.Ordering).Order(), seen.Select(r => r.Ordering));
        Assert.All(seen.GroupBy(r => r.PersistenceId), g => Assert.Equal(Enumerable.Range(1, Each).Select(n => (long)n), g.Select(r => r.SequenceNumber)));
    }

    private static JournalRow Row(string id, long nr) => new()
    {
        PersistenceId = id,
        SequenceNumber = nr,
        Message = [1],
        Manifest = "m",
        Identifier = 717,
        Timestamp = 1,
        TagArray = ["tag"],
    };

    /// <summary>Moves the clock on until it holds, in as many steps as it takes.</summary>
    private async Task WhileAdvancing(TimeSpan step, Func<bool> condition) => await Eventually.True(() =>
    {
        _clock.Advance(step);
        return Task.FromResult(condition());
    });

    private async Task<CountingTables> TablesAsync()
    {
        var options = _database.Options;

        // The plugin makes its tables when its journal starts.
        var system = Akka.Actor.ActorSystem.Create("tables", PersistenceConfig.Hocon(options));
        Akka.Persistence.Persistence.Instance.Apply(system).JournalFor(null);
        await Eventually.True(async () =>
        {
            await using var connection = new NpgsqlConnection(options.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT to_regclass('tags') IS NOT NULL", connection);
            return (bool)(await command.ExecuteScalarAsync())!;
        });
        await system.Terminate();
        return new CountingTables(JournalTables.Open(options));
    }

    private async Task<OpenWrite> OpenAsync(string id, long nr = 1)
    {
        var connection = new NpgsqlConnection(_database.Options.ConnectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        var write = new OpenWrite(connection, transaction);
        await write.QueryAsync(
            $"""
            WITH row AS (
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier)
                VALUES (1, false, '{id}', {nr}, '\x01', 'm', 717) RETURNING ordering)
            INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id) SELECT ordering, 'tag', {nr}, '{id}' FROM row
            """);
        return write;
    }

    /// <summary>A write whose numbers are drawn and whose commit is yet to come.</summary>
    private sealed class OpenWrite(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async Task QueryAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, connection, transaction);
            await command.ExecuteNonQueryAsync();
        }

        public Task CommitAsync() => transaction.CommitAsync();

        public Task RollbackAsync() => transaction.RollbackAsync();

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }

    /// <summary>The real tables, and how often somebody looked who writes.</summary>
    private sealed class CountingTables(IJournalTables tables) : IJournalTables
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        public async Task<Writers> WritersAsync(CancellationToken ct)
        {
            var writers = await tables.WritersAsync(ct);
            Interlocked.Increment(ref _looks);
            return writers;
        }

        public Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => tables.WriteAsync(rows, ct);

        public Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => tables.WriteFirstAsync(rows, ct);

        public Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct) => tables.HighestAsync(queries, ct);

        public Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct) => tables.ReplayAsync(queries, ct);

        public Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct) => tables.LatestSnapshotsAsync(ids, ct);

        public Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct) => tables.TaggedAsync(tag, after, upTo, max, ct);

        public bool IsOfOne(Exception cause) => tables.IsOfOne(cause);

        public ValueTask DisposeAsync() => tables.DisposeAsync();
    }
}
