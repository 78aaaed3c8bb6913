using System.Collections.Frozen;

namespace BounceActors.Engine.Inbox;

/// <summary>What waits in the database, as the last count said. Each node counts for itself.</summary>
public sealed class InboxBacklog
{
    private volatile FrozenDictionary<Lane, (long Pending, DateTimeOffset FirstDue)> _lanes = FrozenDictionary<Lane, (long, DateTimeOffset)>.Empty;

    internal long Of(Lane lane) => _lanes.TryGetValue(lane, out var waiting) ? waiting.Pending : 0;

    /// <summary>By tenant and source: how many are pending, and since when the first is due (later than now: somebody works on it).</summary>
    public IReadOnlyList<(string Tenant, string Source, long Pending, DateTimeOffset FirstDue)> All =>
        [.. _lanes.Select(l => (l.Key.Tenant, l.Key.Source, l.Value.Pending, l.Value.FirstDue))];

    internal void Set(IReadOnlyList<(Lane Lane, long Pending, DateTimeOffset FirstDue)> counted) =>
        _lanes = counted.ToFrozenDictionary(c => c.Lane, c => (c.Pending, c.FirstDue));
}
