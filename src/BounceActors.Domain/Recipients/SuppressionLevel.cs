using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Recipients;

/// <summary>How far a recipient is kept from being mailed, weakest first. The first five are the guide's levels.</summary>
public enum SuppressionLevel
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A bounce within the last days.</summary>
    TemporarilySuppressed,

    /// <summary>The recipient score fell under its threshold.</summary>
    ReputationSuppressed,

    /// <summary>Too many bounces.</summary>
    SoftSuppressed,

    /// <summary>Too many consecutive hard or block bounces.</summary>
    HardSuppressed,

    /// <summary>On the suppression list of a category (the guide's <c>move_to_suppression</c>).</summary>
    Listed,

    /// <summary>Taken off all lists (the guide's <c>remove_immediately</c>), until re-qualified.</summary>
    Removed,

    /// <summary>Complained about spam.</summary>
    Complaint,

    /// <summary>Opted out of a stream, or of everything.</summary>
    Unsubscribed,

    /// <summary>Set by an operator.</summary>
    Manual,

    /// <summary>Set for legal reasons.</summary>
    Legal,
}

/// <summary>One thing that keeps a recipient from being mailed.</summary>
/// <param name="Level">How strongly.</param>
/// <param name="Stream">The stream it is limited to; null means all.</param>
/// <param name="Until">When it ends by itself; null means never.</param>
/// <param name="Reason">Why, as a short code such as <c>consecutive_bounces</c> or <c>user_not_found</c>, or the operator's words.</param>
/// <param name="Since">When it began.</param>
/// <param name="Actor">Who set it; null when a report did.</param>
/// <param name="Causes">Ids of the reports it rests on.</param>
public sealed record Suppression(
    SuppressionLevel Level,
    string? Stream,
    DateTimeOffset? Until,
    string Reason,
    DateTimeOffset Since,
    string? Actor,
    IReadOnlyList<Guid> Causes)
{
    /// <summary>Whether it holds at <paramref name="now"/> for mail of <paramref name="stream"/>.</summary>
    public bool AppliesTo(string? stream, DateTimeOffset now) =>
        (Until is not { } until || now < until)
        && (Stream is null || string.Equals(Stream, stream, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Where a recipient stands after a change: what projections write down and answers show.</summary>
/// <param name="Suppressions">Everything that holds, strongest first.</param>
/// <param name="BounceCount">Counted reports (SEMANTICS 6.4).</param>
/// <param name="Consecutive">Hard and block bounces since the last delivery.</param>
/// <param name="Score">Recipient score, 100 downwards, never below 0.</param>
/// <param name="Types">Counted reports per type.</param>
/// <param name="LastBounceAt">Time of the last counted report.</param>
/// <param name="LastDeliveryAt">Time of the last delivery.</param>
public sealed record Standing(
    IReadOnlyList<Suppression> Suppressions,
    int BounceCount,
    int Consecutive,
    double Score,
    IReadOnlyDictionary<BounceType, int> Types,
    DateTimeOffset? LastBounceAt,
    DateTimeOffset? LastDeliveryAt)
{
    /// <summary>Nothing has happened yet.</summary>
    public static Standing Clean { get; } = new([], 0, 0, 100, new Dictionary<BounceType, int>(), null, null);

    /// <summary>The level at <paramref name="now"/>: the strongest one that covers all streams, removal and category lists aside.</summary>
    public SuppressionLevel LevelAt(DateTimeOffset now) => LevelSuppression(now)?.Level ?? SuppressionLevel.None;

    /// <summary>When the level at <paramref name="now"/> ends by itself.</summary>
    public DateTimeOffset? UntilAt(DateTimeOffset now) => LevelSuppression(now)?.Until;

    /// <summary>Whether the recipient was removed and not re-qualified since.</summary>
    public bool Removed => Suppressions.Any(s => s.Level == SuppressionLevel.Removed);

    /// <summary>May a mail of <paramref name="stream"/> be sent at <paramref name="now"/>?</summary>
    public SendVerdict Check(string? stream, DateTimeOffset now)
    {
        var strongest = Suppressions.FirstOrDefault(s => s.AppliesTo(stream, now));
        if (strongest is null)
        {
            return new SendVerdict(SendAdvice.Allow, SuppressionLevel.None, null, null);
        }

        return new SendVerdict(AdviceAt(strongest.Level), strongest.Level, strongest.Until, strongest.Reason);
    }

    /// <summary>What to do about a recipient of whom a level is the strongest that applies.</summary>
    public static SendAdvice AdviceAt(SuppressionLevel level) => level switch
    {
        SuppressionLevel.None => SendAdvice.Allow,
        SuppressionLevel.TemporarilySuppressed => SendAdvice.Hold,
        _ => SendAdvice.Deny,
    };

    private Suppression? LevelSuppression(DateTimeOffset now) =>
        Suppressions.FirstOrDefault(s => s.Level is not (SuppressionLevel.Removed or SuppressionLevel.Listed) && s.AppliesTo(null, now));
}

/// <summary>What the suppression check advises.</summary>
public enum SendAdvice
{
    /// <summary>Send.</summary>
    Allow,

    /// <summary>Send one mail as a probe.</summary>
    AllowProbe,

    /// <summary>Not before the given time.</summary>
    Hold,

    /// <summary>Do not send.</summary>
    Deny,
}

/// <summary>The answer of the suppression check.</summary>
/// <param name="Advice">What to do.</param>
/// <param name="Level">The strongest level that applies.</param>
/// <param name="Until">When it ends by itself; null when it does not.</param>
/// <param name="Reason">Its reason; null when nothing applies.</param>
public sealed record SendVerdict(SendAdvice Advice, SuppressionLevel Level, DateTimeOffset? Until, string? Reason);
