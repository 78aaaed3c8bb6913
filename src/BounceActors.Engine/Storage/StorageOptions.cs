using System.ComponentModel.DataAnnotations;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using LinqToDB;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace BounceActors.Engine.Storage;

/// <summary>Which database holds everything.</summary>
public enum StorageProvider
{
    /// <summary>Files in <see cref="StorageOptions.DataDirectory"/>; one node, nothing to install.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server; any number of nodes.</summary>
    Postgres,
}

/// <summary>When SQLite waits for the disk.</summary>
public enum SqliteSynchronous
{
    /// <summary>At checkpoints: a crash of the process loses nothing, a power cut may lose the last transactions.</summary>
    Normal,

    /// <summary>At every commit: a power cut loses nothing either.</summary>
    Full,
}

/// <summary>How events are written and read.</summary>
public enum JournalKind
{
    /// <summary>Those of many recipients in one statement (docs/decisions/batching-journal.md).</summary>
    Batching,

    /// <summary>As Akka.Persistence.Sql comes. On the same tables: it can be changed at any start.</summary>
    Stock,
}

/// <summary>Where data is kept (section <c>Storage</c>).</summary>
public sealed class StorageOptions : IValidatableObject
{
    /// <summary>How long a connection waits for SQLite's single writer; below the journal breaker's 10 s, so that waiting is no failure yet.</summary>
    internal const int SqliteBusySeconds = 5;

    /// <summary>Which database. Default: <see cref="StorageProvider.Sqlite"/>.</summary>
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>Directory of the SQLite files; made when it is not there. Default: <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>Npgsql connection string; required for PostgreSQL.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Secret that recipient keys are made with: base64 of at least 32 bytes. When it is not set, one is made at the first start and kept in the
    /// database. It can never be changed: all keys would change with it.
    /// </summary>
    public string? KeySecret { get; set; }

    /// <summary>When SQLite waits for the disk. Default: <see cref="Storage.SqliteSynchronous.Full"/>.</summary>
    public SqliteSynchronous SqliteSynchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>How events are written and read. Default: <see cref="JournalKind.Batching"/>; either reads what the other wrote.</summary>
    public JournalKind Journal { get; set; } = JournalKind.Batching;

    /// <summary>One message per wrong setting, naming it.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == StorageProvider.Postgres && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return new ValidationResult(
                "Storage:ConnectionString is required when Storage:Provider is postgres, e.g. Host=localhost;Database=bounceactors;Username=bounceactors",
                [nameof(ConnectionString)]);
        }

        if (Provider == StorageProvider.Postgres && ConnectionString is { } text && Problem(text) is { } problem)
        {
            yield return new ValidationResult($"Storage:ConnectionString is no Npgsql connection string: {problem}", [nameof(ConnectionString)]);
        }

        if (Provider == StorageProvider.Sqlite && string.IsNullOrWhiteSpace(DataDirectory))
        {
            yield return new ValidationResult("Storage:DataDirectory is required when Storage:Provider is sqlite, e.g. ./data", [nameof(DataDirectory)]);
        }

        if (!Enum.IsDefined(Provider))
        {
            yield return new ValidationResult("Storage:Provider is sqlite or postgres", [nameof(Provider)]);
        }

        if (!Enum.IsDefined(Journal))
        {
            yield return new ValidationResult("Storage:Journal is batching or stock", [nameof(Journal)]);
        }

        if (KeySecret is not null && SecretBytes() is null)
        {
            yield return new ValidationResult(
                $"Storage:KeySecret must be base64 of at least {RecipientKeys.MinSecretLength} bytes, e.g. from: openssl rand -base64 32", [nameof(KeySecret)]);
        }
    }

    /// <summary>Throws <see cref="ValidationException"/> with the message of the first wrong setting.</summary>
    internal StorageOptions Validated()
    {
        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        return this;
    }

    /// <summary>Makes the data directory. Throws <see cref="DeploymentException"/> when it cannot be made or written into.</summary>
    internal void MakeDirectory()
    {
        if (Provider != StorageProvider.Sqlite)
        {
            return;
        }

        var path = Path.GetFullPath(DataDirectory);
        try
        {
            Directory.CreateDirectory(path);
            using var probe = new FileStream(FileOf($"probe-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeploymentException($"Storage:DataDirectory: {path} cannot be made or written into; name a directory of the service's own user", e);
        }
    }

    /// <summary>The configured secret; null when there is none, or none that can be used.</summary>
    internal byte[]? SecretBytes()
    {
        var bytes = new byte[KeySecret?.Length ?? 0];
        return Convert.TryFromBase64String(KeySecret ?? "", bytes, out var length) && length >= RecipientKeys.MinSecretLength ? bytes[..length] : null;
    }

    /// <summary>Path of a SQLite file of this deployment.</summary>
    internal string FileOf(string name) => Path.Combine(Path.GetFullPath(DataDirectory), name);

    /// <summary>Connection string of a SQLite file of this deployment.</summary>
    internal string SqliteConnectionString(string file) => new SqliteConnectionStringBuilder
    {
        DataSource = FileOf(file),
        DefaultTimeout = SqliteBusySeconds,
        Pooling = true,
    }.ConnectionString;

    /// <summary>Connections to a SQLite file of this deployment, each of which waits for the disk as configured: that is not kept in the file.</summary>
    internal DataOptions SqliteDataOptions(string file)
    {
        var pragma = $"PRAGMA synchronous = {SqliteSynchronous.ToString().ToUpperInvariant()}";
        return new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, SqliteConnectionString(file))
            .UseAfterConnectionOpened(connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = pragma;
                command.ExecuteNonQuery();
            });
    }

    /// <summary>The PostgreSQL connection string, with what is missing in it for work under load.</summary>
    /// <param name="autoPrepare">
    /// Whether statements are prepared by themselves. Worth it for the journal's few small statements; statements over whole batches are better
    /// planned for what they get (a plan cached on an empty table reads it from end to end for ever).
    /// </param>
    internal string PostgresConnectionString(bool autoPrepare)
    {
        var given = new NpgsqlConnectionStringBuilder(ConnectionString);
        if (!given.ShouldSerialize("No Reset On Close"))
        {
            // Saves a DISCARD ALL per use. Nothing here leaves state in a session.
            given.NoResetOnClose = true;
        }

        if (autoPrepare && !given.ShouldSerialize("Max Auto Prepare"))
        {
            given.MaxAutoPrepare = 64;
        }

        if (!given.ShouldSerialize("Application Name"))
        {
            given.ApplicationName = "bounceactors";
        }

        return given.ConnectionString;
    }

    /// <summary>
    /// Connections whose server notices within some fifteen seconds that this machine is gone. By itself it would wait two hours, with the transaction
    /// open and its locks held.
    /// </summary>
    internal static NpgsqlDataSource PostgresSource(string connectionString)
    {
        const string Notice = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 15000";
        return new NpgsqlDataSourceBuilder(connectionString)
            .UsePhysicalConnectionInitializer(
                connection =>
                {
                    using var command = new NpgsqlCommand(Notice, connection);
                    command.ExecuteNonQuery();
                },
                async connection =>
                {
                    await using var command = new NpgsqlCommand(Notice, connection);
                    await command.ExecuteNonQueryAsync();
                })
            .Build();
    }

    private static string? Problem(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(builder.Host) ? "it names no Host" : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The library's message may quote the value; a password must not get into a log.
            return "it cannot be read; Host=localhost;Database=bounceactors;Username=bounceactors is an example";
        }
    }
}
