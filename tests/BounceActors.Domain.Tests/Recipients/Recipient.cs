using System.Text.Json;
using System.Text.Json.Serialization;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using Verdict = BounceActors.Domain.Classification.Classification;

namespace BounceActors.Domain.Tests.Recipients;

/// <summary>A recipient told one thing after another. Whatever is told, every spec also proves that deciding is pure and that an event says what folding it gives.</summary>
internal sealed class Recipient(RecipientPolicy? policy = null)
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly RecipientKey Key = new("gcu3mxwpgs3sryqgqlghwttgce");

    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };
    private int _ids;

    public RecipientPolicy Policy { get; } = policy ?? new RecipientPolicy();

    public RecipientState State { get; private set; } = RecipientState.Empty;

    /// <summary>Where the recipient stands.</summary>
    public Standing Standing => State.Standing(Policy);

    /// <summary>Text of a value by which two can be compared however deep they are.</summary>
    public static string Text<T>(T value) => JsonSerializer.Serialize(value, Json);

    /// <summary>The verdict a category gets by the taxonomy.</summary>
    public static Verdict Verdict(BounceCategory category, double confidence = 1, ReportOutcome? outcome = null, RemediationAction? action = null)
    {
        var row = Taxonomy.Of(category);
        return new Verdict
        {
            Outcome = outcome ?? row.Outcome,
            Type = row.Type,
            Category = category,
            Action = action ?? row.DefaultAction,
            Fault = row.Fault,
            Permanence = Permanence.Unknown,
            Confidence = confidence,
            Rule = "spec",
        };
    }

    public Guid NewId() => new(++_ids, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>A report of a category, about a message of its own unless one is named, that happened and arrived at <paramref name="at"/>.</summary>
    public Decided Report(
        BounceCategory category,
        DateTimeOffset? at = null,
        string? message = null,
        Guid? id = null,
        double confidence = 1,
        ReportOutcome? outcome = null,
        RemediationAction? action = null,
        int retryCount = 0,
        double random = 0.5,
        string? stream = null,
        DateTimeOffset? now = null,
        TimeSpan? retryAfter = null)
    {
        var eventId = id ?? NewId();
        var time = at ?? now ?? Noon;
        return Tell(
            new RecipientCommands.RecordReport
            {
                Key = Key,
                Tenant = "default",
                EventId = eventId,
                Facts = new ReportFacts
                {
                    Source = "spec",
                    MessageId = message ?? $"own-{eventId:N}",
                    OccurredAt = time,
                    RetryCount = retryCount,
                    Stream = stream,
                },
                Verdict = Verdict(category, confidence, outcome, action) with { RetryAfter = retryAfter },
                Random = random,
            },
            now ?? time);
    }

    public Decided Deliver(DateTimeOffset? at = null, string? message = null, DateTimeOffset? now = null) =>
        Report(BounceCategory.DeliverySuccess, at, message, now: now);

    public Decided Suppress(SuppressionLevel level, DateTimeOffset? now = null, string? stream = null, DateTimeOffset? until = null, Guid? id = null, string reason = "asked by phone") =>
        Tell(new RecipientCommands.AddSuppression { Key = Key, Tenant = "default", EventId = id ?? NewId(), Level = level, Stream = stream, Until = until, Actor = "anna", Reason = reason }, now ?? Noon);

    public Decided Lift(DateTimeOffset now, params SuppressionLevel[] levels) => Lift(NewId(), now, levels);

    public Decided Lift(Guid id, DateTimeOffset now, params SuppressionLevel[] levels) =>
        Tell(new RecipientCommands.LiftSuppression { Key = Key, Tenant = "default", EventId = id, Levels = levels, Actor = "anna", Reason = "spoke to them" }, now);

    public Decided Review(RecipientEvents.ReportRecorded report, BounceCategory to, DateTimeOffset now, Guid? id = null) =>
        Tell(
            new RecipientCommands.ReviewReport
            {
                Key = Key,
                Tenant = "default",
                EventId = id ?? NewId(),
                ReportId = report.EventId,
                OccurredAt = report.OccurredAt,
                MessageId = report.Facts.MessageId,
                From = report.Verdict.Category,
                To = to,
                Actor = "anna",
                Reason = "read the reply",
            },
            now);

    public string? RetryUnwantedBecause(string message, int attempt, DateTimeOffset now) =>
        State.RetryUnwantedBecause(new RecipientCommands.ConfirmRetry { Key = Key, MessageId = message, Attempt = attempt }, now, Policy);

    public Decided Tell(RecipientCommands.Command command, DateTimeOffset now)
    {
        var before = Text(State);
        var decided = State.Decide(command, now, Policy);
        Assert.Equal(Text(decided), Text(State.Decide(command, now, Policy)));
        Assert.Equal(before, Text(State));
        if (decided.Event is { } change)
        {
            State = State.Apply(change, Policy);
            Assert.Equal(now, change.RecordedAt);
            Assert.Equal(Text(Standing), Text(change.After));
        }

        Assert.Equal(Text(Standing), Text(decided.Standing));
        return decided;
    }
}

internal static class DecidedExtensions
{
    /// <summary>The decision on a report that was new.</summary>
    public static Decision Decision(this Decided decided) => decided.Recorded().Decision;

    /// <summary>The event of a report that was new.</summary>
    public static RecipientEvents.ReportRecorded Recorded(this Decided decided) => Assert.IsType<RecipientEvents.ReportRecorded>(decided.Event);
}
