using BounceActors.Domain.Classification;
using BounceActors.Domain.Reputation;

namespace BounceActors.Domain.Recipients;

/// <summary>What has happened to a recipient; at most one event per command. Events carry everything that was decided, and their own times.</summary>
public static class RecipientEvents
{
    /// <summary>An event of one recipient.</summary>
    public abstract record Event
    {
        /// <summary>Which recipient.</summary>
        public required RecipientKey Key { get; init; }

        /// <summary>The tenant whose recipient it is.</summary>
        public required string Tenant { get; init; }

        /// <summary>Id of the event.</summary>
        public required Guid EventId { get; init; }

        /// <summary>When it was decided, by our clock.</summary>
        public required DateTimeOffset RecordedAt { get; init; }

        /// <summary>Where the recipient stands afterwards.</summary>
        public required Standing After { get; init; }

        /// <summary>Level just before.</summary>
        public required SuppressionLevel LevelBefore { get; init; }
    }

    /// <summary>A report was recorded, judged and decided.</summary>
    public sealed record ReportRecorded : Event
    {
        /// <summary>When it happened: the source's time, never later than <see cref="Event.RecordedAt"/>.</summary>
        public required DateTimeOffset OccurredAt { get; init; }

        /// <summary>What the source said.</summary>
        public required ReportFacts Facts { get; init; }

        /// <summary>The verdict.</summary>
        public required Classification.Classification Verdict { get; init; }

        /// <summary>What follows.</summary>
        public required Decision Decision { get; init; }
    }

    /// <summary>An operator or import suppressed the recipient.</summary>
    public sealed record SuppressionAdded : Event
    {
        /// <summary>What was added.</summary>
        public required Suppression Suppression { get; init; }
    }

    /// <summary>An operator lifted suppressions.</summary>
    public sealed record SuppressionLifted : Event
    {
        /// <summary>The levels that were lifted.</summary>
        public required IReadOnlyList<SuppressionLevel> Levels { get; init; }

        /// <summary>Who.</summary>
        public required string Actor { get; init; }

        /// <summary>Why.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>A person confirmed or corrected a report's category.</summary>
    public sealed record ReportReviewed : Event
    {
        /// <summary>The report.</summary>
        public required Guid ReportId { get; init; }

        /// <summary>When the report happened.</summary>
        public required DateTimeOffset OccurredAt { get; init; }

        /// <summary>The message it is about.</summary>
        public string? MessageId { get; init; }

        /// <summary>The category it was given.</summary>
        public required BounceCategory From { get; init; }

        /// <summary>The category that is right.</summary>
        public required BounceCategory To { get; init; }

        /// <summary>Who said so.</summary>
        public required string Actor { get; init; }

        /// <summary>Why.</summary>
        public required string Reason { get; init; }
    }
}

/// <summary>What follows from a report (the guide's remediation).</summary>
public sealed record Decision
{
    /// <summary>What is done.</summary>
    public required RemediationAction Action { get; init; }

    /// <summary>Why the report does not count against the recipient; null when it does.</summary>
    public string? NotCountedBecause { get; init; }

    /// <summary>Whether it came after reports of things that happened later.</summary>
    public bool Late { get; init; }

    /// <summary>Whether this report removed the recipient.</summary>
    public bool Removed { get; init; }

    /// <summary>The retry that was scheduled; null when none was.</summary>
    public RetryPlan? Retry { get; init; }

    /// <summary>Why no retry was scheduled although the action asks for one: <c>attempts_exhausted</c>, <c>already_scheduled</c>, <c>delivered</c>, <c>suppressed</c>; else null.</summary>
    public string? NoRetryBecause { get; init; }

    /// <summary>Priority in the review queue, 50 to 100; null when nobody need look.</summary>
    public int? ReviewPriority { get; init; }

    /// <summary>What it means for the sender.</summary>
    public required SenderImpact SenderImpact { get; init; }

    /// <summary>Name of the policy that decided.</summary>
    public required string Policy { get; init; }
}

/// <summary>A retry that is to be emitted.</summary>
/// <param name="MessageId">The message to be tried again; the report's event id when the source named no message.</param>
/// <param name="Attempt">Which retry, 1 for the first.</param>
/// <param name="DueAt">When.</param>
/// <param name="Stream">Stream of the message.</param>
public sealed record RetryPlan(string MessageId, int Attempt, DateTimeOffset DueAt, string? Stream = null);
