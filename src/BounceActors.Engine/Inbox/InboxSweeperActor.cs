using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Inbox;

/// <summary>
/// Takes payloads that are due and nobody works on (their node died, it had no room, they failed or are replayed) and has this node work on them; and
/// deletes what is older than the retention. Kept alive by the cluster; several at once take different payloads.
/// </summary>
public sealed class InboxSweeperActor : ReceiveActor, IWithTimers
{
    private const int MostClaimed = 32;
    private const int MostDeleted = 1_000;
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeleteEvery = TimeSpan.FromMinutes(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly InboxStore _store;
    private readonly InboxProcessor _processor;
    private readonly InboxBacklog _backlog;
    private readonly InboxOptions _options;
    private readonly TimeProvider _time;
    private IReadOnlyList<Lane> _lanes = [];
    private DateTimeOffset _countedAt;
    private DateTimeOffset _deletedAt;

    public InboxSweeperActor(InboxStore store, InboxProcessor processor, InboxBacklog backlog, InboxOptions options, TimeProvider time)
    {
        _store = store;
        _processor = processor;
        _backlog = backlog;
        _options = options;
        _time = time;
        ReceiveAsync<Tick>(_ => SweepAsync());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Next(TimeSpan.Zero);

    private async Task SweepAsync()
    {
        var wait = TimeSpan.FromMilliseconds(_options.SweepMilliseconds);
        try
        {
            var now = _time.GetUtcNow();
            if (_lanes.Count == 0 || now - _countedAt >= CountEvery)
            {
                var counted = await _store.BacklogAsync(CancellationToken.None);
                _backlog.Set(counted);
                _lanes = [.. counted.Where(c => c.FirstDue <= now).Select(c => c.Lane)];
                _countedAt = now;
            }

            var claimed = 0;
            foreach (var lane in _lanes)
            {
                claimed += await ClaimAsync(lane, now);
            }

            if (claimed == 0)
            {
                _lanes = [];
                await DeleteOldAsync(now);
            }
            else
            {
                wait = TimeSpan.Zero;
            }
        }
        catch (StorageUnavailableException cause)
        {
            _log.Warning(cause, "The inbox could not be swept; what waits stays due");
        }

        Next(wait);
    }

    private async Task<int> ClaimAsync(Lane lane, DateTimeOffset now)
    {
        // How large they are is not known before they are here: their places begin empty.
        var places = 0;
        while (places < MostClaimed && _processor.TryEnter(lane, 0))
        {
            places++;
        }

        IReadOnlyList<StoredPayload> claimed = [];
        try
        {
            if (places > 0)
            {
                claimed = await _store.ClaimAsync(lane, now, now + _options.Lease, places, CancellationToken.None);
            }
        }
        finally
        {
            for (var i = claimed.Count; i < places; i++)
            {
                _processor.Leave(lane, 0);
            }
        }

        foreach (var payload in claimed)
        {
            _processor.AddClaimed(payload);
        }

        return claimed.Count;
    }

    private async Task DeleteOldAsync(DateTimeOffset now)
    {
        if (now - _deletedAt < DeleteEvery)
        {
            return;
        }

        var deleted = 0;
        int batch;
        do
        {
            batch = await _store.DeleteOldAsync(now - TimeSpan.FromDays(_options.RetentionDays), MostDeleted, CancellationToken.None);
            deleted += batch;
        }
        while (batch == MostDeleted);
        _deletedAt = now;
        if (deleted > 0)
        {
            _log.Info("{Count} payloads older than {Days} days were deleted", deleted, _options.RetentionDays);
        }
    }

    private void Next(TimeSpan wait) => Timers.StartSingleTimer("tick", Tick.Instance, wait);

    private sealed class Tick : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
    {
        public static readonly Tick Instance = new();

        private Tick()
        {
        }
    }
}

/// <summary>Registry key of the sweepers.</summary>
public sealed class InboxSweeper;

public static class InboxSweeperHosting
{
    /// <summary>Spread over the nodes, so that a backlog is worked on by several; one where there is one node anyway.</summary>
    private const int Sweepers = 4;

    public static AkkaConfigurationBuilder AddInboxSweepers(this AkkaConfigurationBuilder builder, NodeOptions node, StorageOptions storage, InboxOptions options) =>
        builder.AddWorkers<InboxSweeper>(
            node,
            "inbox",
            storage.Provider == StorageProvider.Sqlite ? 1 : Sweepers,
            (_, resolver) => _ => Props.Create(() => new InboxSweeperActor(
                resolver.GetService<InboxStore>(), resolver.GetService<InboxProcessor>(), resolver.GetService<InboxBacklog>(), options, resolver.GetService<TimeProvider>())));
}
