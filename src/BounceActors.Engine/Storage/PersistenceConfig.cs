using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Journal;
using Akka.Persistence.Sql.Snapshot;
using BounceActors.Engine.Storage.Journal;

namespace BounceActors.Engine.Storage;

/// <summary>
/// Settings of the journal, the snapshot store and the read journal. As text, because the package with their typed options needs versions that no
/// feed has.
/// </summary>
public static class PersistenceConfig
{
    internal const string JournalFile = "journal.db";
    private const string SnapshotFile = "snapshots.db";

    /// <summary>The settings, complete with the plugin's own defaults. For SQLite it makes the files first, because only a file can say that it keeps a write-ahead log.</summary>
    public static Config Hocon(StorageOptions options)
    {
        options.Validated();
        var sqlite = options.Provider == StorageProvider.Sqlite;
        if (sqlite)
        {
            // One file each: SQLite has one writer per file, and a snapshot must not make the journal wait (docs/decisions/storage.md).
            ReadStore.UseWal(options, JournalFile);
            ReadStore.UseWal(options, SnapshotFile);
        }

        var provider = sqlite ? "SQLite.MS" : "PostgreSQL.15";

        // SQLite: reading as "serializable" begins a write transaction and waits for the writer; in a write-ahead log every read sees one state anyway.
        // PostgreSQL: named, because "unspecified" is whatever the server was set to.
        var reading = sqlite ? "read-uncommitted" : "read-committed";
        var writing = sqlite ? "serializable" : "read-committed";

        // Statements of the batching journal are over whole batches: better planned for what they get.
        var batching = options.Journal == JournalKind.Batching;
        var journal = Quoted(sqlite ? options.SqliteConnectionString(JournalFile) : options.PostgresConnectionString(autoPrepare: !batching));
        var snapshots = Quoted(sqlite ? options.SqliteConnectionString(SnapshotFile) : options.PostgresConnectionString(autoPrepare: !batching));
        var journalClass = Quoted((batching ? typeof(BatchingJournal) : typeof(SqlWriteJournal)).AssemblyQualifiedName!);
        var snapshotClass = Quoted((batching ? typeof(BatchingSnapshotStore) : typeof(SqlSnapshotStore)).AssemblyQualifiedName!);

        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = {{journalClass}}
                  connection-string = {{journal}}
                  provider-name = "{{provider}}"
                  read-isolation-level = {{reading}}
                  write-isolation-level = {{writing}}

                  # Of the batching journal only. More lanes than this only make smaller batches.
                  batching {
                    lanes = 2
                    sqlite-synchronous = {{options.SqliteSynchronous}}
                  }

                  # Those that start together are read together.
                  max-concurrent-recoveries = {{(batching ? 500 : 50)}}

                  # It repairs histories into which two writers have written alternately. The unique index on id and number lets only one of them write at all;
                  # and since the plugin signs with the process, a recipient that came back to a process it had lived in before would lose what it wrote there.
                  replay-filter.mode = off

                  # More writers than one only wait for each other in SQLite.
                  parallelism = {{(sqlite ? 1 : 3)}}

                  # These three cannot be changed once there is data (docs/decisions/storage.md).
                  tag-write-mode = TagTable
                  delete-compatibility-mode = off
                  default.journal.use-writer-uuid-column = on
                  auto-initialize = on

                  # A database that was away is tried again soon: no recipient can answer before.
                  circuit-breaker {
                    max-failures = 10
                    call-timeout = 10s
                    reset-timeout = 5s
                  }
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = {{snapshotClass}}
                  batching {
                    lanes = 2
                    sqlite-synchronous = {{options.SqliteSynchronous}}
                  }
                  connection-string = {{snapshots}}
                  provider-name = "{{provider}}"
                  read-isolation-level = {{reading}}
                  write-isolation-level = {{writing}}
                  auto-initialize = on
                  circuit-breaker {
                    max-failures = 10
                    call-timeout = 10s
                    reset-timeout = 5s
                  }
                }
              }
              query.journal.sql {
                write-plugin = "akka.persistence.journal.sql"
                connection-string = {{journal}}
                provider-name = "{{provider}}"
                read-isolation-level = {{reading}}
                tag-read-mode = TagTable

                # An event is seen after at most both of these: far below the two seconds that projections may lag.
                refresh-interval = 200ms
                journal-sequence-retrieval {
                  query-delay = 200ms

                  # Numbers are given out before a commit. A missing one is waited for 60 x 200 ms = 12 s, longer than the 10 s after which a write has
                  # failed, before it is taken for one that was rolled back: no event is ever passed over.
                  max-tries = 60
                  max-backoff-query-delay = 1s
                }
              }
            }
            """).WithFallback(SqlPersistence.DefaultConfiguration);
    }

    /// <summary>
    /// What settings as text cannot say: how long SQLite's connections wait for the disk. To be given to the actor system together with <see cref="Hocon"/>.
    /// Without it every commit waits, as with <see cref="SqliteSynchronous.Full"/>.
    /// </summary>
    public static MultiDataOptionsSetup Setup(StorageOptions options)
    {
        var setup = new MultiDataOptionsSetup();
        if (options.Provider == StorageProvider.Sqlite)
        {
            setup.AddDataOptions("akka.persistence.journal.sql", options.SqliteDataOptions(JournalFile));
            setup.AddDataOptions("akka.persistence.query.journal.sql", options.SqliteDataOptions(JournalFile));
            setup.AddDataOptions("akka.persistence.snapshot-store.sql", options.SqliteDataOptions(SnapshotFile));
        }

        return setup;
    }

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
