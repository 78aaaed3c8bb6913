using System.Collections.Immutable;
using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Reputation;

/// <summary>One report, as its sender sees it.</summary>
/// <param name="Offset">Position of the report's event in its projection slice; never counted twice.</param>
/// <param name="OccurredAt">When it happened.</param>
/// <param name="Provider">Mailbox provider that answered; empty when not known.</param>
/// <param name="Category">What happened.</param>
/// <param name="Count">How often, where many are told as one.</param>
public sealed record SenderDelta(long Offset, DateTimeOffset OccurredAt, string Provider, BounceCategory Category, long Count = 1);

/// <summary>How many reports of a category a provider gave in one hour.</summary>
/// <param name="Hour">Start of the hour, UTC.</param>
/// <param name="Provider">Mailbox provider; empty when not known.</param>
/// <param name="Category">What happened.</param>
/// <param name="Count">How often.</param>
public sealed record SenderCount(DateTimeOffset Hour, string Provider, BounceCategory Category, long Count);

/// <summary>Commands to a sending domain.</summary>
public static class SenderCommands
{
    /// <summary>Counts a batch of reports of one projection slice, in the order of their offsets.</summary>
    /// <param name="Tenant">Whose sending domain.</param>
    /// <param name="Domain">The sending domain.</param>
    /// <param name="Slice">The projection slice the offsets belong to.</param>
    /// <param name="Deltas">The reports.</param>
    public sealed record ApplyDeltas(string Tenant, string Domain, int Slice, IReadOnlyList<SenderDelta> Deltas);

    /// <summary>How does the sender stand?</summary>
    /// <param name="Tenant">Whose sending domain.</param>
    /// <param name="Domain">The sending domain.</param>
    public sealed record GetSender(string Tenant, string Domain);
}

/// <summary>What has happened to a sending domain.</summary>
public static class SenderEvents
{
    /// <summary>Reports were counted.</summary>
    /// <param name="Tenant">Whose sending domain.</param>
    /// <param name="Domain">The sending domain.</param>
    /// <param name="Slice">The projection slice they came from.</param>
    /// <param name="UpTo">Offset of the last one.</param>
    /// <param name="RecordedAt">When, by our clock.</param>
    /// <param name="Counts">What was counted.</param>
    public sealed record DeltasApplied(
        string Tenant, string Domain, int Slice, long UpTo, DateTimeOffset RecordedAt, IReadOnlyList<SenderCount> Counts);
}

/// <summary>
/// A sending domain's reputation: totals for ever, hours by provider and category for <see cref="Window"/>. Counting is idempotent: what a
/// slice has delivered up to its last offset is passed over. Both methods are pure.
/// </summary>
public sealed record SenderDomainState
{
    /// <summary>How long hours are kept, and over which time the score is taken.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    /// <summary>A domain nothing is known about.</summary>
    public static SenderDomainState Empty { get; } = new();

