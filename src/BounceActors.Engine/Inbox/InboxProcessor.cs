using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Inbox;

/// <summary>
/// Works on payloads of this node: reads each by the reader of its source, has every report decided, and writes down what became of it. A failure that
/// may pass gives the payload back to be tried later; what cannot be understood becomes a dead letter. Doing a payload twice changes nothing.
/// </summary>
public sealed class InboxProcessor : IAsyncDisposable
{
    /// <summary>Reports of one payload decided at the same time.</summary>
    private const int Parallelism = 32;

    /// <summary>Attempts that failed for no reason anybody thought of, until the payload is given up.</summary>
    private const int MostFaults = 10;
    private const int MostFinishedPerTransaction = 512;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<IPayloadReader> _readers;
    private readonly BounceEngine _engine;
    private readonly InboxStore _store;
    private readonly InboxMetrics _metrics;
    private readonly InboxOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<InboxProcessor> _log;
    private readonly FairQueue<StoredPayload> _queue;
    private readonly FairQueue<GroupCommit<PayloadOutcome, bool>.Entry> _outcomes = new(int.MaxValue, long.MaxValue);
    private readonly GroupCommit<PayloadOutcome, bool> _finisher;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, StoredPayload> _held = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _working = Task.CompletedTask;

    public InboxProcessor(
        IEnumerable<IPayloadReader> readers, BounceEngine engine, InboxStore store, InboxMetrics metrics, InboxOptions options, TimeProvider time, ILogger<InboxProcessor> log)
    {
        _readers = [.. readers];
        _engine = engine;
        _store = store;
        _metrics = metrics;
        _options = options;
        _time = time;
        _log = log;
        _queue = new FairQueue<StoredPayload>(options.QueuePerSource, options.HalfOfMemory);
        _finisher = new GroupCommit<PayloadOutcome, bool>(1, MostFinishedPerTransaction, long.MaxValue, _outcomes, async outcomes =>
        {
            await _store.FinishAsync(outcomes, CancellationToken.None);
            return [.. outcomes.Select(_ => true)];
        });
    }

    /// <summary>Begins to work.</summary>
    public void Start()
    {
        _finisher.Start();
        _working = Task.WhenAll([.. Enumerable.Range(0, _options.Workers).Select(_ => Task.Run(WorkAsync)), Task.Run(KeepLeasesAsync)]);
    }

    /// <summary>Ends after the payloads in work, and gives back what waits.</summary>
    public async Task StopAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _working;
        await _finisher.DisposeAsync();
        if (_held.IsEmpty)
        {
            return;
        }

        try
        {
            await _store.RenewAsync(_held.Values, _time.GetUtcNow(), CancellationToken.None);
        }
        catch (StorageUnavailableException cause)
        {
            _log.LogWarning(cause, "{Count} payloads could not be given back; others take them in {Seconds} s", _held.Count, _options.LeaseSeconds);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    /// <summary>Takes a place for a payload; false when there is none.</summary>
    internal bool TryEnter(Lane lane, long size) => !_stop.IsCancellationRequested && _queue.TryEnter(lane, size);

    /// <summary>Gives a place back unused.</summary>
    internal void Leave(Lane lane, long size) => _queue.Leave(lane, size);

    /// <summary>Works on a payload for which a place was taken, of its body's size.</summary>
    internal void Add(StoredPayload payload)
    {
        _held[payload.Id] = payload;
        _queue.Add(payload.Lane, payload, payload.Body.Length);
    }

    /// <summary>Works on a payload for which a place without a size was taken.</summary>
    internal void AddClaimed(StoredPayload payload)
    {
        _queue.Grow(payload.Lane, payload.Body.Length);
        Add(payload);
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            StoredPayload payload;
            try
            {
                (_, payload, _) = await _queue.TakeAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var outcome = await DecideAsync(payload);
                _outcomes.TryEnter(payload.Lane, 0);
                await _finisher.WriteAsync(payload.Lane, outcome, 0);
                _metrics.Finished(payload, outcome.State, outcome.At);
                _held.TryRemove(payload.Id, out _);
            }
            catch (Exception cause)
            {
                // Its lease ends, and somebody tries again; what was decided is known again.
                _held.TryRemove(payload.Id, out _);
                _log.LogWarning(cause, "What became of payload {Payload} of {Source} could not be written down; it will be tried again", payload.Id, payload.Source);
            }
            finally
            {
                _queue.Leave(payload.Lane, payload.Body.Length);
            }
        }
    }

