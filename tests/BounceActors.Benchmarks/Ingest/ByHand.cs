using System.Data.Common;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Wire;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace BounceActors.Benchmarks.Ingest;

/// <summary>
/// The reference: what one would write by hand for the same promise. Each report is judged, then in one transaction the recipient's state is read, the
/// decision made, the event inserted, and the state and the address written. Judge, decision, keys and event bytes are the engine's own.
/// </summary>
internal abstract class ByHand(string name)
{
    private const string Select = "SELECT state FROM hand_recipients WHERE recipient_key = @key";
    private const string Insert = "INSERT INTO hand_events (recipient_key, sequence_nr, manifest, payload) VALUES (@key, @nr, @manifest, @payload)";
    private const string Address = "INSERT INTO hand_directory (recipient_key, tenant, address) VALUES (@key, @tenant, @address) ON CONFLICT DO NOTHING";

    private const string Upsert =
        """
        INSERT INTO hand_recipients (recipient_key, sequence_nr, state) VALUES (@key, @nr, @state)
        ON CONFLICT (recipient_key) DO UPDATE SET sequence_nr = excluded.sequence_nr, state = excluded.state
        """;

    protected static readonly string Tables =
        """
        CREATE TABLE hand_recipients (recipient_key text PRIMARY KEY, sequence_nr bigint NOT NULL, state BYTES NOT NULL);
        CREATE TABLE hand_events (recipient_key text NOT NULL, sequence_nr bigint NOT NULL, manifest text NOT NULL, payload BYTES NOT NULL, PRIMARY KEY (recipient_key, sequence_nr));
        CREATE TABLE hand_directory (recipient_key text PRIMARY KEY, tenant text NOT NULL, address text NOT NULL);
        """;

    private readonly BounceClassifier _classifier = new(RuleSet.Default);
    private readonly RecipientPolicy _policy = new();
    private readonly RecipientKeys _keys = new(new byte[32]);

    public string Name => name;

    protected abstract int Connections { get; }

    /// <summary>Reports per second.</summary>
    public async Task<double> RunAsync(IReadOnlyList<BounceReport> reports)
    {
        await PrepareAsync();
        await WorkAsync([.. reports.Take(500)]);
        var timed = reports.Skip(500).ToList();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await WorkAsync(timed);
        return timed.Count / watch.Elapsed.TotalSeconds;
    }

    protected abstract Task PrepareAsync();

    protected abstract Task<DbConnection> OpenAsync();

    protected abstract Task<DbTransaction> BeginAsync(DbConnection connection);

    private async Task WorkAsync(IReadOnlyList<BounceReport> reports)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            await using var connection = await OpenAsync();
            await using var select = Command(connection, Select, "key");
            await using var insert = Command(connection, Insert, "key", "nr", "manifest", "payload");
            await using var upsert = Command(connection, Upsert, "key", "nr", "state");
            await using var address = Command(connection, Address, "key", "tenant", "address");
            int i;
            while ((i = Interlocked.Increment(ref next)) < reports.Count)
            {
                var report = reports[i];
                var verdict = _classifier.Classify(report);
                var key = _keys.Of("default", report.Recipient!);
                await using var transaction = await BeginAsync(connection);
                select.Transaction = insert.Transaction = upsert.Transaction = address.Transaction = transaction;
                With(select, key.Value);
                var found = await select.ExecuteScalarAsync() as byte[];
                var state = found is null ? RecipientState.Empty : (RecipientState)WireSerializer.Read(found, "recipient.snapshot.v1");
                var now = TimeProvider.System.GetUtcNow();
                var decided = state.Decide(
                    new RecipientCommands.RecordReport
                    {
                        Key = key,
                        Tenant = "default",
                        EventId = Guid.CreateVersion7(now),
                        Facts = ReportFacts.From(report),
                        Verdict = verdict,
                        Random = 0.5,
                    },
                    now,
                    _policy);
                if (decided.Event is { } stored)
                {
                    var after = state.Apply(stored, _policy);
                    With(address, key.Value, "default", report.Recipient!.Display);
                    await address.ExecuteNonQueryAsync();
                    With(insert, key.Value, (long)i, WireSerializer.ManifestOf(stored), WireSerializer.Write(stored));
                    await insert.ExecuteNonQueryAsync();
                    With(upsert, key.Value, (long)i, WireSerializer.Write(after));
                    await upsert.ExecuteNonQueryAsync();
                }

                await transaction.CommitAsync();
            }
        })));
    }

    private static DbCommand Command(DbConnection connection, string text, params string[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var parameter in parameters)
        {
            var p = command.CreateParameter();
            p.ParameterName = parameter;
            command.Parameters.Add(p);
        }

        return command;
    }

    private static void With(DbCommand command, params object[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}

/// <summary>Npgsql with eight connections and statements that prepare themselves.</summary>
internal sealed class PostgresByHand(string connectionString) : ByHand("by hand, Npgsql, 8 connections, one transaction per report")
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        MaxAutoPrepare = 20,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    }.ConnectionString);

    protected override int Connections => 8;

    protected override async Task PrepareAsync()
    {
        await using var command = _source.CreateCommand(Tables.Replace("BYTES", "bytea", StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync();
    }

    protected override async Task<DbConnection> OpenAsync() => await _source.OpenConnectionAsync();

    protected override async Task<DbTransaction> BeginAsync(DbConnection connection) => await connection.BeginTransactionAsync();
}

/// <summary>SQLite with a write-ahead log, waiting for the disk at every commit; one connection, for there is one writer.</summary>
internal sealed class SqliteByHand(string directory) : ByHand("by hand, SQLite WAL, synchronous=FULL, one transaction per report")
{
    protected override int Connections => 1;

    protected override async Task PrepareAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; " + Tables.Replace("BYTES", "blob", StringComparison.Ordinal);
        await command.ExecuteNonQueryAsync();
    }

    protected override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "hand.db")}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous = FULL";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    protected override Task<DbTransaction> BeginAsync(DbConnection connection) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: false));
}
