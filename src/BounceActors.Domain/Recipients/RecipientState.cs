using System.Collections.Immutable;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;

namespace BounceActors.Domain.Recipients;

/// <summary>
/// All that is known about one recipient. <see cref="Decide(RecipientCommands.Command, DateTimeOffset, RecipientPolicy)"/> turns a command into a
/// result and at most one event; <see cref="Apply"/> is the only way the state changes. Both are pure.
/// <code>
///            report                      delivery                 lift
///  none ──────────────► temporary ─────────────────► (consecutive 0) ──► none
///                         │ 3 consecutive hard/block ─► hard
///                         │ 5 counted ────────────────► soft
///                         │ score under 20 ───────────► reputation
///                         └ 7 days pass ──────────────► none
///  beside these, each until lifted: removed, listed, complaint, unsubscribed, manual, legal
/// </code>
/// </summary>
public sealed record RecipientState
{
    /// <summary>Most retries in flight that are remembered per recipient.</summary>
    public const int MaxRetries = 64;

    /// <summary>A recipient nothing is known about.</summary>
    public static RecipientState Empty { get; } = new();

    /// <summary>Strikes, deliveries and resets.</summary>
    public History History { get; init; } = History.Empty;

    /// <summary>What complaints, opt-outs and operators set; at most one per level and stream.</summary>
    public ImmutableList<Suppression> Explicit { get; init; } = [];

    /// <summary>The last retry planned per message.</summary>
    public ImmutableDictionary<string, RetryPlan> Retries { get; init; } = ImmutableDictionary<string, RetryPlan>.Empty;

    /// <summary>Reports that would be known again.</summary>
    public ImmutableList<RecentReport> Recent { get; init; } = [];

    /// <summary>The latest time any report happened.</summary>
    public DateTimeOffset? LastReportAt { get; init; }

    /// <summary>The last open, click or reply.</summary>
    public DateTimeOffset? LastEngagementAt { get; init; }

    /// <summary>Events applied so far.</summary>
    public long EventCount { get; init; }

    /// <summary>What follows from a command, and the event that makes it so; no event when nothing changes.</summary>
    public Decided Decide(RecipientCommands.Command command, DateTimeOffset now, RecipientPolicy policy) => command switch
    {
        RecipientCommands.Change repeated when RecentReports.Knows(Recent, repeated.EventId, now) => Unchanged(repeated, now, policy),
        RecipientCommands.RecordReport record => DecideReport(record, now, policy),
        RecipientCommands.AddSuppression add => DecideAdd(add, now, policy),
        RecipientCommands.LiftSuppression lift => DecideLift(lift, now, policy),
        RecipientCommands.ReviewReport review => DecideReview(review, now, policy),
        _ => throw new ArgumentException($"not a command that changes a recipient: {command.GetType().Name}", nameof(command)),
    };

    /// <summary>The state after an event.</summary>
    public RecipientState Apply(RecipientEvents.Event change, RecipientPolicy policy)
    {
        var next = change switch
        {
            RecipientEvents.ReportRecorded e => ApplyReport(e, policy),
            RecipientEvents.SuppressionAdded e => this with { Explicit = WithExplicit(e.Suppression) },
            RecipientEvents.SuppressionLifted e => ApplyLift(e, policy),
            RecipientEvents.ReportReviewed e => ApplyReview(e, policy),
            _ => throw new InvalidOperationException($"unknown event {change.GetType().Name}"),
        };
        return next with { Recent = RecentReports.Remember(Recent, change), EventCount = EventCount + 1 };
    }

