using System.Data;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using Npgsql;

namespace BounceActors.Engine.Clustering;

/// <summary>A node on this database.</summary>
/// <param name="Id">Grows: who came later has a higher one.</param>
/// <param name="Address">Remoting address as <c>host:port</c>.</param>
/// <param name="IsUp">Whether it said lately that it is up in a cluster.</param>
/// <param name="Drain">Why it is to end, when somebody told it to; null otherwise.</param>
internal sealed record RegisteredNode(int Id, string Address, bool IsUp, string? Drain = null);

/// <summary>Which nodes run on this database: the one thing that all of them share even when they do not reach each other.</summary>
internal interface INodeRegister : IAsyncDisposable
{
    /// <summary>Registers this node. Gives all that live, itself included.</summary>
    Task<(RegisteredNode Self, IReadOnlyList<RegisteredNode> All)> SeeAsync(string address, bool isUp, CancellationToken cancel);

    /// <summary>Tells a node to end; it reads so at its next <see cref="SeeAsync"/>. Safe to call while another call runs.</summary>
    Task DrainAsync(string address, string because, CancellationToken cancel);
}

/// <summary>
/// A row per node, and an advisory lock on the row's number for as long as the node's session lasts: the server itself tells which rows are of
/// nodes that live, at once when a process is killed, and after some ten seconds when its network is cut.
/// </summary>
internal sealed class PostgresNodeRegister(StorageOptions options) : INodeRegister
{
    private const int LockClass = 0x626f756e;
    private const int Entry = 0;

    // Two intervals of ClusterMembership.
    private const string SeenLately = "10 seconds";

    private NpgsqlConnection? _session;
    private int _id;

    public async Task<(RegisteredNode Self, IReadOnlyList<RegisteredNode> All)> SeeAsync(string address, bool isUp, CancellationToken cancel)
    {
        try
        {
            if (_session is not { State: ConnectionState.Open })
            {
                await EnterAsync(address, cancel);
            }

            await ExecuteAsync("UPDATE nodes SET seen_up_at = CASE WHEN @up THEN clock_timestamp() END WHERE id = @id", cancel, ("up", isUp), ("id", _id));
            var all = await AllAsync(cancel);
            return (all.Single(n => n.Id == _id), all);
        }
        catch (Exception cause) when (cause is NpgsqlException or TimeoutException or IOException or InvalidOperationException)
        {
            // The lock went with the session; the next call comes in anew.
            await DisposeAsync();
            throw new StorageUnavailableException("the register of nodes cannot be reached", cause);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    public async Task DrainAsync(string address, string because, CancellationToken cancel)
    {
        try
        {
            // The register's own connection has a call under way most of the time.
            await using var connection = new NpgsqlConnection(options.PostgresConnectionString(autoPrepare: false));
            await connection.OpenAsync(cancel);
            await using var update = new NpgsqlCommand("UPDATE nodes SET drain = @because WHERE address = @address", connection);
            update.Parameters.AddWithValue("because", because);
            update.Parameters.AddWithValue("address", address);
            await update.ExecuteNonQueryAsync(cancel);
        }
        catch (Exception cause) when (cause is NpgsqlException or TimeoutException)
        {
            throw new StorageUnavailableException("the register of nodes cannot be reached", cause);
        }
    }

    private async Task EnterAsync(string address, CancellationToken cancel)
    {
        await DisposeAsync();
        var settings = new NpgsqlConnectionStringBuilder(options.PostgresConnectionString(autoPrepare: false)) { Pooling = false, CommandTimeout = 10 };
        _session = new NpgsqlConnection(settings.ConnectionString);
        await _session.OpenAsync(cancel);

        // One after the other: of two nodes that start at once, one sees the other.
        await ExecuteAsync(
            """
            SET tcp_keepalives_idle = 5;
            SET tcp_keepalives_interval = 2;
            SET tcp_keepalives_count = 3;
            SELECT pg_advisory_lock(@class, @entry)
            """,
            cancel,
            ("class", LockClass),
            ("entry", Entry));
        await using (var insert = Command("INSERT INTO nodes (address) VALUES (@address) RETURNING id", ("address", address)))
        {
            _id = (int)(await insert.ExecuteScalarAsync(cancel))!;
        }

        await ExecuteAsync("SELECT pg_advisory_lock(@class, @id)", cancel, ("class", LockClass), ("id", _id));
        var alive = (await AllAsync(cancel)).Select(n => n.Id).ToArray();
        await ExecuteAsync("DELETE FROM nodes WHERE id <> ALL (@alive); SELECT pg_advisory_unlock(@class, @entry)", cancel, ("alive", alive), ("class", LockClass), ("entry", Entry));
    }

    private async Task<IReadOnlyList<RegisteredNode>> AllAsync(CancellationToken cancel)
    {
        await using var select = Command(
            $"""
            SELECT n.id, n.address, n.drain, COALESCE(n.seen_up_at > clock_timestamp() - interval '{SeenLately}', false)
            FROM nodes n
            JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = @class::oid AND l.objid = n.id::oid
            JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
            ORDER BY n.id
            """,
            ("class", (long)LockClass));
        await using var rows = await select.ExecuteReaderAsync(cancel);
        var nodes = new List<RegisteredNode>();
        while (await rows.ReadAsync(cancel))
        {
            nodes.Add(new RegisteredNode(rows.GetInt32(0), rows.GetString(1), rows.GetBoolean(3), await rows.IsDBNullAsync(2, cancel) ? null : rows.GetString(2)));
        }

        return nodes;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancel, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private NpgsqlCommand Command(string sql, params (string Name, object Value)[] parameters)
    {
        var command = new NpgsqlCommand(sql, _session);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}

/// <summary>SQLite has one node: it holds a file that only one process can have open. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class SqliteNodeRegister(StorageOptions options) : INodeRegister
{
    private FileStream? _lock;
    private volatile string? _drain;

    public Task<(RegisteredNode Self, IReadOnlyList<RegisteredNode> All)> SeeAsync(string address, bool isUp, CancellationToken cancel)
    {
        var file = options.FileOf("node.lock");
        try
        {
            _lock ??= new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException cause)
        {
            throw new DeploymentException(
                $"another process uses Storage:DataDirectory {Path.GetDirectoryName(file)} ({file} is held). SQLite serves one node; several nodes need Storage:Provider=postgres", cause, mayPass: true);
        }

        var self = new RegisteredNode(1, address, isUp, _drain);
        return Task.FromResult<(RegisteredNode, IReadOnlyList<RegisteredNode>)>((self, [self]));
    }

    public Task DrainAsync(string address, string because, CancellationToken cancel)
    {
        _drain = because;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _lock?.DisposeAsync() ?? ValueTask.CompletedTask;
}
