using System.Collections.Immutable;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reputation;

namespace BounceActors.Engine.Wire;

internal static class SenderMapping
{
    public static Proto.ApplyDeltas ToProto(SenderCommands.ApplyDeltas c) => new()
    {
        Tenant = c.Tenant,
        Domain = c.Domain,
        Slice = c.Slice,
        Deltas =
        {
            c.Deltas.Select(d => new Proto.SenderDelta
            {
                Offset = d.Offset, OccurredAt = d.OccurredAt.ToWire(), Provider = d.Provider, Category = d.Category.ToWire(), Count = d.Count == 1 ? 0 : d.Count,
            }),
        },
    };

    public static SenderCommands.ApplyDeltas ToDomain(Proto.ApplyDeltas p) => new(
        p.Tenant,
        p.Domain,
        p.Slice,
        [.. p.Deltas.Select(d => new SenderDelta(d.Offset, d.OccurredAt.ToTime(), d.Provider, WireNames.Parse<BounceCategory>(d.Category), d.Count == 0 ? 1 : d.Count))]);

    public static Proto.GetSender ToProto(SenderCommands.GetSender c) => new() { Tenant = c.Tenant, Domain = c.Domain };

    public static SenderCommands.GetSender ToDomain(Proto.GetSender p) => new(p.Tenant, p.Domain);

    public static Proto.DeltasApplied ToProto(SenderEvents.DeltasApplied e) => new()
    {
        Tenant = e.Tenant,
        Domain = e.Domain,
        Slice = e.Slice,
        UpTo = e.UpTo,
        RecordedAt = e.RecordedAt.ToWire(),
        Counts = { e.Counts.Select(ToProto) },
    };

    public static SenderEvents.DeltasApplied ToDomain(Proto.DeltasApplied p) =>
        new(p.Tenant, p.Domain, p.Slice, p.UpTo, p.RecordedAt.ToTime(), [.. p.Counts.Select(ToDomain)]);

    public static Proto.SenderSnapshot ToProto(SenderDomainState s)
    {
        var proto = new Proto.SenderSnapshot
        {
            Hours =
            {
                s.Hours.OrderBy(h => h.Key.Hour).ThenBy(h => h.Key.Provider, StringComparer.Ordinal).ThenBy(h => h.Key.Category)
                    .Select(h => ToProto(new SenderCount(h.Key.Hour, h.Key.Provider, h.Key.Category, h.Value))),
            },
        };
        foreach (var (slice, offset) in s.Offsets)
        {
            proto.Offsets[slice] = offset;
        }

        foreach (var (category, count) in s.Totals)
        {
            proto.Totals[category.ToWire()] = count;
        }

        if (s.LastUpdated is { } updated)
        {
            proto.LastUpdated = updated.ToWire();
        }

        return proto;
    }

    public static SenderDomainState ToDomain(Proto.SenderSnapshot p) => new()
    {
        Offsets = p.Offsets.ToImmutableSortedDictionary(),
        Totals = p.Totals.ToImmutableSortedDictionary(t => WireNames.Parse<BounceCategory>(t.Key), t => t.Value),
        Hours = p.Hours.Select(ToDomain).ToImmutableDictionary(c => (c.Hour, c.Provider, c.Category), c => c.Count),
        LastUpdated = p.HasLastUpdated ? p.LastUpdated.ToTime() : null,
    };

    private static Proto.SenderCount ToProto(SenderCount c) =>
        new() { Hour = c.Hour.ToWire(), Provider = c.Provider, Category = c.Category.ToWire(), Count = c.Count };

    private static SenderCount ToDomain(Proto.SenderCount p) =>
        new(p.Hour.ToTime(), p.Provider, WireNames.Parse<BounceCategory>(p.Category), p.Count);
}
