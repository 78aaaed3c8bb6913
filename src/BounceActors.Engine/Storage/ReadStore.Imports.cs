using System.Data.Common;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <summary>How far an import of a list is.</summary>
/// <param name="Tenant">Whose recipients.</param>
/// <param name="Id">Its name; the sender's choice.</param>
/// <param name="IsDone">Whether the list was read to its end.</param>
/// <param name="Defaults">What holds for rows that do not say otherwise; an import cannot go on under others.</param>
/// <param name="Digest">Of the rows so far: an import cannot go on with another list.</param>
/// <param name="Rows">Rows that are done with, from the first on.</param>
/// <param name="Changed">Rows that suppressed somebody.</param>
/// <param name="Unchanged">Rows that said what was known.</param>
/// <param name="Failed">Rows that could not be taken.</param>
/// <param name="StartedAt">When it was first sent.</param>
/// <param name="UpdatedAt">When it last got on.</param>
public sealed record ImportProgress(
    string Tenant,
    string Id,
    bool IsDone,
    string Defaults,
    string Digest,
    long Rows,
    long Changed,
    long Unchanged,
    long Failed,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A row of a list that could not be taken.</summary>
/// <param name="Line">Its line in the list, from 1.</param>
/// <param name="Field">The field at fault; null when it is the row as such.</param>
/// <param name="Problem">What was wrong, and what would be right.</param>
public sealed record ImportError(long Line, string? Field, string Problem);

/// <summary>An import got on elsewhere meanwhile: somebody else sends the same list.</summary>
public sealed class ImportOvertakenException(string id) : Exception($"import {id} is being sent by somebody else");

/// <summary>A suppression as it is exported.</summary>
/// <param name="Address">The address; null when the directory does not have it.</param>
/// <param name="Key">The recipient.</param>
/// <param name="Suppression">What holds, causes left out.</param>
public sealed record ExportedSuppression(string? Address, RecipientKey Key, Suppression Suppression);

/// <content>Imports and exports of lists.</content>
public sealed partial class ReadStore
{
    private const string ImportColumns = "tenant, id, state, defaults, digest, rows, changed, unchanged, failed, started_at, updated_at";
    private const string Done = "done";
    private const string Running = "running";

    private static readonly Batch<ImportProgress> ImportRows = new Batch<ImportProgress>()
        .Text("tenant", i => i.Tenant)
        .Text("id", i => i.Id)
        .Text("state", i => i.IsDone ? Done : Running)
        .Text("defaults", i => i.Defaults)
        .Text("digest", i => i.Digest)
        .Number("rows", i => i.Rows)
        .Number("changed", i => i.Changed)
        .Number("unchanged", i => i.Unchanged)
        .Number("failed", i => i.Failed)
        .Time("started_at", i => i.StartedAt)
        .Time("updated_at", i => i.UpdatedAt);

    private static readonly Batch<(ImportProgress Import, ImportError Error)> ImportErrorRows = new Batch<(ImportProgress Import, ImportError Error)>()
        .Text("tenant", e => e.Import.Tenant)
        .Text("id", e => e.Import.Id)
        .Number("line", e => e.Error.Line)
        .Text("field", e => e.Error.Field)
        .Text("problem", e => e.Error.Problem);

    private static readonly string InsertImport = ImportRows.InsertInto("imports", "ON CONFLICT (tenant, id) DO NOTHING");
    private static readonly string InsertImportErrors = ImportErrorRows.InsertInto("import_errors", "ON CONFLICT (tenant, id, line) DO NOTHING");

    /// <summary>Begins an import, or finds it as far as it came.</summary>
    internal async Task<ImportProgress> BeginImportAsync(ImportProgress import, CancellationToken ct)
    {
        await WriteAsync(db => ImportRows.ExecuteAsync(db, InsertImport, [import], ct), ct);
        return await ImportAsync(import.Tenant, import.Id, ct) ?? throw new InvalidOperationException($"import {import.Id} is gone");
    }

    /// <summary>An import; null when there is none of this name.</summary>
    public async Task<ImportProgress?> ImportAsync(string tenant, string id, CancellationToken ct) =>
        (await ImportsAsync($"SELECT {ImportColumns} FROM imports WHERE tenant = @tenant AND id = @id", tenant, id, ct)).SingleOrDefault();

    /// <summary>The imports that last got on, latest first.</summary>
    public Task<IReadOnlyList<ImportProgress>> LatestImportsAsync(string tenant, CancellationToken ct) =>
        ImportsAsync($"SELECT {ImportColumns} FROM imports WHERE tenant = @tenant ORDER BY updated_at DESC, id LIMIT 100", tenant, null, ct);

    /// <summary>Notes how far an import came and what could not be taken, in one transaction. Throws <see cref="ImportOvertakenException"/> when it is not where it was.</summary>
    internal Task AdvanceImportAsync(ImportProgress before, ImportProgress after, IReadOnlyList<ImportError> errors, CancellationToken ct) => WriteAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText =
            """
            UPDATE imports SET state = @state, digest = @digest, rows = @rows, changed = @changed, unchanged = @unchanged, failed = @failed, updated_at = @updated
            WHERE tenant = @tenant AND id = @id AND rows = @before AND state = 'running'
            """;
        Parameter(command, "state", after.IsDone ? Done : Running);
        Parameter(command, "digest", after.Digest);
        Parameter(command, "rows", after.Rows);
        Parameter(command, "changed", after.Changed);
        Parameter(command, "unchanged", after.Unchanged);
        Parameter(command, "failed", after.Failed);
        Parameter(command, "updated", TimeValue(after.UpdatedAt));
        Parameter(command, "tenant", before.Tenant);
        Parameter(command, "id", before.Id);
        Parameter(command, "before", before.Rows);
        if (await command.ExecuteNonQueryAsync(ct) == 0)
        {
            throw new ImportOvertakenException(before.Id);
        }

        return await ImportErrorRows.ExecuteAsync(db, InsertImportErrors, [.. errors.Select(e => (before, e))], ct);
    }, ct);

    /// <summary>What could not be taken, by line.</summary>
    /// <param name="tenant">Whose import.</param>
    /// <param name="id">Which.</param>
    /// <param name="after">The last line that was seen; 0 for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    public Task<IReadOnlyList<ImportError>> ImportErrorsAsync(string tenant, string id, long after, int limit, CancellationToken ct) => ReadAsync<IReadOnlyList<ImportError>>(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = "SELECT line, field, problem FROM import_errors WHERE tenant = @tenant AND id = @id AND line > @after ORDER BY line LIMIT @limit";
        Parameter(command, "tenant", tenant);
        Parameter(command, "id", id);
        Parameter(command, "after", after);
        Parameter(command, "limit", (long)limit);
        var errors = new List<ImportError>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            errors.Add(new ImportError(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2)));
        }

        return errors;
    }, ct);

    /// <summary>How far the read tables are with each of these recipients; those they do not know are left out.</summary>
    internal Task<Dictionary<RecipientKey, long>> ProjectedSequencesAsync(IReadOnlyCollection<RecipientKey> keys, CancellationToken ct) => ReadAsync(
        db => (from key in db.Keys(keys)
               join row in db.Recipients on key equals row.RecipientKey
               select new { row.RecipientKey, row.SequenceNr }).ToDictionaryAsync(r => r.RecipientKey, r => r.SequenceNr, ct),
        ct);

    /// <summary>
    /// Every suppression of a tenant that holds, one after another, as they all were when the first was read: one statement sees one state, in both databases.
    /// </summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="level">Only of this level.</param>
    /// <param name="reason">Only with this reason.</param>
    /// <param name="since">Only those that began then or later.</param>
    /// <param name="now">What has ended before is left out.</param>
    /// <param name="take">Is given each; the next is read when it returns.</param>
    /// <param name="ct">Gives up.</param>
    public Task<long> ExportAsync(
        string tenant, SuppressionLevel? level, string? reason, DateTimeOffset? since, DateTimeOffset now, Func<ExportedSuppression, ValueTask> take, CancellationToken ct) => ReadAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText =
            $"""
            SELECT d.address, s.recipient_key, s.level, s.stream, s.until, s.reason, s.since, s.actor
            FROM suppressions s LEFT JOIN directory d ON d.recipient_key = s.recipient_key
            WHERE s.tenant = @tenant AND (s.until IS NULL OR s.until > @now)
            {(level is null ? "" : "AND s.level = @level")} {(reason is null ? "" : "AND s.reason = @reason")} {(since is null ? "" : "AND s.since >= @since")}
            """;

        // As long as the reader takes to read it.
        command.CommandTimeout = 0;
        Parameter(command, "tenant", tenant);
        Parameter(command, "now", TimeValue(now));
        if (level is { } l)
        {
            Parameter(command, "level", l.ToWire());
        }

        if (reason is not null)
        {
            Parameter(command, "reason", reason);
        }

        if (since is { } from)
        {
            Parameter(command, "since", TimeValue(from));
        }

        var count = 0L;
        await using var reader = await command.ExecuteReaderAsync(ct);
        for (; await reader.ReadAsync(ct); count++)
        {
            await take(new ExportedSuppression(
                reader.IsDBNull(0) ? null : reader.GetString(0),
                new RecipientKey(reader.GetString(1)),
                new Suppression(
                    WireNames.Parse<SuppressionLevel>(reader.GetString(2)),
                    reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.IsDBNull(4) ? null : TimeAt(reader, 4),
                    reader.GetString(5),
                    TimeAt(reader, 6),
                    reader.IsDBNull(7) ? null : reader.GetString(7),
                    [])));
        }

        return count;
    }, ct);

    private Task<IReadOnlyList<ImportProgress>> ImportsAsync(string query, string tenant, string? id, CancellationToken ct) => ReadAsync<IReadOnlyList<ImportProgress>>(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = query;
        Parameter(command, "tenant", tenant);
        if (id is not null)
        {
            Parameter(command, "id", id);
        }

        var imports = new List<ImportProgress>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            imports.Add(new ImportProgress(
                reader.GetString(0),
                reader.GetString(1),
                reader.GetString(2) == Done,
                reader.GetString(3),
                reader.GetString(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.GetInt64(7),
                reader.GetInt64(8),
                TimeAt(reader, 9),
                TimeAt(reader, 10)));
        }

        return imports;
    }, ct);

    private object TimeValue(DateTimeOffset time) => IsSqlite ? time.ToUnixMicroseconds() : time.UtcDateTime;
}
