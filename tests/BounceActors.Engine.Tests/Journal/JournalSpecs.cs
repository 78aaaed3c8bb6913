using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Tests.Storage;

namespace BounceActors.Engine.Tests.Journal;

public sealed class SqliteBatchingJournalSpecs() : JournalSpecs<SqliteDatabase>(JournalKind.Batching);

public sealed class SqliteStockJournalSpecs() : JournalSpecs<SqliteDatabase>(JournalKind.Stock);

public sealed class PostgresBatchingJournalSpecs() : JournalSpecs<PostgresDatabase>(JournalKind.Batching);

public sealed class PostgresStockJournalSpecs() : JournalSpecs<PostgresDatabase>(JournalKind.Stock);

/// <summary>
/// What a journal promises to persistent actors, in the words they speak with it. The same for the plugin's own journal and for the batching one:
/// where these specs hold, one may take the other's place.
/// </summary>
public abstract class JournalSpecs<TDatabase>(JournalKind kind) : IAsyncLifetime
    where TDatabase : Database, new()
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TDatabase _database = new();

    public Task InitializeAsync() => _database.InitializeAsync();

    public Task DisposeAsync() => _database.DisposeAsync();

    [SkippableTheory]
    [InlineData(1, long.MaxValue, long.MaxValue, new long[] { 1, 2, 3, 4, 5 })]
    [InlineData(3, long.MaxValue, long.MaxValue, new long[] { 3, 4, 5 })]
    [InlineData(1, 3, long.MaxValue, new long[] { 1, 2, 3 })]
    [InlineData(1, long.MaxValue, 3, new long[] { 1, 2, 3 })]
    [InlineData(2, 3, long.MaxValue, new long[] { 2, 3 })]
    [InlineData(2, 5, 2, new long[] { 2, 3 })]
    [InlineData(2, 2, long.MaxValue, new long[] { 2 })]
    [InlineData(2, 4, 1, new long[] { 2 })]
    [InlineData(1, 3, 0, new long[] { })]
    [InlineData(3, 2, long.MaxValue, new long[] { })]
    [InlineData(6, long.MaxValue, long.MaxValue, new long[] { })]
    public Task Should_replay_what_is_asked_for(long from, long to, long max, long[] expected) => RunAsync(kind, kit =>
    {
        Write(kit, "one", 1, 5);

        Assert.Equal(expected, Replay(kit, "one", from, to, max).Events.Select(e => e.SequenceNr));
    });

    [SkippableFact]
    public Task Should_replay_nothing_of_one_who_wrote_nothing() => RunAsync(kind, kit =>
    {
        var (events, highest) = Replay(kit, "nobody");

        Assert.Empty(events);
        Assert.Equal(0, highest);
    });

    [SkippableFact]
    public Task Should_give_back_what_was_written_as_it_was_written() => RunAsync(kind, kit =>
    {
        Write(kit, "one", 1, 2);

        var (events, highest) = Replay(kit, "one");

        Assert.Equal(2, highest);
        Assert.Equal(["one-1", "one-2"], events.Select(e => e.Payload));
        Assert.All(events, e => Assert.Equal(("one", false), (e.PersistenceId, e.IsDeleted)));
        Assert.Single(events.Select(e => e.WriterGuid).Distinct());
        Assert.All(events, e => Assert.NotEqual(0, e.Timestamp));
    });

    [SkippableFact]
    public Task Should_replay_a_long_history_whole_and_in_order() => RunAsync(kind, kit =>
    {
        const int Length = 257;
        Write(kit, "one", 1, Length);

        var (events, highest) = Replay(kit, "one");

        Assert.Equal(Enumerable.Range(1, Length).Select(i => (long)i), events.Select(e => e.SequenceNr));
        Assert.Equal(Length, highest);
        Assert.Equal(150, Replay(kit, "one", 1, long.MaxValue, 150).Events.Count);
    });

    [SkippableFact]
    public Task Should_not_replay_what_was_deleted_and_still_know_the_highest_number() => RunAsync(kind, kit =>
    {
        Write(kit, "one", 1, 5);

        Delete(kit, "one", 3);
        Assert.Equal([4L, 5], Replay(kit, "one").Events.Select(e => e.SequenceNr));

        Delete(kit, "one", long.MaxValue);
        var (events, highest) = Replay(kit, "one");
        Assert.Empty(events);
        Assert.Equal(5, highest);
    });

    [SkippableFact]
    public Task Should_know_the_highest_number_of_a_write_that_is_still_under_way() => RunAsync(kind, kit =>
    {
        for (var i = 1; i <= 50; i++)
        {
            var writer = kit.CreateTestProbe();
            var reader = kit.CreateTestProbe();
            Tell(kit, writer, $"{i}", [Atomic(Event($"{i}", 1))]);
            Journal(kit).Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, $"{i}", reader.Ref), reader.Ref);

            reader.FishForMessage(m => m is RecoverySuccess { HighestSequenceNr: 1 }, Patience);
        }
    });

    [SkippableFact]
    public Task Should_answer_everyone_who_writes_at_once_and_mix_nothing_up() => RunAsync(kind, kit =>
    {
        const int Writers = 300;
        var probes = Enumerable.Range(0, Writers).Select(_ => kit.CreateTestProbe()).ToArray();
        for (var i = 0; i < Writers; i++)
        {
            Tell(kit, probes[i], $"w{i}", [Atomic(Event($"w{i}", 1, "odd", i % 2 == 1)), Atomic(Event($"w{i}", 2, "odd", i % 2 == 1), Event($"w{i}", 3))]);
        }

        for (var i = 0; i < Writers; i++)
        {
            probes[i].ExpectMsg<WriteMessagesSuccessful>(Patience);
            foreach (var nr in new[] { 1, 2, 3 })
            {
                Assert.Equal(($"w{i}", nr), probes[i].ExpectMsg<WriteMessageSuccess>(Patience) is { Persistent: var p } ? (p.PersistenceId, p.SequenceNr) : default);
            }
        }

        // All at once again: each gets its own history.
        for (var i = 0; i < Writers; i++)
        {
            Journal(kit).Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, $"w{i}", probes[i].Ref), probes[i].Ref);
        }

        for (var i = 0; i < Writers; i++)
        {
            Assert.Equal([$"w{i}-1", $"w{i}-2", $"w{i}-3"], Replayed(probes[i]).Events.Select(e => e.Payload));
        }

        var odd = Tagged(kit, "odd", Writers);
        Assert.Equal(
            Enumerable.Range(0, Writers).Where(i => i % 2 == 1).SelectMany(i => new[] { ($"w{i}", 1L), ($"w{i}", 2L) }).Order(),
            odd.Select(e => (e.PersistenceId, e.SequenceNr)).Order());

        // Within one writer, the order of the journal is that of its numbers.
        Assert.All(odd.GroupBy(e => e.PersistenceId), g => Assert.Equal([1L, 2L], g.Select(e => e.SequenceNr)));
    });

    [SkippableFact]
    public Task Should_keep_every_tag_of_an_event() => RunAsync(kind, kit =>
    {
        var probe = kit.CreateTestProbe();
        var e = new Persistent(new Tagged("both", ["a", "b;c"]), 1, "one", "", writerGuid: "w");
        Tell(kit, probe, "one", [new AtomicWrite(e)]);
        probe.ExpectMsg<WriteMessagesSuccessful>(Patience);

        Assert.Equal("both", Assert.Single(Tagged(kit, "a", 1)).Event);
        Assert.Equal("both", Assert.Single(Tagged(kit, "b;c", 1)).Event);
    });

    [SkippableFact]
    public Task Should_reject_what_cannot_be_serialized_and_store_the_rest() => RunAsync(kind, kit =>
    {
        var probe = kit.CreateTestProbe();
        Tell(kit, probe, "one", [Atomic(Event("one", 1)), new AtomicWrite(new Persistent(new Unserializable(), 2, "one", "")), Atomic(Event("one", 3))]);

        probe.ExpectMsg<WriteMessagesSuccessful>(Patience);
        Assert.Equal(1, probe.ExpectMsg<WriteMessageSuccess>(Patience).Persistent.SequenceNr);
        Assert.Equal(2, probe.ExpectMsg<WriteMessageRejected>(Patience).Persistent.SequenceNr);
        Assert.Equal(3, probe.ExpectMsg<WriteMessageSuccess>(Patience).Persistent.SequenceNr);
        Assert.Equal([1L, 3], Replay(kit, "one").Events.Select(e => e.SequenceNr));
    });

    [SkippableFact]
    public Task Should_fail_a_number_that_is_taken_and_store_nothing_of_that_write() => RunAsync(kind, kit =>
    {
        Write(kit, "one", 1, 2);
        var probe = kit.CreateTestProbe();

        Tell(kit, probe, "one", [Atomic(Event("one", 3)), Atomic(Event("one", 2))]);

        probe.ExpectMsg<WriteMessagesFailed>(Patience);
        probe.ExpectMsg<WriteMessageFailure>(Patience);
        probe.ExpectMsg<WriteMessageFailure>(Patience);
        Assert.Equal([1L, 2], Replay(kit, "one").Events.Select(e => e.SequenceNr));
    });

    [SkippableFact]
    public async Task Should_be_read_by_the_other_journal_and_read_what_that_wrote()
    {
        var other = kind == JournalKind.Stock ? JournalKind.Batching : JournalKind.Stock;
        await RunAsync(kind, kit =>
        {
            Write(kit, "one", 1, 120, "shared");
            Save(kit, "one", 100);
        });
        await RunAsync(other, kit =>
        {
            Assert.Equal(120, Replay(kit, "one").Events.Count);
            Assert.Equal(("snapshot-100", 100), Load(kit, "one"));
            Write(kit, "one", 121, 3, "shared");
            Save(kit, "one", 122);
            Delete(kit, "one", 118);
        });
        await RunAsync(kind, kit =>
        {
            var (events, highest) = Replay(kit, "one");
            Assert.Equal([119L, 120, 121, 122, 123], events.Select(e => e.SequenceNr));
            Assert.Equal(123, highest);
            Assert.Equal(("snapshot-122", 122), Load(kit, "one"));
            Assert.Equal([119L, 120, 121, 122, 123], Tagged(kit, "shared", 5).Select(e => e.SequenceNr));
        });
    }

    [SkippableFact]
    public async Task Should_replay_the_whole_history_of_one_who_left_and_came_back()
    {
        string[] lives = ["here", "there", "here"];
        await RunAsync(JournalKind.Batching, kit =>
        {
            foreach (var (nr, life) in lives.Index())
            {
                var probe = kit.CreateTestProbe();
                Tell(kit, probe, "one", [Atomic(Event("one", nr + 1, writer: life))]);
                probe.ExpectMsg<WriteMessagesSuccessful>(Patience);
                probe.ReceiveN(1, Patience);
            }
        });

        await RunAsync(kind, kit => Assert.Equal(lives, Replay(kit, "one").Events.Select(e => e.WriterGuid)));
    }

    [SkippableFact]
    public Task Should_load_no_snapshot_where_there_is_none_and_the_latest_where_there_are_many() => RunAsync(kind, kit =>
    {
        Save(kit, "one", 3);
        Save(kit, "one", 7);

        Assert.Equal(("snapshot-7", 7), Load(kit, "one"));
        Assert.Equal(("snapshot-3", 3), Load(kit, "one", new SnapshotSelectionCriteria(6)));
        Assert.Null(Load(kit, "two"));
    });

    private protected async Task RunAsync(JournalKind journal, Action<Akka.TestKit.Xunit2.TestKit> work)
    {
        var given = _database.Options;
        var options = new StorageOptions { Provider = given.Provider, DataDirectory = given.DataDirectory, ConnectionString = given.ConnectionString, Journal = journal };
        var system = ActorSystem.Create("journal", BootstrapSetup.Create().WithConfig(PersistenceConfig.Hocon(options)).And(PersistenceConfig.Setup(options)));
        try
        {
            using var kit = new Akka.TestKit.Xunit2.TestKit(system);
            await Task.Run(() => work(kit));
        }
        finally
        {
            await system.Terminate();
        }
    }

    private protected static void Write(TestKitBase kit, string id, int from, int count, string? tag = null)
    {
        var probe = kit.CreateTestProbe();
        Tell(kit, probe, id, [.. Enumerable.Range(from, count).Select(nr => Atomic(Event(id, nr, tag ?? "", tag is not null)))]);
        probe.ExpectMsg<WriteMessagesSuccessful>(Patience);
        probe.ReceiveN(count, Patience);
    }

    private protected static void Tell(TestKitBase kit, TestProbe writer, string id, ImmutableList<AtomicWrite> writes) =>
        Journal(kit).Tell(new WriteMessages(writes, writer.Ref, id.Length), writer.Ref);

    private protected static AtomicWrite Atomic(params IPersistentRepresentation[] events) => new([.. events]);

    private protected static Persistent Event(string id, long nr, string tag = "", bool tagged = false, string writer = "writer") =>
        new(tagged ? new Tagged($"{id}-{nr}", [tag]) : $"{id}-{nr}", nr, id, "", writerGuid: writer);

    private protected static (IReadOnlyList<IPersistentRepresentation> Events, long Highest) Replay(
        TestKitBase kit, string id, long from = 1, long to = long.MaxValue, long max = long.MaxValue)
    {
        var probe = kit.CreateTestProbe();
        Journal(kit).Tell(new ReplayMessages(from, to, max, id, probe.Ref), probe.Ref);
        return Replayed(probe);
    }

    private static (IReadOnlyList<IPersistentRepresentation> Events, long Highest) Replayed(TestProbe probe)
    {
        var events = new List<IPersistentRepresentation>();
        while (true)
        {
            switch (probe.ReceiveOne(Patience))
            {
                case ReplayedMessage replayed:
                    events.Add(replayed.Persistent);
                    break;
                case RecoverySuccess done:
                    return (events, done.HighestSequenceNr);
                case var other:
                    throw new InvalidOperationException($"unexpected {other}", (other as ReplayMessagesFailure)?.Cause);
            }
        }
    }

    private static void Delete(TestKitBase kit, string id, long to)
    {
        var probe = kit.CreateTestProbe();
        Journal(kit).Tell(new DeleteMessagesTo(id, to, probe.Ref), probe.Ref);
        probe.ExpectMsg<DeleteMessagesSuccess>(Patience);
    }

    private static void Save(TestKitBase kit, string id, long nr)
    {
        var probe = kit.CreateTestProbe();
        Snapshots(kit).Tell(new SaveSnapshot(new SnapshotMetadata(id, nr, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(nr)), $"snapshot-{nr}"), probe.Ref);
        probe.ExpectMsg<SaveSnapshotSuccess>(Patience);
    }

    private static (string Snapshot, long Nr)? Load(TestKitBase kit, string id, SnapshotSelectionCriteria? criteria = null)
    {
        var probe = kit.CreateTestProbe();
        Snapshots(kit).Tell(new LoadSnapshot(id, criteria ?? SnapshotSelectionCriteria.Latest, long.MaxValue), probe.Ref);
        return probe.ExpectMsg<LoadSnapshotResult>(Patience).Snapshot is { } found ? ((string)found.Snapshot, found.Metadata.SequenceNr) : null;
    }

    private static IReadOnlyList<EventEnvelope> Tagged(TestKitBase kit, string tag, int count) =>
        PersistenceQuery.Get(kit.Sys).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier)
            .EventsByTag(tag, Offset.NoOffset()).Take(count).RunWith(Sink.Seq<EventEnvelope>(), kit.Sys.Materializer()).WaitAsync(Patience).GetAwaiter().GetResult();

    private static IActorRef Journal(TestKitBase kit) => Persistence.Instance.Apply(kit.Sys).JournalFor(null);

    private static IActorRef Snapshots(TestKitBase kit) => Persistence.Instance.Apply(kit.Sys).SnapshotStoreFor(null);

    /// <summary>No serializer can write it.</summary>
    private sealed class Unserializable
    {
        public string Text => throw new NotSupportedException();
    }
}
