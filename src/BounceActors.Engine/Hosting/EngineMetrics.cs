using System.Diagnostics.Metrics;
using BounceActors.Domain;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Suppressions;

namespace BounceActors.Engine.Hosting;

/// <summary>Every instrument of the engine, listed in docs/operations.md. None carries an address, or anything else that has no bound.</summary>
public sealed class EngineMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "BounceActors";

    private readonly Counter<long> _reports;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _refused;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _retries;

    public EngineMetrics(IMeterFactory meters, ProjectionProgress projections, SuppressionIndex index, JournalHealth journal)
    {
        var meter = meters.Create(MeterName);
        _reports = meter.CreateCounter<long>("bounceactors.reports", "{report}", "Reports that were decided");
        _duration = meter.CreateHistogram(
            "bounceactors.report.duration",
            "s",
            "Time from a report's arrival to its stored decision",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _refused = meter.CreateCounter<long>("bounceactors.calls.refused", "{call}", "Calls of the engine that were refused and may be repeated");
        _inFlight = meter.CreateUpDownCounter<long>("bounceactors.calls.in_flight", "{call}", "Calls of the engine in flight");
        _retries = meter.CreateCounter<long>("bounceactors.retries", "{retry}", "Retries whose time came");
        meter.CreateObservableCounter(
            "bounceactors.projection.events",
            () => projections.Slices.Select(s => new Measurement<long>(s.Events, Slice(s))),
            "{event}",
            "Events this node has written into the read tables");
        meter.CreateObservableGauge(
            "bounceactors.projection.lag",
            () => projections.Slices.Select(s => new Measurement<double>(s.Lag.TotalSeconds, Slice(s))),
            "s",
            "Time between the recording of the last projected event and its being written");
        meter.CreateObservableGauge("bounceactors.index.recipients", () => index.Count, "{recipient}", "Recipients in this node's suppression index");
        meter.CreateObservableGauge("bounceactors.index.size", () => index.Bytes, "By", "Memory of this node's suppression index");
        meter.CreateObservableGauge(
            "bounceactors.index.staleness",
            () => index.IsLoaded ? index.Staleness.TotalSeconds : -1,
            "s",
            "How far the suppression index may be behind what is recorded; -1 while it is loading");
        meter.CreateObservableGauge("bounceactors.journal.available", () => journal.Problem is null ? 1 : 0, null, "1 when the database answers, else 0");

        // There from the start: a rate of what appears with its first occurrence misses that occurrence.
        _refused.Add(0, new KeyValuePair<string, object?>("reason", "unavailable"));
        _refused.Add(0, new KeyValuePair<string, object?>("reason", "overloaded"));
        _retries.Add(0, new KeyValuePair<string, object?>("result", "emitted"));
        _retries.Add(0, new KeyValuePair<string, object?>("result", "cancelled"));
    }

    internal void Decided(ReportResult result, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds);
        _reports.Add(
            1,
            new("outcome", result.Verdict.Outcome.ToWire()),
            new("category", result.Verdict.Category.ToWire()),
            new("action", result.Action.ToWire()),
            new("duplicate", result.Duplicate));
    }

    internal void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void InFlight(int change) => _inFlight.Add(change);

    internal void RetryCame(bool emitted) => _retries.Add(1, new KeyValuePair<string, object?>("result", emitted ? "emitted" : "cancelled"));

    private static KeyValuePair<string, object?> Slice(SliceProgress slice) => new("slice", slice.Slice);
}
