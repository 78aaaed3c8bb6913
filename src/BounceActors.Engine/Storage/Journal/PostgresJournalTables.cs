using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;
using Npgsql;
using NpgsqlTypes;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>The plugin's tables on PostgreSQL: whole columns as arrays, one statement and one round trip per call.</summary>
internal sealed class PostgresJournalTables(string connectionString) : IJournalTables
{
    // As long as the journal's breaker waits: who asked has been told by then that it failed.
    private const int TimeoutSeconds = 10;

    // Nobody waits for a bulk write but who sent it.
    private const int BulkTimeoutSeconds = 120;

    // A lateral LIMIT is one descent into the index per id. "= ANY … GROUP BY" may read the whole table instead.
    private const string Highest =
        """
        SELECT coalesce(j.sequence_number, 0)
        FROM unnest(@id, @after) WITH ORDINALITY AS k(id, after, n)
        LEFT JOIN LATERAL (
            SELECT sequence_number FROM journal
            WHERE persistence_id = k.id AND sequence_number > k.after
            ORDER BY sequence_number DESC LIMIT 1) j ON true
        ORDER BY k.n
        """;

    private const string Replay =
        """
        SELECT k.n, j.ordering, j.created, j.sequence_number, j.message, j.manifest, j.identifier, j.writer_uuid
        FROM unnest(@id, @first, @last, @max) WITH ORDINALITY AS k(id, first, last, max, n)
        CROSS JOIN LATERAL (
            SELECT * FROM journal
            WHERE persistence_id = k.id AND sequence_number >= k.first AND sequence_number <= k.last AND NOT deleted
            ORDER BY sequence_number LIMIT k.max) j
        ORDER BY k.n, j.sequence_number
        """;

    private const string Snapshots =
        """
        SELECT k.n, s.sequence_number, s.created, s.snapshot, s.manifest, s.serializer_id
        FROM unnest(@id) WITH ORDINALITY AS k(id, n)
        CROSS JOIN LATERAL (SELECT * FROM snapshot WHERE persistence_id = k.id ORDER BY sequence_number DESC LIMIT 1) s
        """;

