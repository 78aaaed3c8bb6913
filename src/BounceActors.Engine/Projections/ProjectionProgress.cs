using System.Collections.Concurrent;

namespace BounceActors.Engine.Projections;

/// <summary>How far the projections of this node have come, for readiness, metrics and the admin pages.</summary>
public sealed class ProjectionProgress
{
    private readonly ConcurrentDictionary<int, SliceProgress> _slices = new();

    /// <summary>What is known of each slice that has run on this node.</summary>
    public IReadOnlyCollection<SliceProgress> Slices => [.. _slices.Values.OrderBy(s => s.Slice)];

    internal void Wrote(int slice, long offset, int events, DateTimeOffset recordedAt, DateTimeOffset now) => _slices.AddOrUpdate(
        slice,
        _ => new SliceProgress(slice, offset, events, now, now - recordedAt, null, null),
        (_, known) => known with { Offset = offset, Events = known.Events + events, WrittenAt = now, Lag = now - recordedAt, LastError = null, LastErrorAt = null });

    internal void Failed(int slice, string error, DateTimeOffset now) => _slices.AddOrUpdate(
        slice,
        _ => new SliceProgress(slice, -1, 0, null, TimeSpan.Zero, error, now),
        (_, known) => known with { LastError = error, LastErrorAt = now });

    /// <summary>The slice runs again, and has nothing to write: whatever it failed at is over.</summary>
    internal void Idle(int slice)
    {
        if (_slices.TryGetValue(slice, out var known))
        {
            _slices[slice] = known with { LastError = null, LastErrorAt = null };
        }
    }

    /// <summary>The slice runs here no more; what it failed at is for whoever runs it now.</summary>
    internal void Left(int slice)
    {
        if (_slices.TryGetValue(slice, out var known))
        {
            _slices[slice] = known with { Lag = TimeSpan.Zero, LastError = null, LastErrorAt = null };
        }
    }
}

/// <summary>How far one projection slice has come.</summary>
/// <param name="Slice">Which slice.</param>
/// <param name="Offset">Offset of the last event written; -1 before the first.</param>
/// <param name="Events">Events written by this node since it started.</param>
/// <param name="WrittenAt">When something was last written.</param>
/// <param name="Lag">Time between the recording of the last event and its being written.</param>
/// <param name="LastError">The error since the last success; null when there is none.</param>
/// <param name="LastErrorAt">When it occurred.</param>
public sealed record SliceProgress(int Slice, long Offset, long Events, DateTimeOffset? WrittenAt, TimeSpan Lag, string? LastError, DateTimeOffset? LastErrorAt);
