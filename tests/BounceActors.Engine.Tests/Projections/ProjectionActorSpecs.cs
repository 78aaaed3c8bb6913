using Akka.Actor;
using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Deliveries;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Tests.Storage;
using BounceActors.Engine.Wire;
using Xunit.Abstractions;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Projections;

public sealed class ProjectionActorSpecs : TestKit, IAsyncLifetime
{
    private readonly SqliteDatabase _database = new();
    private readonly TestProbe _recipients;
    private readonly RecipientKey _key = NewKey();
    private ReadStore _store = null!;

    public ProjectionActorSpecs(ITestOutputHelper output)
        : base(EngineTestConfig.WithSqlite(Path.Combine(Path.GetTempPath(), $"bounceactors-{Guid.NewGuid():N}")), output: output) =>
        _recipients = CreateTestProbe();

    public async Task InitializeAsync() => _store = await _database.StoreAsync();

    async Task IAsyncLifetime.DisposeAsync()
    {
        await Sys.Terminate();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Should_tell_a_recipient_until_it_takes_note_of_a_delivery_that_was_counted_while_its_first_event_was_on_its_way()
    {
        await CountAsync();

        Start(Report(_key));

        var told = _recipients.ExpectMsg<RecipientCommands.RecordReport>();
        Assert.Equal((_key, ReportOutcome.Delivered, Noon), (told.Key, told.Verdict.Outcome, told.Facts.OccurredAt));
        Assert.Null(told.Facts.SenderDomain);
        _recipients.Reply(new RecipientReplies.Failed("the journal did not take the event"));

        Assert.Equal(told.EventId, _recipients.ExpectMsg<RecipientCommands.RecordReport>().EventId);
        _recipients.Reply(Noted);
        _recipients.ExpectNoMsg(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Should_tell_it_although_the_node_that_wrote_its_first_event_died_before()
    {
        await _store.ProjectAsync(Events.At(1, Report(_key)));
        await CountAsync();

        Start();

        Assert.Equal(_key, _recipients.ExpectMsg<RecipientCommands.RecordReport>().Key);
        _recipients.Reply(Noted);
    }

    [Fact]
    public async Task Should_go_on_without_a_recipient_that_cannot_be_told()
    {
        await CountAsync();
        _recipients.SetAutoPilot(new DelegateAutoPilot((sender, _) =>
        {
            sender.Tell(new RecipientReplies.Failed("its journal cannot be read"));
            return AutoPilot.KeepRunning;
        }));
        var next = NewKey();

        Start([Report(_key), .. Enumerable.Range(1, ProjectionActor.BatchSize).Select(_ => Report(NewKey())), Report(next)]);

        await AwaitConditionAsync(async () => await _store.ProjectedSequenceAsync(next, default) == 1, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Should_not_wake_it_for_what_was_counted_long_before()
    {
        await CountAsync();

        Start(Report(_key, at: Noon.AddHours(1)));

        await AwaitConditionAsync(async () => await _store.ProjectedSequenceAsync(_key, default) == 1);
        _recipients.ExpectNoMsg(TimeSpan.FromSeconds(1));
    }

    private static RecipientReplies.ReportDecided Noted => new(Guid.NewGuid(), false, SuppressionLevel.None, Standing.Clean, null, null);

    private Task CountAsync() => _store.CountDeliveriesAsync([new DeliveryRow(_key.Mark, 5, Tenant, "", "", Noon, "m9@example.com", "test")], default);

    private void Start(params RecipientEvents.Event[] journal)
    {
        var feed = new JournalFeed(new ReadOnlyJournal([.. journal.Select(Row)]), TimeProvider.System);
        var deliveries = new CountedDeliveries(_store, new ClassifierHolder(new BounceClassifier(RuleSet.Default)), new IndexOptions());
        Sys.ActorOf(Props.Create(() => new ProjectionActor(ProjectionSlices.Of(_key), _store, feed, new ProjectionProgress(), TestActor, _recipients.Ref, deliveries, TimeProvider.System)));
    }

    private JournalRow Row(RecipientEvents.Event e, int at)
    {
        var serializer = (WireSerializer)Sys.Serialization.FindSerializerFor(e);
        return new JournalRow
        {
            Ordering = at + 1,
            PersistenceId = RecipientActor.PersistenceIdOf(e.Key),
            SequenceNumber = 1,
            Identifier = serializer.Identifier,
            Manifest = serializer.Manifest(e),
            Message = serializer.ToBinary(e),
        };
    }

    /// <summary>A journal that is only read.</summary>
    private sealed class ReadOnlyJournal(JournalRow[] rows) : IJournalTables
    {
        public Task<Writers> WritersAsync(CancellationToken ct) => Task.FromResult(new Writers(rows.Length, new HashSet<string>()));

        public Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct) =>
            Task.FromResult<IReadOnlyList<JournalRow>>([.. rows.Where(r => r.Ordering > after && r.Ordering <= upTo)]);

        public Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct) => throw new NotSupportedException();

        public bool IsOfOne(Exception cause) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
