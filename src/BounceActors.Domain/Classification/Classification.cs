using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>The verdict on a report.</summary>
public sealed record Classification
{
    /// <summary>What happened.</summary>
    public required ReportOutcome Outcome { get; init; }

    /// <summary>The guide's type; null where the report is no failure.</summary>
    public required BounceType? Type { get; init; }

    /// <summary>The category.</summary>
    public required BounceCategory Category { get; init; }

    /// <summary>What to do.</summary>
    public required RemediationAction Action { get; init; }

    /// <summary>Whose fault.</summary>
    public required Fault Fault { get; init; }

    /// <summary>What the reply claims about the future.</summary>
    public required Permanence Permanence { get; init; }

    /// <summary>How far to believe it, 0 to 1. Under 0.6 it goes to review and never removes a recipient.</summary>
    public required double Confidence { get; init; }

    /// <summary>Id of the rule that decided, e.g. <c>user_unknown_generic</c>, or the name of a fallback, e.g. <c>smtp.4xx</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>Mailbox provider that answered, if known.</summary>
    public string? Provider { get; init; }

    /// <summary>Earliest next try the reply asked for ("try again in 300 seconds"), from the moment of the reply.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Name of a blocklist the reply names, e.g. <c>spamhaus-zen</c>.</summary>
    public string? Blocklist { get; init; }

    /// <summary>Why, in readable sentences, strongest first.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];
}