    /// <summary>Where the recipient stands under a policy.</summary>
    public Standing Standing(RecipientPolicy policy)
    {
        var tally = History.Fold(policy);
        var suppressions = Explicit.AsEnumerable();
        if (tally.RemovedBy is { } removal)
        {
            suppressions = suppressions.Append(new Suppression(
                SuppressionLevel.Removed, null, null, removal.Category.ToWire(), removal.OccurredAt, null, [removal.EventId]));
        }

        suppressions = suppressions.Concat(tally.ListedBy.Select(entry => new Suppression(
            SuppressionLevel.Listed, null, null, $"suppression_{entry.Category.ToWire()}", entry.OccurredAt, null, [entry.EventId])));
        if (GuideLevel(tally, policy) is { } level)
        {
            suppressions = suppressions.Append(level);
        }

        return new Standing(
            [.. suppressions.OrderByDescending(s => s.Level).ThenBy(s => s.Stream, StringComparer.Ordinal).ThenBy(s => s.Reason, StringComparer.Ordinal)],
            tally.BounceCount,
            tally.Consecutive,
            tally.Score,
            tally.Types,
            tally.LastBounceAt,
            tally.LastDeliveryAt);
    }

    /// <summary>Why a retry is no longer wanted; null when it is.</summary>
    public string? RetryUnwantedBecause(RecipientCommands.ConfirmRetry question, DateTimeOffset now, RecipientPolicy policy)
    {
        if (!Retries.TryGetValue(question.MessageId, out var plan))
        {
            return "delivered_or_unknown";
        }

        if (plan.Attempt != question.Attempt)
        {
            return "superseded";
        }

        return Standing(policy).Check(plan.Stream, now) is { Advice: SendAdvice.Deny } verdict ? verdict.Reason : null;
    }

    /// <summary>The guide's order: consecutive, count, score, recency (<c>_determine_suppression_level</c>).</summary>
    private Suppression? GuideLevel(Tally tally, RecipientPolicy policy)
    {
        if (tally.LastBounceAt is not { } last)
        {
            return null;
        }

        var count = policy.SoftWindow is { } window ? History.CountedSince(last - window, policy) : tally.BounceCount;
        var (level, reason, until) = tally switch
        {
            _ when tally.Consecutive >= policy.HardThreshold => (SuppressionLevel.HardSuppressed, "consecutive_bounces", (DateTimeOffset?)null),
            _ when count >= policy.SoftThreshold => (SuppressionLevel.SoftSuppressed, "bounce_count", null),
            _ when tally.Score < policy.ReputationThreshold => (SuppressionLevel.ReputationSuppressed, "recipient_score", null),
            _ => (SuppressionLevel.TemporarilySuppressed, "recent_bounce", last.AddDays(policy.RecentDays)),
        };
        var causes = level == SuppressionLevel.TemporarilySuppressed ? tally.Causes.TakeLast(1) : tally.Causes;
        return new Suppression(level, null, until, reason, last, null, [.. causes]);
    }

    private Decided DecideReport(RecipientCommands.RecordReport command, DateTimeOffset now, RecipientPolicy policy)
    {
        var facts = command.Facts;
        var verdict = command.Verdict;
        var occurredAt = facts.OccurredAt is { } time && time < now ? time : now;
        var before = Standing(policy);
        if (RecentReports.Find(Recent, facts, verdict.Outcome, now) is { } known)
        {
            return Unchanged(command, now, policy) with { EventId = known };
        }

        var certain = verdict.Confidence >= policy.MinConfidence;
        var action = !certain && verdict.Action is (RemediationAction.RemoveImmediately or RemediationAction.MoveToSuppression)
            ? RemediationAction.FlagForReview
            : verdict.Action;
        var recorded = new RecipientEvents.ReportRecorded
        {
            Key = command.Key,
            Tenant = command.Tenant,
            EventId = command.EventId,
            RecordedAt = now,
            OccurredAt = occurredAt,
            Facts = facts,
            Verdict = verdict,
            LevelBefore = before.LevelAt(now),
            After = before,
            Decision = new Decision
            {
                Action = action,
                NotCountedBecause = policy.NotCountedBecause(verdict),
                Late = occurredAt < LastReportAt,
                ReviewPriority = action == RemediationAction.FlagForReview || (!certain && verdict.Outcome == ReportOutcome.Bounce) ? RecipientPolicy.ReviewPriority(verdict.Category) : null,
                SenderImpact = SenderImpact.Of(verdict.Category),
                Policy = policy.Profile,
            },
        };
        var after = Apply(recorded, policy).Standing(policy);
        var (retry, noRetry) = action == RemediationAction.RetryWithDelay
            ? PlanRetry(recorded, after, command.Random, now, policy)
            : (null, null);
        recorded = recorded with
        {
            After = after,
            Decision = recorded.Decision with { Removed = after.Removed && !before.Removed, Retry = retry, NoRetryBecause = noRetry },
        };
        return new Decided(recorded, after, recorded.LevelBefore, recorded.EventId);
    }

