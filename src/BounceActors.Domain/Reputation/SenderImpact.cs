using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Reputation;

/// <summary>How bad a report is for its sender.</summary>
public enum Severity
{
    /// <summary>Nothing to do.</summary>
    Low,

    /// <summary>Watch it.</summary>
    Medium,

    /// <summary>Review content and practice.</summary>
    High,

    /// <summary>Act now.</summary>
    Critical,
}

/// <summary>What one report means for the sending domain (the guide's <c>process_bounce_impact</c>).</summary>
/// <param name="Severity">How bad.</param>
/// <param name="ScoreChange">Points the sender's score loses, as a number of 0 or less.</param>
/// <param name="Alert">Whether somebody is told at once.</param>
/// <param name="Recommendations">What to do.</param>
public sealed record SenderImpact(Severity Severity, int ScoreChange, bool Alert, IReadOnlyList<string> Recommendations)
{
    private static readonly SenderImpact Low = new(Severity.Low, 0, false, []);
    private static readonly SenderImpact Medium = new(Severity.Medium, -2, false, ["Monitor bounce patterns for trends"]);
    private static readonly SenderImpact High = new(Severity.High, -5, false, ["Review email content and sending practices"]);
    private static readonly SenderImpact Critical = new(Severity.Critical, -10, true, ["Investigate sender reputation immediately"]);

    /// <summary>The impact of a report of <paramref name="category"/>.</summary>
    public static SenderImpact Of(BounceCategory category) => category switch
    {
        BounceCategory.ReputationBlock => Critical,
        BounceCategory.SpamFilter => High,
        BounceCategory.PolicyRejection or BounceCategory.InvalidAddress or BounceCategory.DomainNotFound => Medium,
        _ => Low,
    };
}
