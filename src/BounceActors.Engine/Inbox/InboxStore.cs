using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Engine.Storage;
using LinqToDB;
using LinqToDB.DataProvider.PostgreSQL;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace BounceActors.Engine.Inbox;

/// <summary>
/// The inbox's table: in PostgreSQL beside the read tables, in SQLite in <c>inbox.db</c>. Each call is one transaction. A database that is away or
/// busy is a <see cref="StorageUnavailableException"/>.
/// </summary>
public sealed class InboxStore : IAsyncDisposable
{
    private const string SqliteFile = "inbox.db";
    private const int MaxListedProblems = 100;

    /// <summary>From this size on a claim takes no further payload.</summary>
    private const long MostBytesClaimed = 8 * 1024 * 1024;

    private const string EntryColumns =
        "id, tenant, source, account, received_at, state, size, attempts, reports, problem_count, problems, note, due_at, finished_at";

    private const string PayloadColumns = "id, tenant, source, account, content_type, headers, encoding, size, body, received_at, attempts, generation, settled";

    private static readonly Batch<NewPayload> NewRows = new Batch<NewPayload>()
        .Id("id", p => p.Id)
        .Text("tenant", p => p.Payload.Tenant)
        .Text("source", p => p.Payload.Source)
        .Text("account", p => p.Payload.Account)
        .Time("received_at", p => p.Payload.ReceivedAt)
        .Text("dedupe_key", p => p.DedupeKey)
        .Text("content_type", p => p.Payload.ContentType)
        .Text("headers", p => p.Headers)
        .Text("encoding", p => p.Encoding)
        .Number("size", p => p.Payload.Body.Length)
        .Bytes("body", p => p.Bytes)
        .Text("state", _ => "pending")
        .Time("due_at", p => p.DueAt)
        .Number("generation", _ => 1)
        .Number("attempts", _ => 0)
        .Number("reports", _ => 0)
        .Number("problem_count", _ => 0)
        .Text("problems", _ => "[]")
        .Bytes("settled", _ => []);

    private static readonly string Insert = NewRows.InsertInto("inbox", "ON CONFLICT DO NOTHING");

    private static readonly Batch<PayloadOutcome> OutcomeRows = new Batch<PayloadOutcome>()
        .Id("id", o => o.Payload.Id)
        .Number("generation", o => o.Payload.Generation)
        .Text("state", o => o.State.ToWire())
        .Time("due_at", o => o.DueAt ?? o.At)
        .Number("reports", o => o.Reports)
        .Number("problem_count", o => o.Problems.Count)
        .Text("problems", o => JsonSerializer.Serialize(o.Problems.Take(MaxListedProblems), JsonSerializerOptions.Web))
        .Text("note", o => o.Note)
        .Bytes("settled", o => o.Settled.ToBytes())
        .Time("finished_at", o => o.State == InboxState.Pending ? null : o.At);

    private const string Finish =
        """
        UPDATE inbox SET state = r.state, due_at = r.due_at, reports = r.reports, problem_count = r.problem_count, problems = r.problems, note = r.note,
            settled = r.settled, finished_at = r.finished_at, attempts = inbox.attempts + 1
        FROM {rows} WHERE inbox.id = r.id AND inbox.generation = r.generation AND inbox.state = 'pending'
        """;

    private static readonly Batch<(StoredPayload Payload, DateTimeOffset Until)> LeaseRows = new Batch<(StoredPayload Payload, DateTimeOffset Until)>()
        .Id("id", p => p.Payload.Id)
        .Number("generation", p => p.Payload.Generation)
        .Time("due_at", p => p.Until);

    private const string Renew =
        "UPDATE inbox SET due_at = r.due_at FROM {rows} WHERE inbox.id = r.id AND inbox.generation = r.generation AND inbox.state = 'pending'";

    private readonly StorageOptions _options;
    private readonly DataOptions<ReadConnection> _connection;
    private readonly NpgsqlDataSource? _postgres;
    private readonly SemaphoreSlim _sqliteWriter = new(1, 1);

