using System.ComponentModel.DataAnnotations;
using System.Data;
using System.Net.Sockets;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage.Migrations;
using FluentMigrator.Runner;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BounceActors.Engine.Storage;

/// <summary>
/// Everything that can be asked: the read tables, over SQLite or PostgreSQL. Each call is one transaction. A database that is away or busy is a
/// <see cref="StorageUnavailableException"/>; the same store works again as soon as the database does. Every write may be repeated.
/// </summary>
public sealed partial class ReadStore : IAsyncDisposable
{
    private const string SqliteFile = "read.db";

    /// <summary>Advisory locks of PostgreSQL, any two numbers that nothing else in the database uses.</summary>
    private const long MigrationLock = 0x626f756e6365_01;
    private const long OutboxLock = 0x626f756e6365_02;

    private static readonly SemaphoreSlim SqliteMigration = new(1, 1);

    private readonly StorageOptions _options;
    private readonly TimeProvider _clock;
    private readonly Func<RecipientEvents.Event, SerializedEvent> _serialize;
    private readonly DataOptions<ReadConnection> _connection;
    private readonly NpgsqlDataSource? _postgres;
    private readonly SemaphoreSlim _sqliteWriter = new(1, 1);

    /// <summary>A store; it connects when it is first used.</summary>
    /// <param name="options">Where. Throws <see cref="ValidationException"/> naming the setting that is wrong.</param>
    /// <param name="clock">For the times of what is not an event.</param>
    /// <param name="serialize">Turns an event into its wire form, for the history.</param>
    public ReadStore(StorageOptions options, TimeProvider clock, Func<RecipientEvents.Event, SerializedEvent> serialize)
    {
        _options = options.Validated();
        _clock = clock;
        _serialize = serialize;
        var schema = ReadConnection.Schema(IsSqlite);
        if (IsSqlite)
        {
            Directory.CreateDirectory(Path.GetFullPath(options.DataDirectory));
            _connection = new DataOptions<ReadConnection>(options.SqliteDataOptions(SqliteFile).UseMappingSchema(schema));
            return;
        }

        _postgres = StorageOptions.PostgresSource(options.PostgresConnectionString(autoPrepare: false));
        var provider = PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v15);
        _connection = new DataOptions<ReadConnection>(new DataOptions()
            .UseConnectionFactory(provider, _ => _postgres.CreateConnection())
            .UseMappingSchema(schema));
    }

    private bool IsSqlite => _options.Provider == StorageProvider.Sqlite;

    /// <summary>
    /// Brings the tables to this version; harmless when they are, and when several nodes do it at once. Throws <see cref="DeploymentException"/> when the
    /// server is there but will not have us: waiting does not help then.
    /// </summary>
    public async Task MigrateAsync(CancellationToken ct)
    {
        try
        {
            await MigrateGuardedAsync(ct);
        }
        catch (Exception e) when (RefusalOf(e) is { } why)
        {
            throw new DeploymentException($"Storage:ConnectionString: {why}", e);
        }
    }

    private Task MigrateGuardedAsync(CancellationToken ct) => GuardedAsync(async () =>
    {
        if (IsSqlite)
        {
            await SqliteMigration.WaitAsync(ct);
            try
            {
                await Task.Run(() => UseWal(_options, SqliteFile), ct);
                await Task.Run(Migrate, ct);
            }
            finally
            {
                SqliteMigration.Release();
            }

            return true;
        }

        // A connection of its own, outside the pool: the lock ends with it, whatever happens.
        var unpooled = new NpgsqlConnectionStringBuilder(_options.PostgresConnectionString(autoPrepare: false)) { Pooling = false, CommandTimeout = 120 };
        await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(@lock)", connection);
        command.Parameters.AddWithValue("lock", MigrationLock);
        await command.ExecuteNonQueryAsync(ct);
        await Task.Run(Migrate, ct);
        return true;
    });

    /// <summary>Throws when the database does not answer.</summary>
    public Task PingAsync(CancellationToken ct) => ReadAsync(async db => await db.Projections.CountAsync(ct), ct);

    /// <summary>Gives back all connections.</summary>
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

    /// <summary>Makes a SQLite file keep a write-ahead log, so that readers and the writer do not wait for each other. The file remembers it.</summary>
    internal static void UseWal(StorageOptions options, string file)
    {
        Directory.CreateDirectory(Path.GetFullPath(options.DataDirectory));
        using var connection = new SqliteConnection(options.SqliteConnectionString(file));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        command.ExecuteNonQuery();
    }

    private void Migrate() => Migrate(_options, SqliteFile, "BounceActors.Engine.Storage.Migrations", andBelow: !IsSqlite);

    /// <summary>Runs the migrations of a namespace. What has a SQLite file of its own has a namespace of its own; PostgreSQL takes all.</summary>
    internal static void Migrate(StorageOptions options, string sqliteFile, string migrations, bool andBelow)
    {
        var sqlite = options.Provider == StorageProvider.Sqlite;
        using var services = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(runner => (sqlite ? runner.AddSQLite() : runner.AddPostgres15_0())
                .WithGlobalConnectionString(sqlite ? options.SqliteConnectionString(sqliteFile) : options.PostgresConnectionString(autoPrepare: false))
                .ScanIn(typeof(M0001ReadTables).Assembly).For.Migrations())
            .Configure<FluentMigrator.Runner.Initialization.TypeFilterOptions>(filter => (filter.Namespace, filter.NestedNamespaces) = (migrations, andBelow))
            .BuildServiceProvider();
        using var scope = services.CreateScope();
        scope.ServiceProvider.GetRequiredService<IMigrationRunner>().MigrateUp();
    }

    /// <summary>What is wrong with the connection string, when the server has said so; never with what it holds of secrets.</summary>
    private string? RefusalOf(Exception e)
    {
        while (e is not PostgresException && e.InnerException is { } inner)
        {
            e = inner;
        }

        var given = new NpgsqlConnectionStringBuilder(_options.ConnectionString);
        return (e as PostgresException)?.SqlState switch
        {
            PostgresErrorCodes.InvalidCatalogName =>
                $"there is no database '{given.Database ?? given.Username}' on {given.Host}:{given.Port}; create it (createdb {given.Database ?? given.Username}) or name another one",
            PostgresErrorCodes.InvalidPassword => $"{given.Host}:{given.Port} does not accept the password of user '{given.Username}'",
            PostgresErrorCodes.InvalidAuthorizationSpecification => $"{given.Host}:{given.Port} does not let user '{given.Username}' in; is there such a user, and a line for it in pg_hba.conf?",
            PostgresErrorCodes.InsufficientPrivilege => $"user '{given.Username}' may not make tables in database '{given.Database ?? given.Username}'; make it the owner (ALTER DATABASE … OWNER TO …)",
            _ => null,
        };
    }

    private Task<T> ReadAsync<T>(Func<ReadConnection, Task<T>> work, CancellationToken ct) => GuardedAsync(async () =>
    {
        ct.ThrowIfCancellationRequested();
        await using var db = new ReadConnection(_connection, IsSqlite);
        return await work(db);
    });

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
        catch (Exception e) when (IsUnavailable(e))
        {
            // Idle connections of a server that went away are dead too, without knowing it.
            _postgres?.Clear();
            throw new StorageUnavailableException($"the {(IsSqlite ? "SQLite file" : "PostgreSQL server")} cannot be used at the moment: {Kind(e)}", e);
        }
    }

    /// <summary>Whether the same call may succeed later.</summary>
    internal static bool IsUnavailable(Exception e) => e switch
    {
        PostgresException p => p.IsTransient || p.SqlState is { Length: 5 } state
            && (state[..2] is "08" or "28" or "3D" or "53" or "57" or "58"
                || state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.ReadOnlySqlTransaction),
        NpgsqlException or SocketException or TimeoutException or IOException => true,
        SqliteException s => s.SqliteErrorCode is 5 or 6 or 10 or 13 or 14,
        AggregateException or LinqToDBException => e.InnerException is { } inner && IsUnavailable(inner),
        _ => false,
    };

    internal static string Kind(Exception e) => e switch
    {
        PostgresException p => $"SQLSTATE {p.SqlState}",
        SqliteException s => $"SQLite error {s.SqliteErrorCode}",
        _ => e.InnerException is { } inner ? inner.GetType().Name : e.GetType().Name,
    };
}
