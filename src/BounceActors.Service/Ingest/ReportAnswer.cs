using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Problems;
using Verdict = BounceActors.Domain.Classification.Classification;

namespace BounceActors.Service.Ingest;

/// <summary>The answer to reports, one result per item in the order of the request.</summary>
internal sealed record ReportsAnswer(IReadOnlyList<ReportAnswer> Results);

/// <summary>What became of one report: a decision, or an error.</summary>
internal sealed record ReportAnswer(
    int Index,
    string? Recipient,
    Guid? EventId = null,
    bool? Duplicate = null,
    ClassificationAnswer? Classification = null,
    string? Action = null,
    SuppressionAnswer? Suppression = null,
    RetryAnswer? Retry = null,
    ReviewAnswer? Review = null,
    SenderImpactAnswer? SenderImpact = null,
    ErrorAnswer? Error = null)
{
    /// <summary>The answer to a report that was decided.</summary>
    public static ReportAnswer Of(int index, string recipient, ReportResult result, DateTimeOffset now) => new(
        index,
        recipient,
        result.EventId,
        result.Duplicate,
        ClassificationAnswer.Of(result.Verdict),
        result.Action.ToWire(),
        SuppressionAnswer.Of(result.LevelBefore, result.After, now),
        RetryAnswer.Of(result.Retry),
        result.ReviewPriority is { } priority ? new ReviewAnswer(priority) : null,
        SenderImpactAnswer.Of(result.SenderImpact));

    /// <summary>The answer to a report that was not.</summary>
    public static ReportAnswer Of(int index, string? recipient, ProblemException problem) =>
        new(index, recipient, Error: new ErrorAnswer(problem.Type.Uri, problem.Type.Title, problem.Field, problem.Detail));
}

internal sealed record ClassificationAnswer(
    string Outcome, string? Type, string Category, string Fault, string Permanence, double Confidence, string Rule)
{
    public static ClassificationAnswer Of(Verdict v) =>
        new(v.Outcome.ToWire(), v.Type?.ToWire(), v.Category.ToWire(), v.Fault.ToWire(), v.Permanence.ToWire(), v.Confidence, v.Rule);
}

internal sealed record SuppressionAnswer(string Level, string PreviousLevel, DateTimeOffset? Until, bool Removed)
{
    public static SuppressionAnswer Of(SuppressionLevel before, Standing after, DateTimeOffset now) =>
        new(after.LevelAt(now).ToWire(), before.ToWire(), after.UntilAt(now), after.Removed);
}

internal sealed record RetryAnswer(int Attempt, DateTimeOffset DueAt)
{
    public static RetryAnswer? Of(RetryPlan? plan) => plan is null ? null : new(plan.Attempt, plan.DueAt);
}

internal sealed record ReviewAnswer(int Priority);

internal sealed record SenderImpactAnswer(string Severity, int ScoreChange, bool Alert, IReadOnlyList<string> Recommendations)
{
    public static SenderImpactAnswer Of(SenderImpact i) => new(i.Severity.ToWire(), i.ScoreChange, i.Alert, i.Recommendations);
}

internal sealed record ErrorAnswer(string Type, string Title, string? Field, string Detail);