    public InboxStore(StorageOptions options)
    {
        _options = options.Validated();
        if (IsSqlite)
        {
            Directory.CreateDirectory(Path.GetFullPath(options.DataDirectory));
            _connection = new DataOptions<ReadConnection>(options.SqliteDataOptions(SqliteFile));
            return;
        }

        _postgres = StorageOptions.PostgresSource(options.PostgresConnectionString(autoPrepare: false));
        _connection = new DataOptions<ReadConnection>(
            new DataOptions().UseConnectionFactory(PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v15), _ => _postgres.CreateConnection()));
    }

    internal bool IsSqlite => _options.Provider == StorageProvider.Sqlite;

    /// <summary>Brings SQLite's file to this version; PostgreSQL's table comes with the read tables.</summary>
    public async Task MigrateAsync(CancellationToken ct)
    {
        if (IsSqlite)
        {
            await Task.Run(
                () =>
                {
                    ReadStore.UseWal(_options, SqliteFile);
                    ReadStore.Migrate(_options, SqliteFile, "BounceActors.Engine.Storage.Migrations.Inbox", andBelow: true);
                },
                ct);
        }
    }

    /// <summary>Stores payloads; gives those that were there already, by their dedupe keys: own id to the stored one's.</summary>
    internal Task<IReadOnlyDictionary<Guid, Guid>> AppendAsync(IReadOnlyList<NewPayload> payloads, CancellationToken ct) => WriteAsync<IReadOnlyDictionary<Guid, Guid>>(
        async db =>
        {
            var rows = payloads.ToArray();
            if (await NewRows.ExecuteAsync(db, Insert, rows, ct) == rows.Length)
            {
                return new Dictionary<Guid, Guid>();
            }

            var stored = new Dictionary<Guid, Guid>();
            foreach (var row in rows.Where(r => r.DedupeKey is not null))
            {
                await using var command = await db.CommandAsync(ct);
                command.CommandText = "SELECT id FROM inbox WHERE tenant = @tenant AND source = @source AND account = @account AND dedupe_key = @key";
                Set(command, "tenant", row.Payload.Tenant);
                Set(command, "source", row.Payload.Source);
                Set(command, "account", row.Payload.Account);
                Set(command, "key", row.DedupeKey);
                await using var reader = await command.ExecuteReaderAsync(ct);
                if (await reader.ReadAsync(ct) && GuidAt(reader, 0) is var id && id != row.Id)
                {
                    stored.Add(row.Id, id);
                }
            }

            return stored;
        },
        ct);

    /// <summary>Writes down what became of payloads, unless somebody else has taken them meanwhile.</summary>
    internal Task FinishAsync(IReadOnlyList<PayloadOutcome> outcomes, CancellationToken ct) =>
        WriteAsync(db => OutcomeRows.ExecuteAsync(db, Finish, [.. outcomes], ct), ct);

    /// <summary>Keeps payloads with whoever holds them until a time; or gives them back, with a time that is over.</summary>
    internal Task RenewAsync(IEnumerable<StoredPayload> payloads, DateTimeOffset until, CancellationToken ct) =>
        WriteAsync(db => LeaseRows.ExecuteAsync(db, Renew, [.. payloads.Select(p => (p, until))], ct), ct);

    /// <summary>Gives back everything that is held. Only for a database that no other node uses.</summary>
    internal Task ReleaseAllAsync(DateTimeOffset now, CancellationToken ct) =>
        ExecuteAsync("UPDATE inbox SET due_at = @now WHERE state = 'pending' AND due_at > @now", [("now", now)], ct);

    /// <summary>What waits, by source and tenant: all that is pending, and since when the longest due is due.</summary>
    internal Task<IReadOnlyList<(Lane Lane, long Pending, DateTimeOffset FirstDue)>> BacklogAsync(CancellationToken ct) => QueryAsync(
        "SELECT tenant, source, count(*), min(due_at) FROM inbox WHERE state = 'pending' GROUP BY tenant, source",
        [],
        r => (new Lane(r.GetString(0), r.GetString(1)), r.GetInt64(2), TimeAt(r, 3)),
        ct);

    /// <summary>Takes payloads that are due, the longest due first and not many large ones at once; of several that claim at once, each payload goes to one.</summary>
    internal async Task<IReadOnlyList<StoredPayload>> ClaimAsync(Lane lane, DateTimeOffset now, DateTimeOffset until, int most, CancellationToken ct)
    {
        var claimed = await WriteAsync(
            db => QueryAsync(
                db,
                $"""
                UPDATE inbox SET due_at = @until, generation = generation + 1 WHERE id IN (
                    SELECT id FROM (
                        SELECT id, sum(size) OVER (ORDER BY due_at, id) - size AS bytes_before FROM (
                            SELECT id, size, due_at FROM inbox WHERE state = 'pending' AND tenant = @tenant AND source = @source AND due_at <= @now
                            ORDER BY due_at LIMIT @most{(IsSqlite ? "" : " FOR UPDATE SKIP LOCKED")}) AS due) AS counted
                    WHERE bytes_before < @bytes)
                RETURNING {PayloadColumns}
                """,
                [("until", until), ("tenant", lane.Tenant), ("source", lane.Source), ("now", now), ("most", (long)most), ("bytes", MostBytesClaimed)],
                PayloadAt,
                ct),
            ct);
        return [.. claimed.OrderBy(p => p.Id)];
    }

    /// <summary>A payload with its body; null when there is none, or it is another tenant's.</summary>
    public async Task<(InboxEntry Entry, StoredPayload Payload)?> FindAsync(Guid id, string? tenant, CancellationToken ct)
    {
        var (where, parameters) = Where(new InboxFilter { Id = id, Tenant = tenant });
        var entry = await QueryAsync($"SELECT {EntryColumns} FROM inbox{where}", parameters, EntryAt, ct);
        var payload = await QueryAsync($"SELECT {PayloadColumns} FROM inbox{where}", parameters, PayloadAt, ct);
        return entry.Count == 1 && payload.Count == 1 ? (entry[0], payload[0]) : null;
    }

    /// <summary>Payloads, the latest first.</summary>
    public async Task<Page<InboxEntry>> ListAsync(InboxFilter filter, string? cursor, int limit, CancellationToken ct)
    {
        var (where, parameters) = Where(filter);
        if (Cursor.Read(cursor, 1) is { } at)
        {
            where += $"{(where.Length == 0 ? " WHERE" : " AND")} id < @before";
            parameters = [.. parameters, ("before", Guid.TryParse(at[0], out var before) ? before : throw new InvalidCursorException())];
        }

        var rows = await QueryAsync(
            $"SELECT {EntryColumns} FROM inbox{where} ORDER BY id DESC LIMIT {(limit + 1).ToString(CultureInfo.InvariantCulture)}", parameters, EntryAt, ct);
        return Cursor.Page(rows, limit, row => Cursor.Of(row.Id.ToString()));
    }

    /// <summary>How many there are by source, account and state.</summary>
    public Task<IReadOnlyList<InboxCount>> CountsAsync(InboxFilter filter, CancellationToken ct)
    {
        var (where, parameters) = Where(filter);
        return QueryAsync(
            $"SELECT tenant, source, account, state, count(*), min(received_at), max(received_at) FROM inbox{where} GROUP BY tenant, source, account, state ORDER BY 1, 2, 3, 4",
            parameters,
            r => new InboxCount(r.GetString(0), r.GetString(1), r.GetString(2), WireNames.Parse<InboxState>(r.GetString(3)), r.GetInt64(4), TimeAt(r, 5), TimeAt(r, 6)),
            ct);
    }

    /// <summary>
    /// Puts payloads back to be read again, up to <paramref name="most"/> that do not belong to the replay yet; gives how many. Call it until that is none.
    /// What was decided before stays decided and counts no second time.
    /// </summary>
    public Task<int> ReplayAsync(InboxFilter filter, Guid replayId, DateTimeOffset now, int most, CancellationToken ct)
    {
        var (where, parameters) = Where(filter);
        return ExecuteAsync(
            $"""
            UPDATE inbox SET state = 'pending', due_at = @now, generation = generation + 1, attempts = 0, finished_at = NULL, replay_id = @replay WHERE id IN (
                SELECT id FROM inbox{(where.Length == 0 ? " WHERE" : where + " AND")} state <> 'pending' AND (replay_id IS NULL OR replay_id <> @replay)
                LIMIT {most.ToString(CultureInfo.InvariantCulture)})
            """,
            [.. parameters, ("now", now), ("replay", replayId)],
            ct);
    }

    /// <summary>Deletes what was received before a time and is finished, up to so many; gives how many.</summary>
    public Task<int> DeleteOldAsync(DateTimeOffset before, int most, CancellationToken ct) => ExecuteAsync(
        $"DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE id < @before AND state <> 'pending' ORDER BY id LIMIT {most.ToString(CultureInfo.InvariantCulture)})",
        [("before", FirstIdAt(before))],
        ct);

    /// <summary>When the last payload of an account came; null before the first.</summary>
    public async Task<DateTimeOffset?> LastReceivedAsync(string tenant, string source, string account, CancellationToken ct)
    {
        var last = await QueryAsync(
            "SELECT received_at FROM inbox WHERE tenant = @tenant AND source = @source AND account = @account ORDER BY received_at DESC LIMIT 1",
            [("tenant", tenant), ("source", source), ("account", account)],
            r => TimeAt(r, 0),
            ct);
        return last.Count == 0 ? null : last[0];
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
        else
        {
            using var connection = new SqliteConnection(_options.SqliteConnectionString(SqliteFile));
            SqliteConnection.ClearPool(connection);
        }

        _sqliteWriter.Dispose();
    }

    /// <summary>The least id of a time (RFC 9562 section 5.7: the first 48 bits are milliseconds).</summary>
    private static Guid FirstIdAt(DateTimeOffset time)
    {
        var milliseconds = Math.Max(0, time.ToUnixTimeMilliseconds());
        return new Guid((int)(milliseconds >> 16), (short)milliseconds, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    private static (string Sql, (string, object?)[] Parameters) Where(InboxFilter filter)
    {
        var conditions = new List<string>();
        var parameters = new List<(string, object?)>();
        void Add(string condition, string name, object? value)
        {
            if (value is not null)
            {
                conditions.Add(condition);
                parameters.Add((name, value));
            }
        }

        Add("id = @id", "id", filter.Id);
        Add("tenant = @tenant", "tenant", filter.Tenant);
        Add("source = @source", "source", filter.Source);
        Add("account = @account", "account", filter.Account);
        Add("received_at >= @from", "from", filter.From);
        Add("received_at < @to", "to", filter.To);

        // Ids begin with the time: so the primary key finds a time too.
        Add("id >= @first_id", "first_id", filter.From is { } from ? FirstIdAt(from) : null);
        Add("id < @last_id", "last_id", filter.To is { } to ? FirstIdAt(to.AddMilliseconds(1)) : null);
        Add("replay_id = @of_replay", "of_replay", filter.ReplayId);
        if (filter.States.Count > 0)
        {
            // Constants, so that the partial indexes apply.
            conditions.Add($"state IN ({string.Join(", ", filter.States.Select(s => $"'{s.ToWire()}'"))})");
        }

        return (conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}", [.. parameters]);
    }

    private InboxEntry EntryAt(DbDataReader r) => new()
    {
        Id = GuidAt(r, 0),
        Tenant = r.GetString(1),
        Source = r.GetString(2),
        Account = r.GetString(3),
        ReceivedAt = TimeAt(r, 4),
        State = WireNames.Parse<InboxState>(r.GetString(5)),
        Size = r.GetInt64(6),
        Attempts = r.GetInt64(7),
        Reports = r.GetInt64(8),
        ProblemCount = r.GetInt64(9),
        Problems = JsonSerializer.Deserialize<PayloadProblem[]>(r.GetString(10), JsonSerializerOptions.Web) ?? [],
        Note = r.IsDBNull(11) ? null : r.GetString(11),
        DueAt = r.GetString(5) == "pending" ? TimeAt(r, 12) : null,
        FinishedAt = r.IsDBNull(13) ? null : TimeAt(r, 13),
    };

    private StoredPayload PayloadAt(DbDataReader r) => new()
    {
        Id = GuidAt(r, 0),
        Tenant = r.GetString(1),
        Source = r.GetString(2),
        Account = r.GetString(3),
        ContentType = r.IsDBNull(4) ? null : r.GetString(4),
        Headers = JsonSerializer.Deserialize<Dictionary<string, string>>(r.GetString(5)) ?? [],
        Body = PayloadBytes.Unpack(r.GetString(6), r.GetFieldValue<byte[]>(8), r.GetInt64(7)),
        ReceivedAt = TimeAt(r, 9),
        Attempts = (int)r.GetInt64(10),
        Generation = r.GetInt64(11),
        Settled = SettledReports.From(r.GetFieldValue<byte[]>(12)),
    };

    private Guid GuidAt(DbDataReader reader, int column) => IsSqlite ? Guid.Parse(reader.GetString(column)) : reader.GetGuid(column);

    private DateTimeOffset TimeAt(DbDataReader reader, int column) =>
        IsSqlite ? Times.FromUnixMicroseconds(reader.GetInt64(column)) : reader.GetFieldValue<DateTimeOffset>(column);

    private void Set(DbCommand command, string name, object? value) => command.Parameters.Add((IsSqlite, value) switch
    {
        (true, DateTimeOffset time) => new SqliteParameter(name, time.ToUnixMicroseconds()),
        (true, Guid id) => new SqliteParameter(name, id.ToString()),
        (true, _) => new SqliteParameter(name, value ?? DBNull.Value),
        (false, DateTimeOffset time) => new NpgsqlParameter(name, NpgsqlDbType.TimestampTz) { Value = time.UtcDateTime },
        (false, _) => new NpgsqlParameter(name, value ?? DBNull.Value),
    });

    private Task<int> ExecuteAsync(string sql, (string Name, object? Value)[] parameters, CancellationToken ct) => WriteAsync(
        async db =>
        {
            await using var command = await db.CommandAsync(ct);
            command.CommandText = sql;
            Array.ForEach(parameters, p => Set(command, p.Name, p.Value));
            return await command.ExecuteNonQueryAsync(ct);
        },
        ct);

    private Task<IReadOnlyList<T>> QueryAsync<T>(string sql, (string Name, object? Value)[] parameters, Func<DbDataReader, T> read, CancellationToken ct) =>
        GuardedAsync(async () =>
        {
            await using var db = new ReadConnection(_connection, IsSqlite);
            return await QueryAsync(db, sql, parameters, read, ct);
        });

    private async Task<IReadOnlyList<T>> QueryAsync<T>(
        ReadConnection db, string sql, (string Name, object? Value)[] parameters, Func<DbDataReader, T> read, CancellationToken ct)
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = sql;
        Array.ForEach(parameters, p => Set(command, p.Name, p.Value));
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private Task<T> WriteAsync<T>(Func<ReadConnection, Task<T>> work, CancellationToken ct) => GuardedAsync(async () =>
    {
        // SQLite has one writer: waiting here is fair and costs nothing, waiting there is polling.
        if (IsSqlite)
        {
            await _sqliteWriter.WaitAsync(ct);
        }

        try
        {
            await using var db = new ReadConnection(_connection, IsSqlite);
            await using var transaction = await db.BeginTransactionAsync(IsSqlite ? IsolationLevel.Serializable : IsolationLevel.ReadCommitted, ct);
            var result = await work(db);
            await transaction.CommitAsync(ct);
            return result;
        }
        finally
        {
            if (IsSqlite)
            {
                _sqliteWriter.Release();
            }
        }
    });

    private async Task<T> GuardedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (ReadStore.IsUnavailable(e))
        {
            // Idle connections of a server that went away are dead too, without knowing it.
            _postgres?.Clear();
            throw new StorageUnavailableException($"the inbox cannot be used at the moment: {ReadStore.Kind(e)}", e);
        }
    }
}