    private async Task<PayloadOutcome> DecideAsync(StoredPayload payload)
    {
        PayloadReading reading;
        try
        {
            reading = _readers.FirstOrDefault(r => r.Reads(payload.Source))?.Read(payload)
                ?? PayloadReading.NotUnderstood($"nothing here reads payloads of the source {payload.Source}");
        }
        catch (Exception cause)
        {
            _log.LogError(cause, "Payload {Payload} of {Source} could not be read", payload.Id, payload.Source);
            reading = PayloadReading.NotUnderstood($"its reader failed ({cause.GetType().Name})");
        }

        var problems = reading.Problems.ToList();
        var reports = new List<BounceReport>(reading.Reports.Count);
        var places = new Dictionary<EmailAddress, int>();
        foreach (var report in reading.Reports)
        {
            if (report.Recipient is not { } recipient)
            {
                problems.Add(new PayloadProblem("$", $"orphan: a report names no recipient{(report.MessageId is null ? "" : $"; its message is {report.MessageId}")}"));
                continue;
            }

            var place = places.GetValueOrDefault(recipient);
            places[recipient] = place + 1;
            reports.Add(report with
            {
                SourceEventId = report.SourceEventId ?? $"{payload.Id:N}:{place}",
                OccurredAt = report.OccurredAt ?? payload.ReceivedAt,
            });
        }

        var decided = new System.Collections.Concurrent.ConcurrentBag<BounceReport>();
        Exception? passing = null;
        Exception? fault = null;
        await Parallel.ForEachAsync(
            reports.Where(r => !payload.Settled.Has(r)).GroupBy(r => r.Recipient),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (ofRecipient, cancel) =>
            {
                foreach (var report in ofRecipient)
                {
                    if (passing is not null)
                    {
                        // The rest would only wait for the same answer.
                        return;
                    }

                    try
                    {
                        await _engine.ReportAsync(payload.Tenant, report, cancel);
                        decided.Add(report);
                    }
                    catch (Exception e) when (e is EngineUnavailableException or EngineOverloadedException or StorageUnavailableException)
                    {
                        passing = e;
                    }
                    catch (Exception e)
                    {
                        fault = e;
                    }
                }
            });
        return Outcome(payload, reading, reports, problems, [.. decided], passing, fault);
    }

    private PayloadOutcome Outcome(
        StoredPayload payload, PayloadReading reading, List<BounceReport> reports, List<PayloadProblem> problems, IReadOnlyList<BounceReport> decided, Exception? passing, Exception? fault)
    {
        var now = _time.GetUtcNow();
        var settled = decided.Count == 0 ? payload.Settled : payload.Settled.With(decided);
        var givenUp = false;
        if (fault is not null)
        {
            _log.LogError(fault, "A report of payload {Payload} of {Source} could not be decided", payload.Id, payload.Source);
            givenUp = passing is null && payload.Attempts + 1 >= MostFaults;
            problems.Add(new PayloadProblem("$", $"a report could not be decided ({fault.GetType().Name})"));
        }

        var state = (passing ?? fault) is not null && !givenUp ? InboxState.Pending
            : problems.Count == 0 ? InboxState.Done
            : reports.Count == 0 || givenUp ? InboxState.Dead
            : InboxState.Partial;
        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(payload.Attempts, 10))));
        return new PayloadOutcome(payload, state, state == InboxState.Pending ? now + pause : null, reports.Count(settled.Has), problems, reading.Note, settled, now);
    }

    /// <summary>Keeps what waits or is worked on from being taken by others.</summary>
    private async Task KeepLeasesAsync()
    {
        using var timer = new PeriodicTimer(_options.Lease / 3, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await _store.RenewAsync(_held.Values, _time.GetUtcNow() + _options.Lease, _stop.Token);
                }
                catch (StorageUnavailableException cause)
                {
                    _log.LogWarning(cause, "Payloads in work could not be kept; others may take them too, and nothing counts twice");
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }
}
