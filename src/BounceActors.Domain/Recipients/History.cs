using System.Collections.Immutable;
using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Recipients;

/// <summary>What an entry of a recipient's history is.</summary>
public enum EntryKind
{
    /// <summary>A report that counts against the recipient.</summary>
    Strike,

    /// <summary>Further evidence of a strike that is already settled into the sums: it counts no second time.</summary>
    Evidence,

    /// <summary>A delivery.</summary>
    Delivery,

    /// <summary>A re-qualification by an operator: what came before no longer counts.</summary>
    Reset,
}

/// <summary>One fact about a recipient that levels rest on.</summary>
/// <param name="EventId">Id of the report or decision it came from.</param>
/// <param name="Kind">What it is.</param>
/// <param name="OccurredAt">When it happened; history is folded in this order.</param>
/// <param name="MessageId">The message it is about; null when not known.</param>
/// <param name="Category">Category of a strike.</param>
/// <param name="Type">Type a strike counts as.</param>
/// <param name="Action">Action of a strike.</param>
public sealed record HistoryEntry(
    Guid EventId,
    EntryKind Kind,
    DateTimeOffset OccurredAt,
    string? MessageId = null,
    BounceCategory Category = BounceCategory.Unknown,
    BounceType Type = BounceType.SoftBounce,
    RemediationAction Action = RemediationAction.NoAction) : IComparable<HistoryEntry>
{
    /// <summary>
    /// By time; equal times by kind, then by id, so that the order of arrival never matters. A message can bounce in the second it was taken
    /// in, but is not delivered in the second it bounced: the delivery comes first. A reset comes after what happened at its moment.
    /// </summary>
    public int CompareTo(HistoryEntry? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byTime = OccurredAt.CompareTo(other.OccurredAt);
        if (byTime != 0)
        {
            return byTime;
        }

        var byKind = Rank(Kind).CompareTo(Rank(other.Kind));
        return byKind != 0 ? byKind : EventId.CompareTo(other.EventId);
    }

    /// <summary>Whether this strike, rather than <paramref name="other"/>, is the one that a message they share costs the recipient.</summary>
    internal bool Outweighs(HistoryEntry other)
    {
        var byType = Weight(Type).CompareTo(Weight(other.Type));
        var byPenalty = byType != 0 ? byType : RecipientPolicy.Penalty(Category).CompareTo(RecipientPolicy.Penalty(other.Category));
        return byPenalty != 0 ? byPenalty > 0 : CompareTo(other) < 0;
    }

    private static int Weight(BounceType type) => type is BounceType.HardBounce or BounceType.BlockBounce ? 1 : 0;

    private static int Rank(EntryKind kind) => kind switch
    {
        EntryKind.Delivery => 0,
        EntryKind.Reset => 2,
        _ => 1,
    };
}

/// <summary>The sums of a history, and what they rest on.</summary>
public sealed record Tally
{
    /// <summary>Nothing counted yet.</summary>
    public static Tally Empty { get; } = new();

    /// <summary>Counted reports, one per message.</summary>
    public int BounceCount { get; init; }

    /// <summary>Hard and block bounces since the last delivery.</summary>
    public int Consecutive { get; init; }

    /// <summary>Sum of the penalties.</summary>
    public double Penalty { get; init; }

    /// <summary>Counted reports per type.</summary>
    public ImmutableSortedDictionary<BounceType, int> Types { get; init; } = ImmutableSortedDictionary<BounceType, int>.Empty;

    /// <summary>Time of the last counted report.</summary>
    public DateTimeOffset? LastBounceAt { get; init; }

    /// <summary>Time of the last delivery.</summary>
    public DateTimeOffset? LastDeliveryAt { get; init; }

    /// <summary>The report that removed the recipient.</summary>
    public HistoryEntry? RemovedBy { get; init; }

    /// <summary>The reports that put the recipient on a category's list, one per category.</summary>
    public ImmutableList<HistoryEntry> ListedBy { get; init; } = [];

    /// <summary>Ids of the counted reports, latest last, at most <see cref="MaxCauses"/>.</summary>
    public ImmutableList<Guid> Causes { get; init; } = [];

