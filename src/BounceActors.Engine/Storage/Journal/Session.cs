using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>One connection to a SQLite file that stays open, with its prepared statements. One user at a time; after an error it begins anew.</summary>
internal sealed partial class Session(string connectionString, SqliteSynchronous synchronous) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);
    private readonly Dictionary<string, SqliteCommand> _statements = [];
    private SqliteConnection? _connection;
    private bool _disposed;

    /// <summary>Does some work on the connection, off the caller's thread: SQLite has no asynchronous calls.</summary>
    public async Task<T> UseAsync<T>(Func<Session, T> work, CancellationToken ct)
    {
        await _free.WaitAsync(ct);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() =>
            {
                _connection ??= Open();
                return work(this);
            }, ct);
        }
        catch
        {
            Close();
            throw;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>A write transaction, begun as one: it waits for the file's writer now and not in the middle.</summary>
    public SqliteTransaction Begin() => _connection!.BeginTransaction(deferred: false);

    /// <summary>A prepared statement. Its parameters are those of the text, in the order they first occur.</summary>
    public SqliteCommand Statement(string text, SqliteTransaction? transaction = null)
    {
        if (!_statements.TryGetValue(text, out var command))
        {
            command = _connection!.CreateCommand();
            command.CommandText = text;
            foreach (var name in Parameter().Matches(text).Select(m => m.Value).Distinct())
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            }

            _statements[text] = command;
        }

        command.Transaction = transaction;
        return command;
    }

    public async ValueTask DisposeAsync()
    {
        await _free.WaitAsync();
        _disposed = true;
        Close();
        _free.Release();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var pragma = connection.CreateCommand();
        pragma.CommandText = $"PRAGMA synchronous = {synchronous.ToString().ToUpperInvariant()}";
        pragma.ExecuteNonQuery();
        return connection;
    }

    private void Close()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _connection?.Dispose();
        _connection = null;
    }

    [GeneratedRegex("@[a-z_]+")]
    private static partial Regex Parameter();
}

/// <summary>Parameters of prepared statements.</summary>
internal static class SqliteCommands
{
    /// <summary>The statement with these values.</summary>
    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