    /// <summary>Last offset counted per projection slice.</summary>
    public ImmutableSortedDictionary<int, long> Offsets { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Reports per category since the beginning.</summary>
    public ImmutableSortedDictionary<BounceCategory, long> Totals { get; init; } = ImmutableSortedDictionary<BounceCategory, long>.Empty;

    /// <summary>Reports per hour, provider and category within <see cref="Window"/>.</summary>
    public ImmutableDictionary<(DateTimeOffset Hour, string Provider, BounceCategory Category), long> Hours { get; init; } =
        ImmutableDictionary<(DateTimeOffset, string, BounceCategory), long>.Empty;

    /// <summary>When something was last counted.</summary>
    public DateTimeOffset? LastUpdated { get; init; }

    /// <summary>The event that counts what is new in a batch; null when nothing is.</summary>
    public SenderEvents.DeltasApplied? Decide(SenderCommands.ApplyDeltas command, DateTimeOffset now)
    {
        var seen = Offsets.GetValueOrDefault(command.Slice, -1);
        var fresh = command.Deltas.Where(d => d.Offset > seen).DistinctBy(d => d.Offset).ToList();
        if (fresh.Count == 0)
        {
            return null;
        }

        var counts = fresh
            .GroupBy(d => (Hour: HourOf(d.OccurredAt), d.Provider, d.Category))
            .Select(g => new SenderCount(g.Key.Hour, g.Key.Provider, g.Key.Category, g.Sum(d => d.Count)))
            .OrderBy(c => c.Hour).ThenBy(c => c.Provider, StringComparer.Ordinal).ThenBy(c => c.Category)
            .ToList();
        return new SenderEvents.DeltasApplied(command.Tenant, command.Domain, command.Slice, fresh.Max(d => d.Offset), now, counts);
    }

    /// <summary>The state after an event.</summary>
    public SenderDomainState Apply(SenderEvents.DeltasApplied e)
    {
        var totals = Totals.ToBuilder();
        var hours = Hours.ToBuilder();
        foreach (var count in e.Counts)
        {
            totals[count.Category] = totals.GetValueOrDefault(count.Category) + count.Count;
            var hour = (count.Hour, count.Provider, count.Category);
            hours[hour] = hours.GetValueOrDefault(hour) + count.Count;
        }

        hours.RemoveRange(hours.Keys.Where(h => h.Hour < HourOf(e.RecordedAt) - Window).ToList());
        return this with
        {
            Offsets = Offsets.SetItem(e.Slice, e.UpTo),
            Totals = totals.ToImmutable(),
            Hours = hours.ToImmutable(),
            LastUpdated = e.RecordedAt,
        };
    }

    /// <summary>How the domain stands at <paramref name="now"/>.</summary>
    public SenderStanding Standing(DateTimeOffset now)
    {
        var recent = Hours.Where(h => h.Key.Hour >= HourOf(now) - Window).ToList();
        var impacts = recent.Select(h => (Impact: SenderImpact.Of(h.Key.Category), Count: h.Value)).ToList();
        var worst = impacts.Select(i => i.Impact.Severity).DefaultIfEmpty(Severity.Low).Max();
        return new SenderStanding(
            Math.Max(0, 100 + impacts.Sum(i => i.Impact.ScoreChange * i.Count)),
            worst,
            impacts.Any(i => i.Impact.Alert),
            [.. impacts.OrderByDescending(i => i.Impact.Severity).SelectMany(i => i.Impact.Recommendations).Distinct()],
            Totals.Where(t => Taxonomy.Of(t.Key).Outcome == Reports.ReportOutcome.Bounce).Sum(t => t.Value),
            Totals.Where(t => Taxonomy.Of(t.Key) is { Type: BounceType.HardBounce }).Sum(t => t.Value),
            Totals.GetValueOrDefault(BounceCategory.ReputationBlock),
            Totals.GetValueOrDefault(BounceCategory.DeliverySuccess),
            Totals.GetValueOrDefault(BounceCategory.Complaint),
            Totals,
            recent.GroupBy(h => h.Key.Provider).ToImmutableSortedDictionary(
                g => g.Key,
                g => (IReadOnlyDictionary<BounceCategory, long>)g.GroupBy(h => h.Key.Category).ToImmutableSortedDictionary(c => c.Key, c => c.Sum(h => h.Value)),
                StringComparer.Ordinal),
            LastUpdated);
    }

    private static DateTimeOffset HourOf(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return new DateTimeOffset(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, TimeSpan.Zero);
    }
}

/// <summary>How a sending domain stands (the guide's reputation metrics).</summary>
/// <param name="Score">100 plus the score changes of the last seven days, never below 0.</param>
/// <param name="Severity">The worst severity of the last seven days.</param>
/// <param name="Alert">Whether a report of the last seven days called for an alert.</param>
/// <param name="Recommendations">What to do, most urgent first.</param>
/// <param name="TotalBounces">Bounces since the beginning.</param>
/// <param name="HardBounces">Hard bounces since the beginning.</param>
/// <param name="ReputationBlocks">Reputation blocks since the beginning.</param>
/// <param name="Delivered">Deliveries since the beginning.</param>
/// <param name="Complaints">Complaints since the beginning.</param>
/// <param name="Categories">Reports per category since the beginning.</param>
/// <param name="Providers">Reports of the last seven days per provider and category.</param>
/// <param name="LastUpdated">When something was last counted.</param>
public sealed record SenderStanding(
    long Score,
    Severity Severity,
    bool Alert,
    IReadOnlyList<string> Recommendations,
    long TotalBounces,
    long HardBounces,
    long ReputationBlocks,
    long Delivered,
    long Complaints,
    IReadOnlyDictionary<BounceCategory, long> Categories,
    IReadOnlyDictionary<string, IReadOnlyDictionary<BounceCategory, long>> Providers,
    DateTimeOffset? LastUpdated)
{
    /// <summary>Rates of the last seven days over all providers.</summary>
    public SenderRates Rates => SenderRates.Of(Providers.Values);

    /// <summary>Rates of the last seven days per provider.</summary>
    public IReadOnlyDictionary<string, SenderRates> ProviderRates =>
        Providers.ToImmutableSortedDictionary(p => p.Key, p => SenderRates.Of([p.Value]), StringComparer.Ordinal);
}

/// <summary>Reports in relation to what was sent (USERS section 4: bounces to attempts, complaints to deliveries).</summary>
/// <param name="Attempts">Deliveries and bounces.</param>
/// <param name="Delivered">Deliveries.</param>
/// <param name="BounceRate">Bounces per attempt, 0 to 1; null without attempts.</param>
/// <param name="HardBounceRate">Hard bounces per attempt, 0 to 1; null without attempts.</param>
/// <param name="ComplaintRate">Complaints per delivery; null without deliveries.</param>
public sealed record SenderRates(long Attempts, long Delivered, double? BounceRate, double? HardBounceRate, double? ComplaintRate)
{
    /// <summary>The rates of counts per category, added up.</summary>
    public static SenderRates Of(IEnumerable<IReadOnlyDictionary<BounceCategory, long>> counts)
    {
        var all = counts.SelectMany(c => c).ToList();
        var delivered = all.Where(c => c.Key == BounceCategory.DeliverySuccess).Sum(c => c.Value);
        var bounces = all.Where(c => Taxonomy.Of(c.Key).Outcome == Reports.ReportOutcome.Bounce).Sum(c => c.Value);
        var hard = all.Where(c => Taxonomy.Of(c.Key) is { Outcome: Reports.ReportOutcome.Bounce, Type: BounceType.HardBounce }).Sum(c => c.Value);
        var complaints = all.Where(c => c.Key == BounceCategory.Complaint).Sum(c => c.Value);
        var attempts = delivered + bounces;
        return new SenderRates(
            attempts, delivered, Rate(bounces, attempts), Rate(hard, attempts), Rate(complaints, delivered));

        static double? Rate(long part, long whole) => whole == 0 ? null : (double)part / whole;
    }
}
