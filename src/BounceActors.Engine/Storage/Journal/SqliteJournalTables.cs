using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;
using Microsoft.Data.Sqlite;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// The plugin's tables in a SQLite file: one transaction and one wait for the disk per call, prepared statements for the rows. There is no round trip
/// to save, so reading is one short statement after another.
/// </summary>
internal sealed class SqliteJournalTables(string connectionString, SqliteSynchronous synchronous) : IJournalTables
{
    private const string InsertRow =
        """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        VALUES (@created, 0, @id, @nr, @message, @manifest, @identifier, @writer) RETURNING ordering
        """;

    private const string InsertFirst =
        """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        VALUES (@created, 0, @id, @nr, @message, @manifest, @identifier, @writer)
        ON CONFLICT (persistence_id, sequence_number) DO NOTHING RETURNING ordering
        """;

    private const string InsertTag = "INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id) VALUES (@ordering, @tag, @nr, @id)";

    private const string Highest = "SELECT coalesce(max(sequence_number), 0) FROM journal WHERE persistence_id = @id AND sequence_number > @after";

    private const string Replay =
        """
        SELECT ordering, created, sequence_number, message, manifest, identifier, writer_uuid FROM journal
        WHERE persistence_id = @id AND sequence_number BETWEEN @first AND @last AND deleted = 0
        ORDER BY sequence_number LIMIT @max
        """;

    private const string Snapshots =
        "SELECT sequence_number, created, snapshot, manifest, serializer_id FROM snapshot WHERE persistence_id = @id ORDER BY sequence_number DESC LIMIT 1";

    // By the range of the primary key: the index on the tag alone would read all that was ever written.
    private const string TaggedRows =
        """
        SELECT t.ordering_id, t.persistence_id, t.sequence_nr, coalesce(j.deleted, 1), j.identifier, j.manifest, j.message
        FROM (
            SELECT * FROM tags WHERE +tag = @tag AND ordering_id > @after AND ordering_id <= @until
            ORDER BY ordering_id LIMIT @max) t
        LEFT JOIN journal j ON j.ordering = t.ordering_id
        ORDER BY t.ordering_id
        """;

    private readonly Session _writer = new(connectionString, synchronous);
    private readonly Session _reader = new(connectionString, synchronous);

    public Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => _writer.UseAsync(session =>
    {
        using var transaction = session.Begin();
        var insertRow = session.Statement(InsertRow, transaction);
        var insertTag = session.Statement(InsertTag, transaction);
        foreach (var row in rows)
        {
            ct.ThrowIfCancellationRequested();
            var ordering = (long)insertRow.With(row.Timestamp, row.PersistenceId, row.SequenceNumber, row.Message, row.Manifest, row.Identifier, row.WriterUuid).ExecuteScalar()!;
            foreach (var tag in row.TagArray)
            {
                insertTag.With(ordering, tag, row.SequenceNumber, row.PersistenceId).ExecuteNonQuery();
            }
        }

        transaction.Commit();
        return true;
    }, ct);

    public Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => _writer.UseAsync(IReadOnlyList<bool> (session) =>
    {
        using var transaction = session.Begin();
        var insertRow = session.Statement(InsertFirst, transaction);
        var insertTag = session.Statement(InsertTag, transaction);
        var stored = new bool[rows.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            ct.ThrowIfCancellationRequested();
            var row = rows[i];
            if (insertRow.With(row.Timestamp, row.PersistenceId, row.SequenceNumber, row.Message, row.Manifest, row.Identifier, row.WriterUuid).ExecuteScalar() is long ordering)
            {
                insertTag.With(ordering, row.TagArray[0], row.SequenceNumber, row.PersistenceId).ExecuteNonQuery();
                stored[i] = true;
            }
        }

        transaction.Commit();
        return stored;
    }, ct);

    public Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct) => _reader.UseAsync(IReadOnlyList<long> (session) =>
    {
        var highest = session.Statement(Highest);
        return [.. queries.Select(q => (long)highest.With(q.Id, q.After).ExecuteScalar()!)];
    }, ct);

    public Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct) =>
        _reader.UseAsync(IReadOnlyList<IReadOnlyList<JournalRow>> (session) =>
        {
            var replay = session.Statement(Replay);
            return [.. queries.Select(q => Rows(replay.With(q.Id, q.From, q.To, q.Max), q.Id))];
        }, ct);

    public Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct) =>
        _reader.UseAsync(IReadOnlyList<LongSnapshotRow?> (session) =>
        {
            var latest = session.Statement(Snapshots);
            return [.. ids.Select(id => Snapshot(latest.With(id), id))];
        }, ct);

    /// <summary>One writer: numbers become visible in their order, and nobody is ever in between.</summary>
    public async Task<Writers> WritersAsync(CancellationToken ct)
    {
        try
        {
            return await _reader.UseAsync(
                session => new Writers((long)session.Statement("SELECT coalesce(max(ordering), 0) FROM journal").ExecuteScalar()!, new HashSet<string>()), ct);
        }
        catch (SqliteException cause) when (cause.SqliteErrorCode == 1)
        {
            // The journal makes its tables when it is first used.
            return new Writers(0, new HashSet<string>());
        }
    }

    public Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct) =>
        _reader.UseAsync(IReadOnlyList<JournalRow> (session) =>
        {
            var rows = new List<JournalRow>();
            using var reader = session.Statement(TaggedRows).With(tag, after, upTo, max).ExecuteReader();
            while (reader.Read())
            {
                rows.Add(new JournalRow
                {
                    Ordering = reader.GetInt64(0),
                    PersistenceId = reader.GetString(1),
                    SequenceNumber = reader.GetInt64(2),
                    Deleted = reader.GetInt64(3) != 0,
                    Identifier = reader.IsDBNull(4) ? null : reader.GetInt32(4),
                    Manifest = reader.IsDBNull(5) ? "" : reader.GetString(5),
                    Message = reader.IsDBNull(6) ? [] : reader.GetFieldValue<byte[]>(6),
                });
            }

            return rows;
        }, ct);

    /// <summary>Constraint, too big, wrong type: the transaction was rolled back because of what a row holds.</summary>
    public bool IsOfOne(Exception cause) => cause is SqliteException { SqliteErrorCode: 18 or 19 or 20 };

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
    }

    private static List<JournalRow> Rows(SqliteCommand command, string id)
    {
        var rows = new List<JournalRow>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new JournalRow
            {
                Ordering = reader.GetInt64(0),
                Timestamp = reader.GetInt64(1),
                PersistenceId = id,
                SequenceNumber = reader.GetInt64(2),
                Message = reader.GetFieldValue<byte[]>(3),
                Manifest = reader.IsDBNull(4) ? "" : reader.GetString(4),
                Identifier = reader.IsDBNull(5) ? null : reader.GetInt32(5),
                WriterUuid = reader.IsDBNull(6) ? null : reader.GetString(6),
            });
        }

        return rows;
    }

    private static LongSnapshotRow? Snapshot(SqliteCommand command, string id)
    {
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new LongSnapshotRow
            {
                PersistenceId = id,
                SequenceNumber = reader.GetInt64(0),
                Created = reader.GetInt64(1),
                Payload = reader.IsDBNull(2) ? [] : reader.GetFieldValue<byte[]>(2),
                Manifest = reader.IsDBNull(3) ? "" : reader.GetString(3),
                SerializerId = reader.IsDBNull(4) ? null : reader.GetInt32(4),
            }
            : null;
    }
}