    /// <summary>Most causes that are named for one level.</summary>
    public const int MaxCauses = 10;

    /// <summary>Recipient score: 100 minus the penalties, never below 0.</summary>
    public double Score => Math.Max(0, 100 - Penalty);
}

/// <summary>
/// A recipient's history: entries in the order they happened, whatever order they arrived in, and the sums of what is too old to keep singly.
/// Folding it gives the same <see cref="Tally"/> for every order of arrival.
/// </summary>
/// <param name="Settled">Sums of the entries before <paramref name="SettledUntil"/>.</param>
/// <param name="SettledUntil">Time of the last settled entry; null when none is.</param>
/// <param name="Entries">Entries kept singly, sorted.</param>
public sealed record History(Tally Settled, DateTimeOffset? SettledUntil, ImmutableList<HistoryEntry> Entries)
{
    /// <summary>Entries kept singly; older ones are settled into sums, and what still arrives from before them counts at that point.</summary>
    public const int MaxEntries = 200;

    /// <summary>No history.</summary>
    public static History Empty { get; } = new(Tally.Empty, null, []);

    /// <summary>This history with one more entry, in its place.</summary>
    public History With(HistoryEntry entry, RecipientPolicy policy)
    {
        var at = Entries.BinarySearch(entry);
        if (at >= 0)
        {
            return this;
        }

        var entries = Entries.Insert(~at, entry);
        if (entries.Count <= MaxEntries)
        {
            return this with { Entries = entries };
        }

        var oldest = entries[0];
        var effective = Effective(entries, policy);
        var rest = entries.RemoveAt(0);
        return new History(
            Step(Settled, oldest, effective, policy),
            Later(SettledUntil, oldest.OccurredAt),
            oldest.Kind == EntryKind.Strike && effective.Contains(oldest) ? WithoutFurtherStrikes(rest, oldest, policy) : rest);
    }

    /// <summary>
    /// This history with the entry of <paramref name="eventId"/> replaced, or taken out when <paramref name="replacement"/> is null.
    /// What is settled can no longer be told apart and stays.
    /// </summary>
    public History Replace(Guid eventId, HistoryEntry? replacement, RecipientPolicy policy)
    {
        var without = this with { Entries = Entries.RemoveAll(e => e.EventId == eventId) };
        var settled = without.Entries.Count == Entries.Count && replacement?.OccurredAt <= SettledUntil;
        return replacement is null || settled ? without : without.With(replacement, policy);
    }

    /// <summary>The sums of the whole history.</summary>
    public Tally Fold(RecipientPolicy policy)
    {
        var effective = Effective(Entries, policy);
        return Entries.Aggregate(Settled, (tally, entry) => Step(tally, entry, effective, policy));
    }

    /// <summary>Counted strikes from <paramref name="from"/> on, for a soft window.</summary>
    public int CountedSince(DateTimeOffset from, RecipientPolicy policy) =>
        Effective(Entries, policy).Count(e => e.Kind == EntryKind.Strike && e.OccurredAt >= from);

    /// <summary>
    /// The entries since the last reset that have their full effect. One message costs one strike, its strongest (SEMANTICS I1); by policy,
    /// bounces too close together cost one, and a delivery of a message that bounced after all is none.
    /// </summary>
    private static HashSet<HistoryEntry> Effective(ImmutableList<HistoryEntry> entries, RecipientPolicy policy)
    {
        var counted = entries.RemoveRange(0, entries.FindLastIndex(e => e.Kind == EntryKind.Reset) + 1);
        var messages = new Dictionary<string, (HistoryEntry Strongest, HistoryEntry Last)>(StringComparer.Ordinal);
        foreach (var entry in counted)
        {
            if (entry is { Kind: EntryKind.Strike, MessageId: { } message })
            {
                var strongest = messages.TryGetValue(message, out var known) && !entry.Outweighs(known.Strongest) ? known.Strongest : entry;
                messages[message] = (strongest, entry);
            }
        }

        var effective = new HashSet<HistoryEntry>(ReferenceEqualityComparer.Instance);
        DateTimeOffset? last = null;
        foreach (var entry in counted)
        {
            (HistoryEntry Strongest, HistoryEntry Last)? bounced =
                entry.MessageId is { } message && messages.TryGetValue(message, out var known) ? known : null;
            var counts = entry.Kind switch
            {
                EntryKind.Strike => (bounced is null || ReferenceEquals(bounced.Value.Strongest, entry))
                    && !(entry.OccurredAt - last < policy.MinStrikeSpacing),
                EntryKind.Delivery => !(policy.OutOfBandContradictsDelivery && bounced?.Last.CompareTo(entry) > 0),
                _ => true,
            };
            if (counts)
            {
                effective.Add(entry);
                last = entry.Kind == EntryKind.Strike ? entry.OccurredAt : last;
            }
        }

        return effective;
    }