    // Whoever inserts holds this lock from before its first ordering number is drawn until its commit can be seen.
    private const string UnderWay =
        """
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'journal'::regclass AND mode = 'RowExclusiveLock' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;

    // By the range of the primary key: the index on the tag alone would read all that was ever written.
    private const string TaggedRows =
        """
        SELECT t.ordering_id, t.persistence_id, t.sequence_nr, coalesce(j.deleted, true), j.identifier, j.manifest, j.message
        FROM (
            SELECT * FROM tags WHERE tag || '' = @tag AND ordering_id > @after AND ordering_id <= @until
            ORDER BY ordering_id LIMIT @max) t
        LEFT JOIN LATERAL (SELECT * FROM journal WHERE ordering = t.ordering_id) j ON true
        ORDER BY t.ordering_id
        """;

    private readonly NpgsqlDataSource _source = StorageOptions.PostgresSource(connectionString);
    private string? _write;
    private string? _writeFirst;

    public async Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct)
    {
        // One statement is one transaction: a connection that breaks leaves none open, and no lock behind it.
        await using var command = Command(_write ??= WriteStatement(await SequenceAsync(ct)));
        Add(command, "created", NpgsqlDbType.Bigint, rows, r => r.Timestamp);
        Add(command, "id", NpgsqlDbType.Text, rows, r => r.PersistenceId);
        Add(command, "nr", NpgsqlDbType.Bigint, rows, r => r.SequenceNumber);
        Add(command, "message", NpgsqlDbType.Bytea, rows, r => r.Message);
        Add(command, "manifest", NpgsqlDbType.Text, rows, r => r.Manifest);
        Add(command, "identifier", NpgsqlDbType.Integer, rows, r => r.Identifier);
        Add(command, "writer", NpgsqlDbType.Text, rows, r => r.WriterUuid);
        var tags = rows.SelectMany((row, i) => row.TagArray.Select(tag => (Row: row, Position: i + 1, Tag: tag))).ToList();
        Add(command, "tag_position", NpgsqlDbType.Integer, tags, t => t.Position);
        Add(command, "tag", NpgsqlDbType.Text, tags, t => t.Tag);
        Add(command, "tag_nr", NpgsqlDbType.Bigint, tags, t => t.Row.SequenceNumber);
        Add(command, "tag_id", NpgsqlDbType.Text, tags, t => t.Row.PersistenceId);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct)
    {
        await using var command = Command(_writeFirst ??= WriteFirstStatement(await SequenceAsync(ct)));
        command.CommandTimeout = BulkTimeoutSeconds;
        Add(command, "created", NpgsqlDbType.Bigint, rows, r => r.Timestamp);
        Add(command, "id", NpgsqlDbType.Text, rows, r => r.PersistenceId);
        Add(command, "nr", NpgsqlDbType.Bigint, rows, r => r.SequenceNumber);
        Add(command, "message", NpgsqlDbType.Bytea, rows, r => r.Message);
        Add(command, "tag", NpgsqlDbType.Text, rows, r => r.TagArray[0]);
        command.Parameters.AddWithValue("manifest", rows[0].Manifest);
        command.Parameters.AddWithValue("identifier", rows[0].Identifier!);
        command.Parameters.AddWithValue("writer", rows[0].WriterUuid!);
        var stored = Enumerable.Repeat(true, rows.Count).ToArray();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            stored[reader.GetInt64(0) - 1] = false;
        }

        return stored;
    }

    public async Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct)
    {
        await using var command = Command(Highest);
        Add(command, "id", NpgsqlDbType.Text, queries, q => q.Id);
        Add(command, "after", NpgsqlDbType.Bigint, queries, q => q.After);
        var highest = new List<long>(queries.Count);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            highest.Add(reader.GetInt64(0));
        }

        return highest;
    }

    public async Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct)
    {
        await using var command = Command(Replay);
        Add(command, "id", NpgsqlDbType.Text, queries, q => q.Id);
        Add(command, "first", NpgsqlDbType.Bigint, queries, q => q.From);
        Add(command, "last", NpgsqlDbType.Bigint, queries, q => q.To);
        Add(command, "max", NpgsqlDbType.Integer, queries, q => q.Max);
        var histories = queries.Select(_ => new List<JournalRow>()).ToArray();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var i = (int)reader.GetInt64(0) - 1;
            histories[i].Add(new JournalRow
            {
                Ordering = reader.GetInt64(1),
                Timestamp = reader.GetInt64(2),
                PersistenceId = queries[i].Id,
                SequenceNumber = reader.GetInt64(3),
                Message = reader.GetFieldValue<byte[]>(4),
                Manifest = reader.IsDBNull(5) ? "" : reader.GetString(5),
                Identifier = reader.IsDBNull(6) ? null : reader.GetInt32(6),
                WriterUuid = reader.IsDBNull(7) ? null : reader.GetString(7),
            });
        }

        return histories;
    }

    public async Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct)
    {
        await using var command = Command(Snapshots);
        Add(command, "id", NpgsqlDbType.Text, ids, id => id);
        var snapshots = new LongSnapshotRow?[ids.Count];
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var i = (int)reader.GetInt64(0) - 1;
            snapshots[i] = new LongSnapshotRow
            {
                PersistenceId = ids[i],
                SequenceNumber = reader.GetInt64(1),
                Created = reader.GetInt64(2),
                Payload = reader.IsDBNull(3) ? [] : reader.GetFieldValue<byte[]>(3),
                Manifest = reader.IsDBNull(4) ? "" : reader.GetString(4),
                SerializerId = reader.IsDBNull(5) ? null : reader.GetInt32(5),
            };
        }

        return snapshots;
    }

    public async Task<Writers> WritersAsync(CancellationToken ct)
    {
        await using var connection = await _source.OpenConnectionAsync(ct);
        try
        {
            // Two statements, one after the other: whoever has drawn a number below the highest is in the second, or can be seen by now.
            await using var highest = new NpgsqlCommand("SELECT coalesce(max(ordering), 0) FROM journal", connection) { CommandTimeout = TimeoutSeconds };
            var number = (long)(await highest.ExecuteScalarAsync(ct))!;
            var names = new HashSet<string>();
            await using var underWay = new NpgsqlCommand(UnderWay, connection) { CommandTimeout = TimeoutSeconds };
            await using var reader = await underWay.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                names.Add(reader.GetString(0));
            }

            return new Writers(number, names);
        }
        catch (PostgresException cause) when (cause.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // The journal makes its tables when it is first used.
            return new Writers(0, new HashSet<string>());
        }
    }

    public async Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct)
    {
        await using var command = Command(TaggedRows);
        command.Parameters.AddWithValue("tag", tag);
        command.Parameters.AddWithValue("after", after);
        command.Parameters.AddWithValue("until", upTo);
        command.Parameters.AddWithValue("max", max);
        var rows = new List<JournalRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new JournalRow
            {
                Ordering = reader.GetInt64(0),
                PersistenceId = reader.GetString(1),
                SequenceNumber = reader.GetInt64(2),
                Deleted = reader.GetBoolean(3),
                Identifier = reader.IsDBNull(4) ? null : reader.GetInt32(4),
                Manifest = reader.IsDBNull(5) ? "" : reader.GetString(5),
                Message = reader.IsDBNull(6) ? [] : reader.GetFieldValue<byte[]>(6),
            });
        }

        return rows;
    }

    /// <summary>The server has answered, so it has rolled back; and not because it is going down, out of resources or unreachable.</summary>
    public bool IsOfOne(Exception cause) => cause is PostgresException { SqlState: var state } && state[..2] is not ("08" or "53" or "57" or "58");

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static void Add<T, TColumn>(NpgsqlCommand command, string name, NpgsqlDbType type, IReadOnlyList<T> rows, Func<T, TColumn> column)
    {
        var values = new TColumn[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = column(rows[i]);
        }

        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | type) { Value = values });
    }

    private NpgsqlCommand Command(string text)
    {
        var command = _source.CreateCommand(text);
        command.CommandTimeout = TimeoutSeconds;
        return command;
    }

    /// <summary>The sequence that ordering numbers are drawn from, as a literal.</summary>
    private async Task<string> SequenceAsync(CancellationToken ct)
    {
        await using var command = Command("SELECT pg_get_serial_sequence('journal', 'ordering')");
        var sequence = (string)(await command.ExecuteScalarAsync(ct) ?? throw new InvalidOperationException("journal.ordering has no sequence"));
        return $"'{sequence.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    /// <summary>
    /// Ordering numbers are drawn first, so that tags need not be joined back to the rows. The statement holds its lock on the journal before it draws
    /// one, which is what <see cref="JournalFeed"/> relies on.
    /// </summary>
    private static string WriteStatement(string sequence) =>
        $"""
        WITH numbered AS MATERIALIZED (
            SELECT nextval({sequence}) AS ordering, r.*
            FROM unnest(@created, @id, @nr, @message, @manifest, @identifier, @writer)
                WITH ORDINALITY AS r(created, id, nr, message, manifest, identifier, writer, n)
        ), stored AS (
            INSERT INTO journal (ordering, created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            OVERRIDING SYSTEM VALUE
            SELECT ordering, created, false, id, nr, message, manifest, identifier, writer FROM numbered ORDER BY n
        )
        INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id)
        SELECT o.numbers[t.position], t.tag, t.nr, t.id
        FROM (SELECT array_agg(ordering ORDER BY n) AS numbers FROM numbered) o,
            unnest(@tag_position, @tag, @tag_nr, @tag_id) AS t(position, tag, nr, id)
        """;

    /// <summary>As above. Whoever is writing a first event of the same actor is waited for; the unique index then says which of the two it is.</summary>
    private static string WriteFirstStatement(string sequence) =>
        $"""
        WITH numbered AS MATERIALIZED (
            SELECT nextval({sequence}) AS ordering, r.* FROM unnest(@created, @id, @nr, @message, @tag) WITH ORDINALITY AS r(created, id, nr, message, tag, n)
        ), stored AS (
            INSERT INTO journal (ordering, created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            OVERRIDING SYSTEM VALUE
            SELECT ordering, created, false, id, nr, message, @manifest, @identifier, @writer FROM numbered ORDER BY n
            ON CONFLICT (persistence_id, sequence_number) DO NOTHING
            RETURNING ordering
        ), tagged AS (
            INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id)
            SELECT n.ordering, n.tag, n.nr, n.id FROM numbered n JOIN stored s ON s.ordering = n.ordering
        )
        SELECT n.n FROM numbered n LEFT JOIN stored s ON s.ordering = n.ordering WHERE s.ordering IS NULL
        """;
}
