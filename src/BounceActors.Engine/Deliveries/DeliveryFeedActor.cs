using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Deliveries;

/// <summary>
/// Tells the sending domains how much was delivered. Counts go first to the domains, which take a number once, then out of the queue into the hours: what breaks in
/// between is told again and counted once.
/// </summary>
public sealed class DeliveryFeedActor : ReceiveActor, IWithTimers
{
    /// <summary>The slice under which sending domains remember these counts, beside those of the projections.</summary>
    public const int Slice = ReadStore.DeliverySlice;

    private const int Window = 2_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SenderTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ReadStore _store;
    private readonly IActorRef _senders;
    private readonly TimeSpan _memory;
    private readonly TimeProvider _time;
    private DateTimeOffset _forgotAt;

    public DeliveryFeedActor(ReadStore store, IActorRef senders, TimeSpan memory, TimeProvider time)
    {
        _store = store;
        _senders = senders;
        _memory = memory;
        _time = time;

        ReceiveAsync<Tick>(_ => FeedAsync());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartSingleTimer("tick", Tick.Instance, TimeSpan.Zero);

    private async Task FeedAsync()
    {
        var wait = Interval;
        try
        {
            var counts = await _store.DeliveryCountsAsync(Window, CancellationToken.None);
            await Task.WhenAll(counts.GroupBy(c => (c.Count.Tenant, c.Count.Domain)).Select(TellAsync));
            if (counts.Count > 0)
            {
                await _store.SettleDeliveryCountsAsync(counts, CancellationToken.None);
            }

            wait = counts.Count == Window ? TimeSpan.Zero : Interval;
            if (_time.GetUtcNow() - _forgotAt > ForgetEvery)
            {
                await _store.ForgetDeliveriesAsync(_time.GetUtcNow() - _memory, CancellationToken.None);
                _forgotAt = _time.GetUtcNow();
            }
        }
        catch (Exception cause)
        {
            _log.Warning(cause, "Delivery counts could not be passed on; they stay queued");
        }

        Timers.StartSingleTimer("tick", Tick.Instance, wait);
    }

    private async Task TellAsync(IGrouping<(string Tenant, string Domain), DeliveryCount> counts)
    {
        var deltas = counts.Select(c => new SenderDelta(c.Nr, c.Count.Hour, c.Count.Provider, c.Count.Category, c.Count.Count)).ToList();
        var reply = await _senders.Ask<SenderReplies.Reply>(new SenderCommands.ApplyDeltas(counts.Key.Tenant, counts.Key.Domain, Slice, deltas), SenderTimeout);
        if (reply is not SenderReplies.DeltasAcknowledged)
        {
            throw new InvalidOperationException($"the sending domain did not count: {(reply as SenderReplies.Failed)?.Reason}");
        }
    }

    /// <summary>Time to look for counts.</summary>
    public sealed class Tick : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
    {
        public static readonly Tick Instance = new();

        private Tick()
        {
        }
    }
}

/// <summary>Registry key of the feed.</summary>
public sealed class DeliveryFeed;

public static class DeliveryHosting
{
    /// <summary>One feed, kept alive by the cluster; two at once during a hand-over count nothing twice.</summary>
    public static AkkaConfigurationBuilder AddDeliveries(this AkkaConfigurationBuilder builder, NodeOptions node, IndexOptions options) =>
        builder.AddWorkers<DeliveryFeed>(
            node,
            "deliveries",
            1,
            (registry, resolver) => _ => Props.Create(() => new DeliveryFeedActor(
                resolver.GetService<ReadStore>(), registry.Get<SenderRegion>(), TimeSpan.FromDays(options.DeliveryMemoryDays), resolver.GetService<TimeProvider>())));
}