    private (RetryPlan? Plan, string? Because) PlanRetry(
        RecipientEvents.ReportRecorded report, Standing after, double random, DateTimeOffset now, RecipientPolicy policy)
    {
        var message = MessageOf(report);
        var made = report.Facts.RetryCount;
        if (Retries.TryGetValue(message, out var planned))
        {
            // Most sources do not count our retries: what happened after the planned one was due is its failure.
            made = report.OccurredAt >= planned.DueAt ? Math.Max(made, planned.Attempt) : made;
            if (planned.Attempt > made)
            {
                return (null, "already_scheduled");
            }
        }

        if (report.Facts.MessageId is not null && History.Entries.Any(e => e.Kind == EntryKind.Delivery && e.MessageId == message && e.OccurredAt >= report.OccurredAt))
        {
            return (null, "delivered");
        }

        if (after.Check(report.Facts.Stream, now).Advice == SendAdvice.Deny)
        {
            return (null, "suppressed");
        }

        var delay = policy.Retry.NextDelay(report.Verdict.Category, made, random, report.Verdict.RetryAfter);
        return delay is { } wait ? (new RetryPlan(message, made + 1, now + wait, report.Facts.Stream), null) : (null, "attempts_exhausted");
    }

    private Decided DecideAdd(RecipientCommands.AddSuppression command, DateTimeOffset now, RecipientPolicy policy)
    {
        if (command.Level is not (SuppressionLevel.Manual or SuppressionLevel.Legal or SuppressionLevel.Complaint or SuppressionLevel.Unsubscribed))
        {
            throw new ArgumentException($"{command.Level.ToWire()} cannot be set by hand", nameof(command));
        }

        var before = Standing(policy);
        var suppression = new Suppression(command.Level, command.Stream, command.Until, Masking.Diagnostic(command.Reason), now, command.Actor, []);
        if (Explicit.Exists(s => s with { Since = now, Causes = suppression.Causes } == suppression))
        {
            return Unchanged(command, now, policy);
        }

        return Change(new RecipientEvents.SuppressionAdded
        {
            Key = command.Key,
            Tenant = command.Tenant,
            EventId = command.EventId,
            RecordedAt = now,
            LevelBefore = before.LevelAt(now),
            After = before,
            Suppression = suppression,
        }, policy);
    }

    private Decided DecideLift(RecipientCommands.LiftSuppression command, DateTimeOffset now, RecipientPolicy policy)
    {
        var before = Standing(policy);
        var present = before.Suppressions.Select(s => s.Level).Distinct().ToList();
        var named = command.Levels.Count == 0 ? present.Where(IsBounceLevel) : present.Where(command.Levels.Contains);
        var requalifies = named.Any(IsBounceLevel);
        var levels = present.Where(l => named.Contains(l) || (requalifies && IsBounceLevel(l))).ToList();
        if (levels.Count == 0)
        {
            return Unchanged(command, now, policy);
        }

        return Change(new RecipientEvents.SuppressionLifted
        {
            Key = command.Key,
            Tenant = command.Tenant,
            EventId = command.EventId,
            RecordedAt = now,
            LevelBefore = before.LevelAt(now),
            After = before,
            Levels = levels,
            Actor = command.Actor,
            Reason = Masking.Diagnostic(command.Reason),
        }, policy);
    }

