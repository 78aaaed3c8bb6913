using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.Persistence.Sql.Journal.Types;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Deliveries;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;

namespace BounceActors.Engine.Projections;

/// <summary>
/// Carries one slice of the journal into the read tables and to the sending domains. A batch goes first to the senders, which count an
/// offset once, then with its offset into the tables in one transaction: whatever breaks in between is done again without counting twice.
/// The stream starts again from the stored offset after every failure. Recipients whose first event it wrote are told of deliveries that were counted before
/// their node could know of it; the last ones again at every start, so that none is passed over.
/// </summary>
public sealed class ProjectionActor : ReceiveActor
{
    /// <summary>Most events of one transaction.</summary>
    public const int BatchSize = 500;

    /// <summary>
    /// Least time between two readings that are not full. The first event after a pause goes at once; when they come in numbers, a batch costs the sending
    /// domains an event each, and every table a statement: few large ones are worth a short wait.
    /// </summary>
    private static readonly TimeSpan Rhythm = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan SenderTimeout = TimeSpan.FromSeconds(15);

    // Above the journal breaker's 10 s, so that the recipient's own word comes first.
    private static readonly TimeSpan RecipientTimeout = TimeSpan.FromSeconds(12);

    /// <summary>Starts of the stream that may fail because a recipient is not told; then the others go on without it.</summary>
    private const int MostUntold = 5;

    private readonly int _slice;
    private readonly string _name;
    private readonly ReadStore _store;
    private readonly JournalFeed _feed;
    private readonly ProjectionProgress _progress;
    private readonly IActorRef _senders;
    private readonly IActorRef _recipients;
    private readonly CountedDeliveries _deliveries;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;
    private readonly CancellationTokenSource _stopping = new();
    private readonly UniqueKillSwitch _stop;
    private int _untold;

    public ProjectionActor(int slice, ReadStore store, JournalFeed feed, ProjectionProgress progress, IActorRef senders, IActorRef recipients, CountedDeliveries deliveries, TimeProvider time)
    {
        _slice = slice;
        _name = NameOf(slice);
        _store = store;
        _feed = feed;
        _progress = progress;
        _senders = senders;
        _recipients = recipients;
        _deliveries = deliveries;
        _time = time;
        _stop = Run();
        Receive<StreamEnded>(_ => throw new InvalidOperationException($"the stream of {_name} ended"));
    }

    /// <summary>The name under which a slice's offset is kept.</summary>
    public static string NameOf(int slice) => $"recipients-{slice}";

    protected override void PostStop()
    {
        _stop.Shutdown();
        _stopping.Cancel();
        _progress.Left(_slice);
    }

