using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Retries;

/// <summary>
/// Emits the retries of one partition when they are due: reads the due table in windows, asks each recipient whether its retry is still wanted, and marks it
/// emitted in the transaction that puts <c>retry.due</c> into the outbox, so that it is emitted once however often this is tried.
/// It keeps nothing in memory: what was due while no scheduler ran is emitted by the next one.
/// </summary>
public sealed class RetrySchedulerActor : ReceiveActor, IWithTimers
{
    /// <summary>Most retries of one window.</summary>
    public const int Window = 500;

    private const int Parallelism = 32;
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(15);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly int _partition;
    private readonly ReadStore _store;
    private readonly IActorRef _recipients;
    private readonly EngineMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;

    public RetrySchedulerActor(int partition, ReadStore store, IActorRef recipients, EngineMetrics metrics, TimeProvider time, TimeSpan interval)
    {
        _partition = partition;
        _store = store;
        _recipients = recipients;
        _metrics = metrics;
        _time = time;
        _interval = interval;

        ReceiveAsync<Tick>(_ => EmitDueAsync());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Next(TimeSpan.Zero);

    private async Task EmitDueAsync()
    {
        var wait = _interval;
        try
        {
            var due = await _store.DueRetriesAsync(_partition, _time.GetUtcNow(), Window, CancellationToken.None);
            var failures = 0;
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (retry, cancel) =>
            {
                try
                {
                    await EmitAsync(retry, cancel);
                }
                catch (Exception cause)
                {
                    if (Interlocked.Increment(ref failures) == 1)
                    {
                        _log.Warning(cause, "Retry {Attempt} of recipient {RecipientKey} could not be emitted; it stays due", retry.Attempt, retry.RecipientKey);
                    }
                }
            });
            wait = due.Count == Window && failures == 0 ? TimeSpan.Zero : _interval;
        }
        catch (Exception cause)
        {
            _log.Warning(cause, "Due retries could not be read; they stay due");
        }

        Next(wait);
    }

    private async Task EmitAsync(RetryRow retry, CancellationToken cancel)
    {
        var question = new RecipientCommands.ConfirmRetry { Key = retry.RecipientKey, MessageId = retry.MessageId, Attempt = retry.Attempt };
        var reply = await _recipients.Ask<RecipientReplies.Reply>(question, ConfirmTimeout, cancel);
        var now = _time.GetUtcNow();
        switch (reply)
        {
            case RecipientReplies.RetryConfirmed { Wanted: true }:
                if (await _store.EmitRetryAsync(retry.Id, now, cancel))
                {
                    _metrics.RetryCame(emitted: true);
                }

                break;
            case RecipientReplies.RetryConfirmed unwanted:
                if (await _store.CancelRetryAsync(retry.Id, unwanted.Because ?? "unwanted", now, cancel))
                {
                    _metrics.RetryCame(emitted: false);
                }

                break;
            default:
                throw new InvalidOperationException($"the recipient did not say whether its retry is wanted: {(reply as RecipientReplies.Failed)?.Reason}");
        }
    }

    private void Next(TimeSpan wait) => Timers.StartSingleTimer("tick", Tick.Instance, wait);

    /// <summary>Time to look for due retries; tests send it themselves.</summary>
    public sealed class Tick : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
    {
        public static readonly Tick Instance = new();

        private Tick()
        {
        }
    }
}

/// <summary>Registry key of the scheduler.</summary>
public sealed class RetryScheduler;

public static class RetryHosting
{
    /// <summary>A scheduler per partition, kept alive by the cluster; two of one at once during a hand-over emit nothing twice.</summary>
    public static AkkaConfigurationBuilder AddRetryScheduler(this AkkaConfigurationBuilder builder, NodeOptions node, TimeSpan interval) =>
        builder.AddWorkers<RetryScheduler>(
            node,
            "retries",
            ReadStore.RetryPartitions,
            (registry, resolver) => partition => Props.Create(() => new RetrySchedulerActor(
                partition, resolver.GetService<ReadStore>(), registry.Get<RecipientRegion>(), resolver.GetService<EngineMetrics>(), resolver.GetService<TimeProvider>(), interval)));
}