    private Decided DecideReview(RecipientCommands.ReviewReport command, DateTimeOffset now, RecipientPolicy policy)
    {
        var before = Standing(policy);
        return Change(new RecipientEvents.ReportReviewed
        {
            Key = command.Key,
            Tenant = command.Tenant,
            EventId = command.EventId,
            RecordedAt = now,
            LevelBefore = before.LevelAt(now),
            After = before,
            ReportId = command.ReportId,
            OccurredAt = command.OccurredAt,
            MessageId = command.MessageId,
            From = command.From,
            To = command.To,
            Actor = command.Actor,
            Reason = Masking.Diagnostic(command.Reason),
        }, policy);
    }

    private Decided Unchanged(RecipientCommands.Change command, DateTimeOffset now, RecipientPolicy policy)
    {
        var standing = Standing(policy);
        var message = (command as RecipientCommands.RecordReport)?.Facts.MessageId;
        return new Decided(null, standing, standing.LevelAt(now), command.EventId)
        {
            ExistingRetry = message is null ? null : Retries.GetValueOrDefault(message),
        };
    }

    private Decided Change(RecipientEvents.Event change, RecipientPolicy policy)
    {
        var after = Apply(change, policy).Standing(policy);
        return new Decided(change with { After = after }, after, change.LevelBefore, change.EventId);
    }

    private RecipientState ApplyReport(RecipientEvents.ReportRecorded e, RecipientPolicy policy)
    {
        var next = this with
        {
            LastReportAt = LastReportAt > e.OccurredAt ? LastReportAt : e.OccurredAt,
        };
        if (e.Decision.NotCountedBecause is null)
        {
            var certain = e.Verdict.Confidence >= policy.MinConfidence;
            var type = e.Verdict.Type ?? BounceType.SoftBounce;
            var entry = new HistoryEntry(
                e.EventId, EntryKind.Strike, e.OccurredAt, e.Facts.MessageId, e.Verdict.Category, certain ? type : BounceType.SoftBounce, e.Decision.Action);
            next = next with { History = next.History.With(entry, policy) };
        }

        next = e.Verdict.Outcome switch
        {
            ReportOutcome.Delivered => next with
            {
                History = next.History.With(new HistoryEntry(e.EventId, EntryKind.Delivery, e.OccurredAt, e.Facts.MessageId), policy),
                Retries = e.Facts.MessageId is { } delivered && !BouncedAfter(e.OccurredAt, delivered) ? next.Retries.Remove(delivered) : next.Retries,
            },
            ReportOutcome.Engagement => next with { LastEngagementAt = LastEngagementAt > e.OccurredAt ? LastEngagementAt : e.OccurredAt },
            ReportOutcome.Complaint when e.Decision.Action == RemediationAction.MoveToSuppression => next with
            {
                Explicit = next.WithExplicit(new Suppression(SuppressionLevel.Complaint, null, null, e.Verdict.Category.ToWire(), e.OccurredAt, null, [e.EventId])),
            },
            ReportOutcome.Unsubscribe when e.Decision.Action == RemediationAction.MoveToSuppression => next with
            {
                Explicit = next.WithExplicit(new Suppression(SuppressionLevel.Unsubscribed, e.Facts.Stream, null, e.Verdict.Category.ToWire(), e.OccurredAt, null, [e.EventId])),
            },
            _ => next,
        };
        return e.Decision.Retry is { } plan ? next with { Retries = WithRetry(next.Retries, plan) } : next;
    }

