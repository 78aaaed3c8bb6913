using BounceActors.Domain.Recipients;

namespace BounceActors.Engine.Suppressions;

/// <summary>
/// What the index knows of one recipient, in eight bytes: level (4 bits), whether the read store has to be asked (1), reason (13, a number of
/// <see cref="ReasonTable"/>) and end (46, milliseconds since 1970).
/// </summary>
internal readonly record struct IndexEntry(ulong Bits)
{
    private const int ReasonBits = 13;
    private const int UntilBits = 46;
    private const ulong DetailBit = 1UL << (ReasonBits + UntilBits);

    /// <summary>Something is known, or about to be, that only the read store or the recipient can tell.</summary>
    public static readonly IndexEntry AskElsewhere = new(DetailBit);

    /// <summary>The recipient has a history, and nothing keeps it from being mailed.</summary>
    public static readonly IndexEntry Clean = new(0);

    /// <summary>Most reasons that fit.</summary>
    public const int MaxReasons = 1 << ReasonBits;

    public bool NeedsDetail => (Bits & DetailBit) != 0;

    public SuppressionLevel Level => (SuppressionLevel)(Bits >> (ReasonBits + UntilBits + 1));

    public int Reason => (int)(Bits >> UntilBits) & (MaxReasons - 1);

    /// <summary>When it ends, in milliseconds since 1970; 0 when it does not.</summary>
    public long UntilMilliseconds => (long)(Bits & ((1UL << UntilBits) - 1));

    /// <summary>
    /// The entry of a recipient's suppressions, strongest first. One suffices where the strongest always decides: it covers all streams, and either never ends
    /// or stands alone.
    /// </summary>
    /// <param name="strongest">The strongest; null when there is none.</param>
    /// <param name="alone">Whether there is no other.</param>
    /// <param name="reasons">Numbers of reasons.</param>
    public static IndexEntry Of(Suppression? strongest, bool alone, ReasonTable reasons)
    {
        if (strongest is null)
        {
            return Clean;
        }

        var until = strongest.Until?.ToUnixTimeMilliseconds() ?? 0;
        if (strongest.Stream is not null || (strongest.Until is not null && (!alone || until <= 0 || until >> UntilBits != 0)) || reasons.NumberOf(strongest.Reason) is not { } reason)
        {
            return AskElsewhere;
        }

        return new IndexEntry(((ulong)strongest.Level << (ReasonBits + UntilBits + 1)) | ((ulong)reason << UntilBits) | (ulong)until);
    }
}
