using System.Globalization;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Ingest;

namespace BounceActors.Service.Query;

/// <summary>What was recorded about a recipient.</summary>
/// <param name="Recipient">The address asked for.</param>
/// <param name="Key">Its key.</param>
/// <param name="Complete">False when what was recorded in the last seconds may be missing.</param>
/// <param name="Now">Where it stands now, with the causes of each level.</param>
/// <param name="Entries">What was recorded, latest first.</param>
/// <param name="Before">Ask for what came before this with <c>?before=</c>; null when there is no more.</param>
internal sealed record TrailJson(string Recipient, string Key, bool Complete, StandingJson Now, IReadOnlyList<TrailEntryJson> Entries, long? Before)
{
    public static TrailJson Of(string recipient, Trail trail, int limit) => new(
        recipient,
        trail.Recipient.Key.Value,
        trail.Complete,
        StandingJson.Of(trail.Recipient.Standing, trail.Recipient.Now),
        [.. trail.Entries.Select(e => TrailEntryJson.Of(e.SequenceNr, e.Event))],
        trail.Entries.Count == limit && trail.Entries[^1].SequenceNr > 1 ? trail.Entries[^1].SequenceNr : null);
}

/// <summary>One entry of a trail. What it does not have is null.</summary>
internal sealed record TrailEntryJson(
    long Sequence,
    string Kind,
    Guid EventId,
    DateTimeOffset RecordedAt,
    DateTimeOffset? OccurredAt,
    string LevelBefore,
    string LevelAfter,
    IReadOnlyList<string> Sentences,
    FactsJson? Report,
    VerdictTrailJson? Classification,
    DecisionJson? Decision,
    ChangeJson? Change,
    IReadOnlyList<SuppressionJson> SuppressionsAfter)
{
    public static TrailEntryJson Of(long sequence, RecipientEvents.Event e) => new(
        sequence,
        KindOf(e),
        e.EventId,
        e.RecordedAt,
        (e as RecipientEvents.ReportRecorded)?.OccurredAt ?? (e as RecipientEvents.ReportReviewed)?.OccurredAt,
        e.LevelBefore.ToWire(),
        e.After.LevelAt(e.RecordedAt).ToWire(),
        TrailSentences.Of(e),
        e is RecipientEvents.ReportRecorded { Facts: var facts } ? FactsJson.Of(facts) : null,
        e is RecipientEvents.ReportRecorded { Verdict: var verdict } ? new VerdictTrailJson(ClassificationAnswer.Of(verdict), verdict.Provider, verdict.Blocklist, verdict.Evidence) : null,
        e is RecipientEvents.ReportRecorded { Decision: var decision } ? DecisionJson.Of(decision) : null,
        ChangeJson.Of(e),
        [.. e.After.Suppressions.Select(SuppressionJson.Of)]);

    private static string KindOf(RecipientEvents.Event e) => e switch
    {
        RecipientEvents.ReportRecorded => "report",
        RecipientEvents.SuppressionAdded => "suppression_added",
        RecipientEvents.SuppressionLifted => "suppression_lifted",
        RecipientEvents.ReportReviewed => "report_reviewed",
        _ => throw new InvalidOperationException($"unknown event {e.GetType().Name}"),
    };
}

/// <summary>What the source said, as it is kept: addresses masked.</summary>
internal sealed record FactsJson(
    string Source,
    string? SourceEventId,
    string? MessageId,
    string? SenderDomain,
    int? SmtpCode,
    string? EnhancedCode,
    string Diagnostic,
    int RetryCount,
    string? Stream,
    string? Campaign,
    string? SendingIp,
    string? RemoteMta,
    string? ReportingMta,
    IReadOnlyDictionary<string, string> Metadata)
{
    public static FactsJson Of(ReportFacts f) => new(
        f.Source, f.SourceEventId, f.MessageId, f.SenderDomain, f.SmtpCode, f.EnhancedCode?.ToString(), f.Diagnostic, f.RetryCount,
        f.Stream, f.Campaign, f.SendingIp, f.RemoteMta, f.ReportingMta, f.Metadata);
}

/// <summary>The verdict, and what it rests on.</summary>
internal sealed record VerdictTrailJson(ClassificationAnswer Verdict, string? Provider, string? Blocklist, IReadOnlyList<string> Evidence);

