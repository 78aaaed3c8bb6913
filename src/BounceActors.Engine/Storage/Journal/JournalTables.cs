using Akka.Configuration;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>What the plugin's settings say about its tables.</summary>
internal static class JournalTables
{
    /// <summary>The tables of a journal or snapshot store.</summary>
    public static IJournalTables Open(Config config)
    {
        var connectionString = config.GetString("connection-string");
        return IsSqlite(config)
            ? new SqliteJournalTables(connectionString, Enum.Parse<SqliteSynchronous>(config.GetString("batching.sqlite-synchronous")))
            : new PostgresJournalTables(connectionString);
    }

    /// <summary>The tables of a deployment.</summary>
    public static IJournalTables Open(StorageOptions options) => options.Validated().Provider == StorageProvider.Sqlite
        ? new SqliteJournalTables(options.SqliteConnectionString(PersistenceConfig.JournalFile), options.SqliteSynchronous)
        : new PostgresJournalTables(options.PostgresConnectionString(autoPrepare: false));

    /// <summary>Calls at once: SQLite has one writer; more connections to PostgreSQL only make smaller batches.</summary>
    public static int Lanes(Config config) => IsSqlite(config) ? 1 : config.GetInt("batching.lanes");

    private static bool IsSqlite(Config config) => config.GetString("provider-name").StartsWith("SQLite", StringComparison.Ordinal);
}