    private RecipientState ApplyLift(RecipientEvents.SuppressionLifted e, RecipientPolicy policy)
    {
        return this with
        {
            Explicit = Explicit.RemoveAll(s => e.Levels.Contains(s.Level)),
            History = e.Levels.Any(IsBounceLevel) ? History.With(new HistoryEntry(e.EventId, EntryKind.Reset, e.RecordedAt), policy) : History,
        };
    }

    private RecipientState ApplyReview(RecipientEvents.ReportReviewed e, RecipientPolicy policy)
    {
        var row = Taxonomy.Of(e.To);
        var corrected = new Classification.Classification
        {
            Outcome = row.Outcome,
            Type = row.Type,
            Category = e.To,
            Action = row.DefaultAction,
            Fault = row.Fault,
            Permanence = Permanence.Unknown,
            Confidence = 1,
            Rule = "review",
        };
        var strike = policy.NotCountedBecause(corrected) is null && row.Type is { } type
            ? new HistoryEntry(e.ReportId, EntryKind.Strike, e.OccurredAt, e.MessageId, e.To, type, row.DefaultAction)
            : null;
        var next = this with
        {
            History = History.Replace(e.ReportId, strike, policy),
            Explicit = Explicit.RemoveAll(s => s.Causes.Contains(e.ReportId)),
        };
        SuppressionLevel? level = e.To switch
        {
            BounceCategory.Complaint => SuppressionLevel.Complaint,
            BounceCategory.UnsubscribeRequest => SuppressionLevel.Unsubscribed,
            _ => null,
        };
        return level is { } l
            ? next with { Explicit = next.WithExplicit(new Suppression(l, null, null, e.To.ToWire(), e.OccurredAt, null, [e.ReportId])) }
            : next;
    }

    /// <summary>
    /// One suppression per level and stream for operators, where the last word stands, and one for reports, where the earliest does. Both may
    /// stand side by side: what an operator set for a while must not swallow a complaint.
    /// </summary>
    private ImmutableList<Suppression> WithExplicit(Suppression added)
    {
        var existing = Explicit.Find(s => s.Level == added.Level && s.Stream == added.Stream && s.Actor is null == added.Actor is null);
        if (existing is null)
        {
            return Explicit.Add(added);
        }

        var replaces = added.Actor is not null
            || (added.Since, added.Causes[0]).CompareTo((existing.Since, existing.Causes[0])) < 0;
        return replaces ? Explicit.Replace(existing, added) : Explicit;
    }

    private bool BouncedAfter(DateTimeOffset delivery, string message) =>
        History.Entries.Exists(e => e.Kind == EntryKind.Strike && e.MessageId == message && e.OccurredAt > delivery);

    private static bool IsBounceLevel(SuppressionLevel level) => level is > SuppressionLevel.None and <= SuppressionLevel.Removed;

    private static ImmutableDictionary<string, RetryPlan> WithRetry(ImmutableDictionary<string, RetryPlan> retries, RetryPlan plan)
    {
        var next = retries.SetItem(plan.MessageId, plan);
        return next.Count <= MaxRetries ? next : next.Remove(next.Values.MinBy(p => (p.DueAt, p.MessageId))!.MessageId);
    }

    /// <summary>What a retry is known by: the message, or the report where the source named no message.</summary>
    private static string MessageOf(RecipientEvents.ReportRecorded report) => report.Facts.MessageId ?? $"report:{report.EventId:N}";
}

/// <summary>The result of a command.</summary>
/// <param name="Event">What is to be persisted; null when nothing changes.</param>
/// <param name="Standing">Where the recipient stands when it is.</param>
/// <param name="LevelBefore">Level before.</param>
/// <param name="EventId">The event, or the recorded report that this one repeats.</param>
public sealed record Decided(RecipientEvents.Event? Event, Standing Standing, SuppressionLevel LevelBefore, Guid EventId)
{
    /// <summary>The retry already planned for the message of a repeated report.</summary>
    public RetryPlan? ExistingRetry { get; init; }
}