/// <summary>What followed from a report.</summary>
internal sealed record DecisionJson(
    string Action,
    bool Counted,
    string? NotCountedBecause,
    bool Late,
    bool Removed,
    RetryAnswer? Retry,
    string? NoRetryBecause,
    ReviewAnswer? Review,
    SenderImpactAnswer SenderImpact,
    string Policy)
{
    public static DecisionJson Of(Decision d) => new(
        d.Action.ToWire(),
        d.NotCountedBecause is null,
        d.NotCountedBecause,
        d.Late,
        d.Removed,
        RetryAnswer.Of(d.Retry),
        d.NoRetryBecause,
        d.ReviewPriority is { } priority ? new ReviewAnswer(priority) : null,
        SenderImpactAnswer.Of(d.SenderImpact),
        d.Policy);
}

/// <summary>What a person did.</summary>
internal sealed record ChangeJson(
    string Actor, string Reason, IReadOnlyList<string>? Levels = null, string? Stream = null, DateTimeOffset? Until = null,
    Guid? ReportId = null, string? From = null, string? To = null)
{
    public static ChangeJson? Of(RecipientEvents.Event e) => e switch
    {
        RecipientEvents.SuppressionAdded { Suppression: var s } => new(s.Actor ?? "", s.Reason, [s.Level.ToWire()], s.Stream, s.Until),
        RecipientEvents.SuppressionLifted lifted => new(lifted.Actor, lifted.Reason, [.. lifted.Levels.Select(l => l.ToWire())]),
        RecipientEvents.ReportReviewed r => new(r.Actor, r.Reason, ReportId: r.ReportId, From: r.From.ToWire(), To: r.To.ToWire()),
        _ => null,
    };
}

/// <summary>A recorded event in sentences a person can follow.</summary>
internal static class TrailSentences
{
    public static IReadOnlyList<string> Of(RecipientEvents.Event e) =>
    [
        .. e switch
        {
            RecipientEvents.ReportRecorded report => Report(report),
            RecipientEvents.SuppressionAdded { Suppression: var s } =>
            [
                $"{s.Actor} suppressed the recipient as {s.Level.ToWire()}{(s.Stream is { } stream ? $" for {stream} mail" : "")}"
                    + $"{(s.Until is { } until ? $" until {Time(until)}" : "")}: {s.Reason}.",
            ],
            RecipientEvents.SuppressionLifted lifted =>
                [$"{lifted.Actor} lifted {string.Join(", ", lifted.Levels.Select(l => l.ToWire()))}: {lifted.Reason}."],
            RecipientEvents.ReportReviewed r =>
            [
                r.From == r.To
                    ? $"{r.Actor} confirmed report {r.ReportId} as {r.To.ToWire()}: {r.Reason}."
                    : $"{r.Actor} corrected report {r.ReportId} from {r.From.ToWire()} to {r.To.ToWire()}: {r.Reason}.",
            ],
            _ => throw new InvalidOperationException($"unknown event {e.GetType().Name}"),
        },
        .. Level(e),
    ];

    private static IEnumerable<string> Report(RecipientEvents.ReportRecorded e)
    {
        var (verdict, decision) = (e.Verdict, e.Decision);
        var confidence = verdict.Confidence.ToString("0.##", CultureInfo.InvariantCulture);
        yield return $"{e.Facts.Source} reported {verdict.Outcome.ToWire()} at {Time(e.OccurredAt)}; rule {verdict.Rule} judged it {verdict.Category.ToWire()} with confidence {confidence}.";
        if (decision.Late)
        {
            yield return "It arrived after reports of later events and was put in its place in time.";
        }

        yield return decision.NotCountedBecause is { } why
            ? $"It does not count against the recipient ({why})."
            : $"It counts against the recipient: {e.After.BounceCount} bounces, {e.After.Consecutive} consecutive, score {e.After.Score.ToString("0.##", CultureInfo.InvariantCulture)}.";
        yield return (decision.Retry, decision.NoRetryBecause) switch
        {
            ({ } retry, _) => $"Action {decision.Action.ToWire()}: retry {retry.Attempt} is due at {Time(retry.DueAt)}.",
            (_, { } no) => $"Action {decision.Action.ToWire()}, but no retry was planned ({no}).",
            _ => $"Action {decision.Action.ToWire()}.",
        };
        if (decision.Removed)
        {
            yield return "The recipient was removed from all active lists.";
        }

        if (decision.ReviewPriority is { } priority)
        {
            yield return $"A person should look at it, priority {priority}.";
        }
    }

    private static IEnumerable<string> Level(RecipientEvents.Event e)
    {
        var after = e.After.LevelAt(e.RecordedAt);
        if (after == e.LevelBefore)
        {
            yield break;
        }

        var cause = e.After.Suppressions.FirstOrDefault(s => s.Level == after);
        yield return $"The level went from {e.LevelBefore.ToWire()} to {after.ToWire()}"
            + (cause is null ? "." : $" ({cause.Reason}){(cause.Until is { } until ? $" until {Time(until)}" : "")}.");
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
