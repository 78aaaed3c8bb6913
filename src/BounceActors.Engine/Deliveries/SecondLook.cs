using Akka.Actor;
using Akka.Hosting;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Suppressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Deliveries;

/// <summary>
/// Looks again, some seconds later, whether the recipient of a counted delivery was unknown only to this node: another may have recorded a bounce that this node's
/// index had not heard of. Then the recipient is told of the delivery after all.
/// </summary>
public sealed class SecondLook(
    SuppressionIndex index, IRequiredActor<RecipientRegion> recipients, IndexOptions options, TimeProvider time, ILogger<SecondLook> log) : BackgroundService
{
    /// <summary>Most deliveries in mind; beyond, the oldest are looked at early.</summary>
    private const int MaxWaiting = 100_000;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(12);

    private readonly Queue<(long At, RecipientCommands.RecordReport Report)> _waiting = new();

    /// <summary>Keeps a delivery in mind.</summary>
    public void Remember(RecipientCommands.RecordReport report)
    {
        lock (_waiting)
        {
            _waiting.Enqueue((time.GetTimestamp(), report));
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (Next() is { } report)
            {
                if (!index.SurelyKnowsNothingOf(report.Key))
                {
                    await TellAsync(report);
                }
            }
        }
    }

    private RecipientCommands.RecordReport? Next()
    {
        lock (_waiting)
        {
            return _waiting.TryPeek(out var oldest)
                && (_waiting.Count > MaxWaiting || time.GetElapsedTime(oldest.At) >= TimeSpan.FromSeconds(options.SecondLookSeconds))
                    ? _waiting.Dequeue().Report
                    : null;
        }
    }

    private async Task TellAsync(RecipientCommands.RecordReport report)
    {
        try
        {
            var region = await recipients.GetAsync(CancellationToken.None);
            if (await region.Ask<RecipientReplies.Reply>(report, AskTimeout) is RecipientReplies.Failed failed)
            {
                log.LogWarning("Recipient {RecipientKey} did not take note of a delivery: {Reason}; its next delivery will do", report.Key, failed.Reason);
            }
        }
        catch (AskTimeoutException)
        {
            log.LogWarning("Recipient {RecipientKey} did not take note of a delivery in time; its next delivery will do", report.Key);
        }
    }
}
