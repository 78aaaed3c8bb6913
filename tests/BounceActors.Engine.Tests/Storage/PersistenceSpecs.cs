using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using BounceActors.Engine.Storage;
using LinqToDB.Data;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqlitePersistenceSpecs : PersistenceSpecs<SqliteDatabase>
{
    [Fact]
    public async Task Should_keep_a_write_ahead_log_in_files_of_their_own()
    {
        await RunAsync(async system => await AskAsync(system, "one", "add"));

        foreach (var file in new[] { "journal.db", "snapshots.db" })
        {
            using var connection = new Microsoft.Data.Sqlite.SqliteConnection(Database.Options.SqliteConnectionString(file));
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode";
            Assert.Equal("wal", command.ExecuteScalar());
        }
    }

    [Theory]
    [InlineData(SqliteSynchronous.Normal, 1)]
    [InlineData(SqliteSynchronous.Full, 2)]
    public void Should_wait_for_the_disk_as_configured(SqliteSynchronous synchronous, long expected)
    {
        var setup = PersistenceConfig.Setup(new StorageOptions { DataDirectory = Database.Options.DataDirectory, SqliteSynchronous = synchronous });
        foreach (var plugin in new[] { "akka.persistence.journal.sql", "akka.persistence.snapshot-store.sql" })
        {
            Assert.True(setup.TryGetDataOptionsFor(plugin, out var options));
            using var db = new DataConnection(options!);
            Assert.Equal(expected, db.Execute<long>("PRAGMA synchronous"));
        }
    }
}

public sealed class PostgresPersistenceSpecs : PersistenceSpecs<PostgresDatabase>;

/// <summary>The settings, proved by what the real plugin does with them.</summary>
public abstract class PersistenceSpecs<TDatabase> : IAsyncLifetime
    where TDatabase : Database, new()
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected TDatabase Database { get; } = new();

    public Task InitializeAsync() => Database.InitializeAsync();

    public Task DisposeAsync() => Database.DisposeAsync();

    [SkippableFact]
    public async Task Should_find_events_by_their_tag_in_the_order_they_were_persisted()
    {
        await RunAsync(async system =>
        {
            foreach (var actor in new[] { "one", "two", "one" })
            {
                await AskAsync(system, actor, "add");
            }

            var seen = await EventsAsync(system, Offset.NoOffset(), 3);
            Assert.Equal([("one", 1), ("two", 1), ("one", 2)], seen.Select(e => (e.PersistenceId, e.SequenceNr)));

            // What is persisted while the query runs comes too, and an offset is where to go on.
            var next = EventsAsync(system, seen[1].Offset, 2);
            await AskAsync(system, "two", "add");
            Assert.Equal([("one", 2), ("two", 2)], (await next).Select(e => (e.PersistenceId, e.SequenceNr)));
        });
    }

    [SkippableFact]
    public async Task Should_recover_from_the_snapshot_and_the_events_after_it()
    {
        await RunAsync(async system =>
        {
            await AskAsync(system, "one", "add");
            await AskAsync(system, "one", "add");
            Assert.Equal("saved", await AskAsync(system, "one", "snapshot"));
            await AskAsync(system, "one", "add");
        });

        await RunAsync(async system => Assert.Equal("count 3, snapshot at 2, replayed 1", await AskAsync(system, "one", "tell")));
    }

    private protected async Task RunAsync(Func<ActorSystem, Task> work)
    {
        var config = ConfigurationFactory.ParseString(
            $$"""
            akka.persistence.journal.sql.event-adapters.tagger = "{{typeof(Tagger).AssemblyQualifiedName}}"
            akka.persistence.journal.sql.event-adapter-bindings."{{typeof(string).AssemblyQualifiedName}}" = tagger
            """).WithFallback(PersistenceConfig.Hocon(Database.Options));
        var system = ActorSystem.Create("persistence", BootstrapSetup.Create().WithConfig(config).And(PersistenceConfig.Setup(Database.Options)));
        try
        {
            await work(system);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private protected static Task<string> AskAsync(ActorSystem system, string id, string command)
    {
        var child = system.ActorSelection($"/user/{id}").ResolveOne(TimeSpan.FromSeconds(1));
        var actor = child.ContinueWith(c => c.IsCompletedSuccessfully ? c.Result : system.ActorOf(Props.Create(() => new Counter(id)), id), TaskScheduler.Default);
        return actor.ContinueWith(a => a.Result.Ask<string>(command, Patience), TaskScheduler.Default).Unwrap();
    }

    private static async Task<IReadOnlyList<EventEnvelope>> EventsAsync(ActorSystem system, Offset from, int count)
    {
        var journal = PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier);
        return await journal.EventsByTag("test", from).Take(count).RunWith(Sink.Seq<EventEnvelope>(), system.Materializer()).WaitAsync(Patience);
    }

    /// <summary>Counts what it has persisted, and says how it knows.</summary>
    private sealed class Counter : ReceivePersistentActor
    {
        private int _count;
        private int _replayed;
        private long _snapshotAt;

        public Counter(string id)
        {
            PersistenceId = id;
            IActorRef? saver = null;
            Recover<SnapshotOffer>(offer => (_count, _snapshotAt) = (Convert.ToInt32(offer.Snapshot, null), offer.Metadata.SequenceNr));
            Recover<string>(_ => (_count, _replayed) = (_count + 1, _replayed + 1));
            Command<string>(c => c == "add", _ => Persist("added", _ => Sender.Tell($"{++_count}")));
            Command<string>(c => c == "tell", _ => Sender.Tell($"count {_count}, snapshot at {_snapshotAt}, replayed {_replayed}"));
            Command<string>(c => c == "snapshot", _ =>
            {
                saver = Sender;
                SaveSnapshot(_count);
            });
            Command<SaveSnapshotSuccess>(_ => saver.Tell("saved"));
            Command<SaveSnapshotFailure>(f => saver.Tell(f.Cause.Message));
        }

        public override string PersistenceId { get; }
    }

    private sealed class Tagger : IWriteEventAdapter
    {
        public string Manifest(object evt) => "";

        public object ToJournal(object evt) => new Tagged(evt, ["test"]);
    }
}