    /// <summary>What a counted strike kept from counting, the other reports on its message and bounces too close to it, must not count once it is settled.</summary>
    private static ImmutableList<HistoryEntry> WithoutFurtherStrikes(ImmutableList<HistoryEntry> entries, HistoryEntry counted, RecipientPolicy policy) =>
        entries.ConvertAll(e =>
            e.Kind == EntryKind.Strike
            && ((e.MessageId is not null && e.MessageId == counted.MessageId) || e.OccurredAt - counted.OccurredAt < policy.MinStrikeSpacing)
                ? e with { Kind = EntryKind.Evidence }
                : e);

    private static Tally Step(Tally tally, HistoryEntry entry, HashSet<HistoryEntry> effective, RecipientPolicy policy) => entry.Kind switch
    {
        EntryKind.Strike when effective.Contains(entry) => Strike(tally, entry, policy),
        EntryKind.Strike or EntryKind.Evidence => Seen(tally, entry),
        EntryKind.Delivery => tally with
        {
            // A delivery from before what is already settled does not undo it.
            Consecutive = effective.Contains(entry) && !(tally.LastBounceAt > entry.OccurredAt) ? 0 : tally.Consecutive,
            LastDeliveryAt = Later(tally.LastDeliveryAt, entry.OccurredAt),
        },
        EntryKind.Reset => new Tally { LastDeliveryAt = tally.LastDeliveryAt },
        _ => throw new InvalidOperationException($"unknown history entry {entry.Kind}"),
    };

    private static Tally Strike(Tally tally, HistoryEntry entry, RecipientPolicy policy)
    {
        var consecutive = entry.Type switch
        {
            // A strike from before what is already settled was ended by the delivery that came after it.
            _ when entry.OccurredAt < tally.LastDeliveryAt => tally.Consecutive,
            BounceType.HardBounce or BounceType.BlockBounce => tally.Consecutive + 1,
            BounceType.SoftBounce when policy.ResetConsecutiveOnSoft => 0,
            _ => tally.Consecutive,
        };
        var causes = tally.Causes.Add(entry.EventId);
        return Seen(tally, entry) with
        {
            BounceCount = tally.BounceCount + 1,
            Consecutive = consecutive,
            Penalty = tally.Penalty + RecipientPolicy.Penalty(entry.Category),
            Types = tally.Types.SetItem(entry.Type, tally.Types.GetValueOrDefault(entry.Type) + 1),
            Causes = causes.Count > Tally.MaxCauses ? causes.RemoveAt(0) : causes,
        };
    }

    /// <summary>What further evidence about a message already counted still says: when it was last refused, and what to do about the recipient.</summary>
    private static Tally Seen(Tally tally, HistoryEntry entry) => tally with
    {
        LastBounceAt = Later(tally.LastBounceAt, entry.OccurredAt),
        RemovedBy = tally.RemovedBy ?? (entry.Action == RemediationAction.RemoveImmediately ? entry : null),
        ListedBy = entry.Action == RemediationAction.MoveToSuppression && tally.ListedBy.All(l => l.Category != entry.Category)
            ? tally.ListedBy.Add(entry)
            : tally.ListedBy,
    };

    private static DateTimeOffset Later(DateTimeOffset? a, DateTimeOffset b) => a is { } time && time > b ? time : b;
}