    private UniqueKillSwitch Run()
    {
        var self = Self;
        var settings = RestartSettings.Create(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), 0.2);
        var (stop, done) = RestartSource.OnFailuresWithBackoff(Batches, settings)
            .ViaMaterialized(KillSwitches.Single<NotUsed>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<NotUsed>(), Keep.Both)
            .Run(Context.Materializer());
        done.PipeTo(self, success: () => StreamEnded.Instance, failure: _ => StreamEnded.Instance);
        return stop;
    }

    private Source<NotUsed, NotUsed> Batches() =>
        Source.FromTask(BeginAsync())
            .ConcatMany(start => Source.UnfoldAsync(new Position(start, start), ReadAsync))
            .SelectAsync(1, WriteAsync);

    /// <summary>Where to go on, once those of the last batch are told what they may not have been. Without anything to write, no success would ever follow the failure before; a node that is not ready for it gets nothing to write.</summary>
    private async Task<long> BeginAsync()
    {
        var start = await _store.OffsetAsync(_name, _stopping.Token);
        await TellAsync(await _store.LastNewcomersAsync(_slice, BatchSize, _stopping.Token));
        if (!await _feed.HasAsync(ProjectionSlices.TagOf(_slice), start, long.MaxValue, _stopping.Token))
        {
            _progress.Idle(_slice);
        }

        return start;
    }

    /// <summary>The next events. Positions without any are passed over; the stored offset is that of an event.</summary>
    private async Task<Option<(Position, Batch)>> ReadAsync(Position position)
    {
        try
        {
            while (true)
            {
                var wait = position.Full ? TimeSpan.Zero : Rhythm - _time.GetElapsedTime(position.At);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _stopping.Token);
                }

                var next = await _feed.NextAsync(ProjectionSlices.TagOf(_slice), position.Read, BatchSize, _stopping.Token);
                position = position with { Read = next.End, At = _time.GetTimestamp(), Full = next.Rows.Count == BatchSize };
                if (next.Rows.Count > 0)
                {
                    var batch = new Batch(position.Stored, [.. next.Rows.Select(Event)]);
                    return (position with { Stored = batch.End }, batch);
                }
            }
        }
        catch (Exception cause) when (!_stopping.IsCancellationRequested)
        {
            _progress.Failed(_slice, cause.Message, _time.GetUtcNow());
            _log.Warning(cause, "Projection {Projection} could not read the journal; it starts again from what is stored", _name);
            throw;
        }
    }

    private async Task<NotUsed> WriteAsync(Batch batch)
    {
        try
        {
            await Task.WhenAll(SenderBatches(batch.Events).Select(CountAsync));
            var result = await _store.ProjectAsync(_name, batch.Start, batch.End, batch.Events, MissingAsync, CancellationToken.None);
            foreach (var key in result.Gaps)
            {
                _log.Error("Projection {Projection} met a hole in the history of recipient {RecipientKey} that the journal cannot fill; its read rows miss an event", _name, key);
            }

            _progress.Wrote(_slice, batch.End, batch.Events.Count, batch.Events[^1].Event.RecordedAt, _time.GetUtcNow());
            await TellAsync([.. batch.Events.Where(e => e.SequenceNr == 1).Select(e => new Newcomer(e.Event.Key, e.Event.Tenant, e.Event.RecordedAt))]);
            return NotUsed.Instance;
        }
        catch (Exception cause) when (!_stopping.IsCancellationRequested)
        {
            _progress.Failed(_slice, cause.Message, _time.GetUtcNow());
            _log.Warning(cause, "Projection {Projection} could not write {Count} events after offset {Offset}; it starts again from what is stored", _name, batch.Events.Count, batch.Start);
            throw;
        }
    }

    /// <summary>Tells recipients of what was counted while their first event was on its way here.</summary>
    private async Task TellAsync(IReadOnlyList<Newcomer> newcomers)
    {
        var deliveries = await _deliveries.SinceAsync(newcomers, _stopping.Token);
        try
        {
            await Parallel.ForEachAsync(deliveries.GroupBy(d => d.Key), new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = _stopping.Token }, async (own, ct) =>
            {
                foreach (var delivery in own)
                {
                    if (await _recipients.Ask<RecipientReplies.Reply>(delivery, RecipientTimeout, ct) is RecipientReplies.Failed failed)
                    {
                        throw new InvalidOperationException($"recipient {own.Key} was not told of a delivery: {failed.Reason}");
                    }
                }
            });
            _untold = 0;
        }
        catch (Exception cause) when (!_stopping.IsCancellationRequested && ++_untold > MostUntold)
        {
            // One recipient that cannot be woken must not hold up all others of its slice for ever.
            _log.Error(cause, "Projection {Projection} could not tell a recipient of a delivery; its next delivery will do", _name);
            _untold = 0;
        }
    }

    /// <summary>The events of a recipient that its read rows lack, from the journal.</summary>
    private async Task<IReadOnlyList<ProjectedEvent>> MissingAsync(RecipientKey key, long from, long to)
    {
        _log.Warning("Projection {Projection} reads events {From} to {To} of recipient {RecipientKey} again; its read rows lack them", _name, from, to, key);
        var rows = await _feed.HistoryAsync(RecipientActor.PersistenceIdOf(key), from, to, _stopping.Token);
        return [.. rows.Select(Event)];
    }

    private ProjectedEvent Event(JournalRow row) => new(
        row.Ordering, row.SequenceNumber, (RecipientEvents.Event)_serialization.Deserialize(row.Message, row.Identifier!.Value, row.Manifest));

    private IEnumerable<SenderCommands.ApplyDeltas> SenderBatches(IEnumerable<ProjectedEvent> events) => events
        .Where(e => e.Event is RecipientEvents.ReportRecorded { Facts.SenderDomain: not null })
        .Select(e => (e.Offset, Report: (RecipientEvents.ReportRecorded)e.Event))
        .GroupBy(e => (e.Report.Tenant, Domain: e.Report.Facts.SenderDomain!))
        .Select(group => new SenderCommands.ApplyDeltas(
            group.Key.Tenant,
            group.Key.Domain,
            _slice,
            [.. group.Select(e => new SenderDelta(e.Offset, e.Report.OccurredAt, e.Report.Verdict.Provider ?? "", e.Report.Verdict.Category))]));

    private async Task CountAsync(SenderCommands.ApplyDeltas deltas)
    {
        var reply = await _senders.Ask<SenderReplies.Reply>(deltas, SenderTimeout, _stopping.Token);
        if (reply is not SenderReplies.DeltasAcknowledged)
        {
            throw new InvalidOperationException($"the sending domain did not count: {(reply as SenderReplies.Failed)?.Reason}");
        }
    }

    /// <param name="Stored">Offset that the tables will have when everything read so far is written.</param>
    /// <param name="Read">How far the feed was read.</param>
    /// <param name="At">When, as a timestamp of the clock.</param>
    /// <param name="Full">Whether there was more.</param>
    private sealed record Position(long Stored, long Read, long At = 0, bool Full = true);

    private sealed record Batch(long Start, IReadOnlyList<ProjectedEvent> Events)
    {
        public long End => Events[^1].Offset;
    }

    private sealed class StreamEnded : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly StreamEnded Instance = new();

        private StreamEnded()
        {
        }
    }
}

/// <summary>Registry key of the projections.</summary>
public sealed class ProjectionDaemon;

public static class ProjectionHosting
{
    /// <summary>One projection per slice, kept alive and spread over the nodes by the cluster.</summary>
    public static AkkaConfigurationBuilder AddProjections(this AkkaConfigurationBuilder builder, NodeOptions node) =>
        builder.AddWorkers<ProjectionDaemon>(
            node,
            "projections",
            ProjectionSlices.Count,
            (registry, resolver) => slice => Props.Create(() => new ProjectionActor(
                slice, resolver.GetService<ReadStore>(), resolver.GetService<JournalFeed>(), resolver.GetService<ProjectionProgress>(), registry.Get<SenderRegion>(), registry.Get<RecipientRegion>(), resolver.GetService<CountedDeliveries>(), resolver.GetService<TimeProvider>())));
}
