using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Journal;
using Akka.Persistence.Sql.Journal.Dao;
using Akka.Persistence.Sql.Journal.Types;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// The plugin's journal on the plugin's tables, with the three things every recipient does (ask for its highest sequence number, replay, write) done
/// for many at once. Making tables, deleting, and whatever is rare stays the plugin's (docs/decisions/batching-journal.md).
/// </summary>
internal sealed class BatchingJournal : SqlWriteJournal
{
    /// <summary>Events of a replay that are read together with those of others; a longer one goes on the plugin's way.</summary>
    internal const int ReplayRows = 100;

    private readonly IJournalTables _tables;
    private readonly ByteArrayJournalSerializer _serializer;
    private readonly Akka.Serialization.Serialization _serialization;
    private readonly IScheduler _scheduler;
    private readonly Batcher<JournalRow[], bool> _writes;
    private readonly Batcher<HighestQuery, long> _highest;
    private readonly Batcher<ReplayQuery, IReadOnlyList<JournalRow>> _replays;
    private readonly ConcurrentDictionary<string, Task> _writing = new();

    public BatchingJournal(Config config)
        : base(config)
    {
        var settings = new JournalConfig(config.WithFallback(SqlPersistence.DefaultJournalConfiguration));
        _tables = JournalTables.Open(config);
        _serialization = Context.System.Serialization;
        _scheduler = Context.System.Scheduler;
        _serializer = new ByteArrayJournalSerializer(settings, _serialization, settings.PluginConfig.TagSeparator, Guid.NewGuid().ToString("N"));

        var lanes = JournalTables.Lanes(config);
        var waiting = settings.DaoConfig.BufferSize;
        _writes = new Batcher<JournalRow[], bool>(new Limits(lanes, waiting, Items: 500, Weight: 4_000_000), WeightOf, StoreAsync, _tables.IsOfOne);
        _highest = new Batcher<HighestQuery, long>(new Limits(lanes, waiting, Items: 500, Weight: 500), _ => 1, _tables.HighestAsync, _tables.IsOfOne);
        _replays = new Batcher<ReplayQuery, IReadOnlyList<JournalRow>>(
            new Limits(lanes, waiting, Items: 200, Weight: 2_000), q => Math.Min(q.Max, q.To - q.From + 1), _tables.ReplayAsync, _tables.IsOfOne);
    }

    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        if (_writing.TryGetValue(persistenceId, out var writing))
        {
            // Whether it succeeds does not matter here, only that it is over.
            await Task.WhenAny(writing);
        }

        return await _highest.SubmitAsync(persistenceId, new HighestQuery(persistenceId, fromSequenceNr), cancellationToken);
    }

    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        if (max <= 0)
        {
            return;
        }

        var query = new ReplayQuery(persistenceId, fromSequenceNr, toSequenceNr, (int)Math.Min(max, ReplayRows));
        var rows = await _replays.SubmitAsync(persistenceId, query, CancellationToken.None);
        var replayed = 0;
        foreach (var row in rows.TakeWhile(r => r.Identifier is not null))
        {
            recoveryCallback(new Persistent(
                _serialization.Deserialize(row.Message, row.Identifier!.Value, row.Manifest),
                row.SequenceNumber,
                row.PersistenceId,
                row.EventManifest ?? row.Manifest,
                isDeleted: false,
                ActorRefs.NoSender,
                row.WriterUuid,
                row.Timestamp));
            replayed++;
        }

        // There may be more, or a row of an old plugin, which names a class instead of a serializer.
        if (replayed < max && (replayed < rows.Count || rows.Count == ReplayRows))
        {
            var next = replayed == 0 ? fromSequenceNr : rows[replayed - 1].SequenceNumber + 1;
            if (next <= toSequenceNr)
            {
                await base.ReplayMessagesAsync(context, persistenceId, next, toSequenceNr, max - replayed, recoveryCallback);
            }
        }
    }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        var serialized = _serializer.Serialize(writes, _scheduler.Now.UtcTicks);
        var rows = writes.Zip(serialized, (write, made) => made.IsSuccess ? made.Success.Value.Zip(PayloadOf(write), Signed) : []).SelectMany(made => made).ToArray();

        // What cannot be serialized is rejected, and its writer lives on; what cannot be stored is a failure, and its writer stops.
        IImmutableList<Exception> rejections = serialized.TrueForAll(write => write.IsSuccess)
            ? ImmutableList<Exception>.Empty.AddRange(Enumerable.Repeat<Exception>(null!, serialized.Count))
            : [.. serialized.Select(write => write.Failure.Value)];
        if (rows.Length == 0)
        {
            return Task.FromResult(rejections);
        }

        var id = rows[0].PersistenceId;
        var writing = WriteAsync(id, rows, rejections, cancellationToken);
        _writing[id] = writing;
        _ = writing.ContinueWith(
            done => _writing.TryRemove(new KeyValuePair<string, Task>(id, done)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return writing;
    }

    protected override void PostStop()
    {
        _writes.Stop();
        _highest.Stop();
        _replays.Stop();
        _ = _tables.DisposeAsync();
        base.PostStop();
    }

    private static IEnumerable<IPersistentRepresentation> PayloadOf(AtomicWrite write) => (IEnumerable<IPersistentRepresentation>)write.Payload;

    /// <summary>
    /// The plugin signs with the process. Whoever lives on one node, then on another and then on the first again would not be told apart from one that lives on
    /// both; each life of a recipient signs for itself.
    /// </summary>
    private static JournalRow Signed(JournalRow row, IPersistentRepresentation written)
    {
        row.WriterUuid = written.WriterGuid;
        return row;
    }

    private static long WeightOf(JournalRow[] rows) => rows.Sum(row => row.Message.Length + 200L);

    private async Task<IImmutableList<Exception>> WriteAsync(string id, JournalRow[] rows, IImmutableList<Exception> rejections, CancellationToken ct)
    {
        await _writes.SubmitAsync(id, rows, ct);
        return rejections;
    }

    private async Task<IReadOnlyList<bool>> StoreAsync(IReadOnlyList<JournalRow[]> writes, CancellationToken ct)
    {
        await _tables.WriteAsync([.. writes.SelectMany(rows => rows)], ct);
        return new bool[writes.Count];
    }
}
