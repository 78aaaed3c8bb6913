using System.Data.Common;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Projections;

namespace BounceActors.Engine.Storage;

/// <summary>A recipient whose rows changed, with what the index wants to know.</summary>
/// <param name="ChangeNr">Number of the change in its slice.</param>
/// <param name="Key">The recipient.</param>
/// <param name="RecordedAt">When its last event was recorded.</param>
/// <param name="Strongest">The strongest suppression: level, stream, end and reason only; null when there is none.</param>
/// <param name="Alone">Whether it has no other.</param>
internal readonly record struct RecipientChange(long ChangeNr, RecipientKey Key, DateTimeOffset RecordedAt, Suppression? Strongest, bool Alone);

/// <content>Recipients in the order in which their rows changed.</content>
public sealed partial class ReadStore
{
    private const string ChangeColumns = "SELECT r.change_nr, r.recipient_key, r.recorded_at, s.level, s.stream, s.until, s.reason, ";

    private const string AllChanges =
        ChangeColumns
        + """
        more.ordinal
        FROM recipients r
        LEFT JOIN suppressions s ON s.recipient_key = r.recipient_key AND s.ordinal = 0
        LEFT JOIN suppressions more ON more.recipient_key = r.recipient_key AND more.ordinal = 1
        """;

    /// <summary>Written so that PostgreSQL looks up few suppressions one by one, instead of reading them all.</summary>
    private const string ChangesAfter =
        ChangeColumns
        + """
        (SELECT m.ordinal FROM suppressions m WHERE m.recipient_key = r.recipient_key AND m.ordinal = 1)
        FROM (SELECT * FROM recipients WHERE slice = @slice AND change_nr > @after ORDER BY change_nr LIMIT @limit) r
        LEFT JOIN suppressions s ON s.recipient_key = r.recipient_key AND s.ordinal = (SELECT min(f.ordinal) FROM suppressions f WHERE f.recipient_key = r.recipient_key)
        ORDER BY r.change_nr
        """;

    /// <summary>Number of the last change in each slice.</summary>
    internal Task<IReadOnlyDictionary<int, long>> LastChangesAsync(CancellationToken ct) => ReadAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = "SELECT slice, last FROM change_numbers";
        var last = new Dictionary<int, long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            last[(int)reader.GetInt64(0)] = reader.GetInt64(1);
        }

        return (IReadOnlyDictionary<int, long>)last;
    }, ct);

    /// <summary>Recipients of a slice whose rows changed after a change, in order. Each is there once, with its last change.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="after">Number of the last change that was seen; 0 for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    internal Task<IReadOnlyList<RecipientChange>> ChangesAsync(int slice, long after, int limit, CancellationToken ct) => ReadAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = ChangesAfter;
        Parameter(command, "slice", (long)slice);
        Parameter(command, "after", after);
        Parameter(command, "limit", (long)limit);
        var changes = new List<RecipientChange>();
        await ReadChangesAsync(command, changes.Add, ct);
        return (IReadOnlyList<RecipientChange>)changes;
    }, ct);

    /// <summary>All recipients, in no order, one after another: there may be more than memory holds.</summary>
    internal Task<long> AllChangesAsync(Action<RecipientChange> take, CancellationToken ct) => ReadAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = AllChanges;
        command.CommandTimeout = 0;
        return await ReadChangesAsync(command, take, ct);
    }, ct);

    private async Task<long> ReadChangesAsync(DbCommand command, Action<RecipientChange> take, CancellationToken ct)
    {
        var count = 0L;
        await using var reader = await command.ExecuteReaderAsync(ct);
        for (; await reader.ReadAsync(ct); count++)
        {
            Suppression? strongest = reader.IsDBNull(3)
                ? null
                : new Suppression(
                    WireNames.Parse<SuppressionLevel>(reader.GetString(3)),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.IsDBNull(5) ? null : TimeAt(reader, 5),
                    reader.GetString(6),
                    default,
                    null,
                    []);
            take(new RecipientChange(reader.GetInt64(0), new RecipientKey(reader.GetString(1)), TimeAt(reader, 2), strongest, reader.IsDBNull(7)));
        }

        return count;
    }

    /// <summary>
    /// Gives each row the next number of its slice. The numbers stay locked until the transaction ends, so a reader never sees one before those below it; slices are
    /// taken in order, so that two writers never wait for each other crosswise.
    /// </summary>
    private static async Task<(ProjectedEvent Row, long ChangeNr)[]> NumberedAsync(ReadConnection db, ProjectedEvent[] last, CancellationToken ct)
    {
        var numbered = new List<(ProjectedEvent, long)>(last.Length);
        foreach (var slice in last.GroupBy(e => ProjectionSlices.Of(e.Event.Key)).OrderBy(g => g.Key))
        {
            var rows = slice.ToArray();
            var next = await NextNumbersAsync(db, slice.Key, rows.Length, ct);
            numbered.AddRange(rows.Select(row => (row, next++)));
        }

        // The caller's order again: the one all writers take rows in.
        return [.. numbered.OrderBy(n => n.Item1.Event.Key.Value, StringComparer.Ordinal)];
    }

    private DateTimeOffset TimeAt(DbDataReader reader, int column) =>
        IsSqlite ? Times.FromUnixMicroseconds(reader.GetInt64(column)) : reader.GetFieldValue<DateTimeOffset>(column);

    private static void Parameter(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
