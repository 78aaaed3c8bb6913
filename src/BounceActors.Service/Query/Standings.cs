using BounceActors.Domain;
using BounceActors.Domain.Recipients;

namespace BounceActors.Service.Query;

/// <summary>One thing that keeps a recipient from being mailed.</summary>
internal sealed record SuppressionJson(
    string Level, string? Stream, DateTimeOffset? Until, string Reason, DateTimeOffset Since, string? Actor, IReadOnlyList<Guid> Causes)
{
    public static SuppressionJson Of(Suppression s) => new(s.Level.ToWire(), s.Stream, s.Until, s.Reason, s.Since, s.Actor, s.Causes);
}

/// <summary>May it be mailed?</summary>
internal sealed record VerdictJson(string Verdict, string Level, DateTimeOffset? Until, string? Reason)
{
    public static VerdictJson Of(SendVerdict v) => new(v.Advice.ToWire(), v.Level.ToWire(), v.Until, v.Reason);
}

/// <summary>Where a recipient stands.</summary>
internal sealed record StandingJson(
    string Level,
    DateTimeOffset? Until,
    bool Removed,
    double Score,
    int BounceCount,
    int Consecutive,
    IReadOnlyDictionary<string, int> Types,
    DateTimeOffset? LastBounceAt,
    DateTimeOffset? LastDeliveryAt,
    IReadOnlyList<SuppressionJson> Suppressions)
{
    public static StandingJson Of(Standing s, DateTimeOffset now) => new(
        s.LevelAt(now).ToWire(),
        s.UntilAt(now),
        s.Removed,
        s.Score,
        s.BounceCount,
        s.Consecutive,
        s.Types.ToDictionary(t => t.Key.ToWire(), t => t.Value),
        s.LastBounceAt,
        s.LastDeliveryAt,
        [.. s.Suppressions.Select(SuppressionJson.Of)]);
}
