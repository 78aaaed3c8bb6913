using System.Diagnostics.Metrics;
using BounceActors.Domain;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Inbox;

/// <summary>The inbox's instruments, listed in docs/operations.md. Sources are configured, so their names have a bound.</summary>
public sealed class InboxMetrics
{
    private readonly Counter<long> _appended;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _finished;
    private readonly Histogram<double> _lag;

    public InboxMetrics(IMeterFactory meters, InboxBacklog backlog, TimeProvider time)
    {
        var meter = meters.Create(EngineMetrics.MeterName);
        _appended = meter.CreateCounter<long>("bounceactors.inbox.payloads", "{payload}", "Payloads that were stored, or known again");
        _bytes = meter.CreateCounter<long>("bounceactors.inbox.received", "By", "Bytes of the payloads that were stored");
        _refused = meter.CreateCounter<long>("bounceactors.inbox.refused", "{payload}", "Payloads that were refused for the moment");
        _finished = meter.CreateCounter<long>("bounceactors.inbox.finished", "{payload}", "Attempts on payloads by what became of them");
        _lag = meter.CreateHistogram(
            "bounceactors.inbox.lag",
            "s",
            "Time from a payload's arrival to its last decision",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600] });
        meter.CreateObservableGauge(
            "bounceactors.inbox.pending",
            () => backlog.All.GroupBy(b => b.Source).Select(g => new Measurement<long>(g.Sum(b => b.Pending), Source(g.Key))),
            "{payload}",
            "Payloads that are not decided yet, all nodes together");
        meter.CreateObservableGauge(
            "bounceactors.inbox.overdue",
            () => backlog.All.GroupBy(b => b.Source).Select(g => new Measurement<double>(Math.Max(0, (time.GetUtcNow() - g.Min(b => b.FirstDue)).TotalSeconds), Source(g.Key))),
            "s",
            "How long the longest waiting payload waits for somebody to work on it");
    }

    internal void Appended(string source, bool fresh, int bytes)
    {
        _appended.Add(1, Source(source), new("repeated", !fresh));
        _bytes.Add(bytes, Source(source));
    }

    internal void Refused(string source, string reason) => _refused.Add(1, Source(source), new("reason", reason));

    internal void Finished(StoredPayload payload, InboxState state, DateTimeOffset now)
    {
        _finished.Add(1, Source(payload.Source), new("state", state.ToWire()));
        if (state != InboxState.Pending)
        {
            _lag.Record((now - payload.ReceivedAt).TotalSeconds, Source(payload.Source));
        }
    }

    private static KeyValuePair<string, object?> Source(string name) => new("source", name);
}
