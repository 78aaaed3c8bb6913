using System.Data.Common;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace BounceActors.Engine.Storage;

/// <summary>
/// One statement over many rows, written once for both databases with <c>{rows}</c> where the rows come from (as <c>r</c>). PostgreSQL gets whole
/// columns as arrays in one round trip; SQLite, which has no round trips, one prepared statement per row.
/// </summary>
internal sealed class Batch<T>
{
    private readonly List<Column> _columns = [];

    public Batch<T> Text(string name, Func<T, string?> value) =>
        Add(name, "text", NpgsqlDbType.Text, rows => Array.ConvertAll(rows, r => Clean(value(r))), r => Clean(value(r)));

    public Batch<T> Number(string name, Func<T, long?> value) =>
        Add(name, "bigint", NpgsqlDbType.Bigint, rows => Array.ConvertAll(rows, r => value(r)), r => value(r));

    public Batch<T> Real(string name, Func<T, double> value) =>
        Add(name, "double precision", NpgsqlDbType.Double, rows => Array.ConvertAll(rows, r => value(r)), r => value(r));

    public Batch<T> Flag(string name, Func<T, bool> value) =>
        Add(name, "boolean", NpgsqlDbType.Boolean, rows => Array.ConvertAll(rows, r => value(r)), r => value(r));

    public Batch<T> Id(string name, Func<T, Guid> value) =>
        Add(name, "uuid", NpgsqlDbType.Uuid, rows => Array.ConvertAll(rows, r => value(r)), r => value(r).ToString());

    public Batch<T> Bytes(string name, Func<T, byte[]> value) =>
        Add(name, "bytea", NpgsqlDbType.Bytea, rows => Array.ConvertAll(rows, r => value(r)), r => value(r));

    public Batch<T> Time(string name, Func<T, DateTimeOffset?> value) =>
        Add(name, "timestamptz", NpgsqlDbType.TimestampTz, rows => Array.ConvertAll(rows, r => value(r)?.UtcDateTime), r => value(r)?.ToUnixMicroseconds());

    /// <summary>The statement that inserts the rows, with what follows it (<c>ON CONFLICT …</c>).</summary>
    public string InsertInto(string table, string then)
    {
        // Without WHERE, SQLite would take ON for a join's.
        return $"INSERT INTO {table} ({string.Join(", ", _columns.Select(c => c.Name))}) "
            + $"SELECT {string.Join(", ", _columns.Select(c => $"r.{c.Name}"))} FROM {{rows}} WHERE true {then}";
    }

    /// <summary>Runs the statement for all rows and gives the number of rows it touched.</summary>
    public async Task<int> ExecuteAsync(ReadConnection db, string statement, T[] rows, CancellationToken ct)
    {
        if (rows.Length == 0)
        {
            return 0;
        }

        await using var command = await db.CommandAsync(ct);
        if (db.IsSqlite)
        {
            return await OneByOneAsync(command, statement, rows, () => command.ExecuteNonQueryAsync(ct));
        }

        Prepare(command, statement, rows);
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Runs a statement that gives back rows.</summary>
    public async Task ReadAsync(ReadConnection db, string statement, T[] rows, Action<DbDataReader> take, CancellationToken ct)
    {
        if (rows.Length == 0)
        {
            return;
        }

        await using var command = await db.CommandAsync(ct);
        if (db.IsSqlite)
        {
            await OneByOneAsync(command, statement, rows, async () => await TakeAsync(command, take, ct));
        }
        else
        {
            Prepare(command, statement, rows);
            await TakeAsync(command, take, ct);
        }
    }

    private static async Task<int> TakeAsync(DbCommand command, Action<DbDataReader> take, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            take(reader);
        }

        return 0;
    }

    private void Prepare(DbCommand command, string statement, T[] rows)
    {
        var source = $"unnest({string.Join(", ", _columns.Select(c => $"@{c.Name}::{c.Type}[]"))}) AS r({string.Join(", ", _columns.Select(c => c.Name))})";
        command.CommandText = statement.Replace("{rows}", source, StringComparison.Ordinal);
        foreach (var column in _columns)
        {
            command.Parameters.Add(new NpgsqlParameter(column.Name, NpgsqlDbType.Array | column.DbType) { Value = column.Array(rows) });
        }
    }

    private async Task<int> OneByOneAsync(DbCommand command, string statement, T[] rows, Func<Task<int>> execute)
    {
        var source = $"(SELECT {string.Join(", ", _columns.Select(c => $"@{c.Name} AS {c.Name}"))}) AS r";
        command.CommandText = statement.Replace("{rows}", source, StringComparison.Ordinal);
        var parameters = _columns.ConvertAll(c => new SqliteParameter { ParameterName = $"@{c.Name}" });
        parameters.ForEach(p => command.Parameters.Add(p));
        var touched = 0;
        foreach (var row in rows)
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                parameters[i].Value = _columns[i].Value(row) ?? DBNull.Value;
            }

            touched += await execute();
        }

        return touched;
    }

    private Batch<T> Add(string name, string type, NpgsqlDbType dbType, Func<T[], Array> array, Func<T, object?> value)
    {
        _columns.Add(new Column(name, type, dbType, array, value));
        return this;
    }

    /// <summary>Text as PostgreSQL can hold it. What sources send may have NULs and halves of surrogate pairs; one such report must not stop a projection.</summary>
    internal static string? Clean(string? text)
    {
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && !text.Any(char.IsSurrogate)))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        }

        return clean.ToString();
    }

    private sealed record Column(string Name, string Type, NpgsqlDbType DbType, Func<T[], Array> Array, Func<T, object?> Value);
}
