using System.Collections.Immutable;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Recipients;
using Google.Protobuf.Collections;
using Verdict = BounceActors.Domain.Classification.Classification;

namespace BounceActors.Engine.Wire;

internal static class RecipientMapping
{
    public static Proto.ReportRecorded ToProto(RecipientEvents.ReportRecorded e) => new()
    {
        Header = Header(e),
        OccurredAt = e.OccurredAt.ToWire(),
        Facts = ToProto(e.Facts),
        Verdict = ToProto(e.Verdict),
        Decision = ToProto(e.Decision),
    };

    public static RecipientEvents.ReportRecorded ToDomain(Proto.ReportRecorded p) => new()
    {
        Key = new RecipientKey(p.Header.Key),
        Tenant = p.Header.Tenant,
        EventId = p.Header.EventId.ToGuid(),
        RecordedAt = p.Header.RecordedAt.ToTime(),
        After = ToDomain(p.Header.After),
        LevelBefore = WireNames.Parse<SuppressionLevel>(p.Header.LevelBefore),
        OccurredAt = p.OccurredAt.ToTime(),
        Facts = ToDomain(p.Facts),
        Verdict = ToDomain(p.Verdict),
        Decision = ToDomain(p.Decision),
    };

    public static Proto.SuppressionAdded ToProto(RecipientEvents.SuppressionAdded e) =>
        new() { Header = Header(e), Suppression = ToProto(e.Suppression) };

    public static RecipientEvents.SuppressionAdded ToDomain(Proto.SuppressionAdded p) => new()
    {
        Key = new RecipientKey(p.Header.Key),
        Tenant = p.Header.Tenant,
        EventId = p.Header.EventId.ToGuid(),
        RecordedAt = p.Header.RecordedAt.ToTime(),
        After = ToDomain(p.Header.After),
        LevelBefore = WireNames.Parse<SuppressionLevel>(p.Header.LevelBefore),
        Suppression = ToDomain(p.Suppression),
    };

    public static Proto.SuppressionLifted ToProto(RecipientEvents.SuppressionLifted e) => new()
    {
        Header = Header(e),
        Levels = { e.Levels.Select(l => l.ToWire()) },
        Actor = e.Actor,
        Reason = e.Reason,
    };

    public static RecipientEvents.SuppressionLifted ToDomain(Proto.SuppressionLifted p) => new()
    {
        Key = new RecipientKey(p.Header.Key),
        Tenant = p.Header.Tenant,
        EventId = p.Header.EventId.ToGuid(),
        RecordedAt = p.Header.RecordedAt.ToTime(),
        After = ToDomain(p.Header.After),
        LevelBefore = WireNames.Parse<SuppressionLevel>(p.Header.LevelBefore),
        Levels = Levels(p.Levels),
        Actor = p.Actor,
        Reason = p.Reason,
    };

    public static Proto.ReportReviewed ToProto(RecipientEvents.ReportReviewed e)
    {
        var proto = new Proto.ReportReviewed
        {
            Header = Header(e),
            ReportId = e.ReportId.ToWire(),
            OccurredAt = e.OccurredAt.ToWire(),
            From = e.From.ToWire(),
            To = e.To.ToWire(),
            Actor = e.Actor,
            Reason = e.Reason,
        };
        Set(e.MessageId, v => proto.MessageId = v);
        return proto;
    }

    public static RecipientEvents.ReportReviewed ToDomain(Proto.ReportReviewed p) => new()
    {
        Key = new RecipientKey(p.Header.Key),
        Tenant = p.Header.Tenant,
        EventId = p.Header.EventId.ToGuid(),
        RecordedAt = p.Header.RecordedAt.ToTime(),
        After = ToDomain(p.Header.After),
        LevelBefore = WireNames.Parse<SuppressionLevel>(p.Header.LevelBefore),
        ReportId = p.ReportId.ToGuid(),
        OccurredAt = p.OccurredAt.ToTime(),
        MessageId = p.HasMessageId ? p.MessageId : null,
        From = WireNames.Parse<BounceCategory>(p.From),
        To = WireNames.Parse<BounceCategory>(p.To),
        Actor = p.Actor,
        Reason = p.Reason,
    };

    public static Proto.RecipientSnapshot ToProto(RecipientState s)
    {
        var proto = new Proto.RecipientSnapshot
        {
            Settled = ToProto(s.History.Settled),
            Entries = { s.History.Entries.Select(ToProto) },
            Explicit = { s.Explicit.Select(ToProto) },
            Retries = { s.Retries.Values.OrderBy(r => r.MessageId, StringComparer.Ordinal).Select(ToProto) },
            Recent =
            {
                s.Recent.Select(r => new Proto.RecentReport { Mark = r.Mark, EventId = r.EventId.ToWire(), RecordedAt = r.RecordedAt.ToWire() }),
            },
            EventCount = s.EventCount,
        };
        Set(s.History.SettledUntil, v => proto.SettledUntil = v);
        Set(s.LastReportAt, v => proto.LastReportAt = v);
        Set(s.LastEngagementAt, v => proto.LastEngagementAt = v);
        return proto;
    }

    public static RecipientState ToDomain(Proto.RecipientSnapshot p) => new()
    {
        History = new History(ToDomain(p.Settled), p.HasSettledUntil ? p.SettledUntil.ToTime() : null, [.. p.Entries.Select(ToDomain)]),
        Explicit = [.. p.Explicit.Select(ToDomain)],
        Retries = p.Retries.ToImmutableDictionary(r => r.MessageId, ToDomain),
        Recent = [.. p.Recent.Select(r => new RecentReport(r.Mark, r.EventId.ToGuid(), r.RecordedAt.ToTime()))],
        LastReportAt = p.HasLastReportAt ? p.LastReportAt.ToTime() : null,
        LastEngagementAt = p.HasLastEngagementAt ? p.LastEngagementAt.ToTime() : null,
        EventCount = p.EventCount,
    };

    public static Proto.RecordReport ToProto(RecipientCommands.RecordReport c) => new()
    {
        Key = c.Key.Value,
        Tenant = c.Tenant,
        EventId = c.EventId.ToWire(),
        Facts = ToProto(c.Facts),
        Verdict = ToProto(c.Verdict),
        Random = c.Random,
    };

    public static RecipientCommands.RecordReport ToDomain(Proto.RecordReport p) => new()
    {
        Key = new RecipientKey(p.Key),
        Tenant = p.Tenant,
        EventId = p.EventId.ToGuid(),
        Facts = ToDomain(p.Facts),
        Verdict = ToDomain(p.Verdict),
        Random = p.Random,
    };

    public static Proto.AddSuppression ToProto(RecipientCommands.AddSuppression c)
    {
        var proto = new Proto.AddSuppression
        {
            Key = c.Key.Value,
            Tenant = c.Tenant,
            EventId = c.EventId.ToWire(),
            Level = c.Level.ToWire(),
            Actor = c.Actor,
            Reason = c.Reason,
        };
        Set(c.Stream, v => proto.Stream = v);
        Set(c.Until, v => proto.Until = v);
        return proto;
    }

    public static RecipientCommands.AddSuppression ToDomain(Proto.AddSuppression p) => new()
    {
        Key = new RecipientKey(p.Key),
        Tenant = p.Tenant,
        EventId = p.EventId.ToGuid(),
        Level = WireNames.Parse<SuppressionLevel>(p.Level),
        Stream = p.HasStream ? p.Stream : null,
        Until = p.HasUntil ? p.Until.ToTime() : null,
        Actor = p.Actor,
        Reason = p.Reason,
    };

    public static Proto.LiftSuppression ToProto(RecipientCommands.LiftSuppression c) => new()
    {
        Key = c.Key.Value,
        Tenant = c.Tenant,
        EventId = c.EventId.ToWire(),
        Levels = { c.Levels.Select(l => l.ToWire()) },
        Actor = c.Actor,
        Reason = c.Reason,
    };

    public static RecipientCommands.LiftSuppression ToDomain(Proto.LiftSuppression p) => new()
    {
        Key = new RecipientKey(p.Key),
        Tenant = p.Tenant,
        EventId = p.EventId.ToGuid(),
        Levels = Levels(p.Levels),
        Actor = p.Actor,
        Reason = p.Reason,
    };

    public static Proto.ReviewReport ToProto(RecipientCommands.ReviewReport c)
    {
        var proto = new Proto.ReviewReport
        {
            Key = c.Key.Value,
            Tenant = c.Tenant,
            EventId = c.EventId.ToWire(),
            ReportId = c.ReportId.ToWire(),
            OccurredAt = c.OccurredAt.ToWire(),
            From = c.From.ToWire(),
            To = c.To.ToWire(),
            Actor = c.Actor,
            Reason = c.Reason,
        };
        Set(c.MessageId, v => proto.MessageId = v);
        return proto;
    }

    public static RecipientCommands.ReviewReport ToDomain(Proto.ReviewReport p) => new()
    {
        Key = new RecipientKey(p.Key),
        Tenant = p.Tenant,
        EventId = p.EventId.ToGuid(),
        ReportId = p.ReportId.ToGuid(),
        OccurredAt = p.OccurredAt.ToTime(),
        MessageId = p.HasMessageId ? p.MessageId : null,
        From = WireNames.Parse<BounceCategory>(p.From),
        To = WireNames.Parse<BounceCategory>(p.To),
        Actor = p.Actor,
        Reason = p.Reason,
    };

    public static Proto.ConfirmRetry ToProto(RecipientCommands.ConfirmRetry c) =>
        new() { Key = c.Key.Value, MessageId = c.MessageId, Attempt = c.Attempt };

    public static RecipientCommands.ConfirmRetry ToDomain(Proto.ConfirmRetry p) =>
        new() { Key = new RecipientKey(p.Key), MessageId = p.MessageId, Attempt = p.Attempt };

    public static Proto.GetRecipient ToProto(RecipientCommands.GetRecipient c) => new() { Key = c.Key.Value };

    public static RecipientCommands.GetRecipient ToDomain(Proto.GetRecipient p) => new() { Key = new RecipientKey(p.Key) };

    public static Proto.ReportDecided ToProto(RecipientReplies.ReportDecided r) => new()
    {
        EventId = r.EventId.ToWire(),
        Duplicate = r.Duplicate,
        LevelBefore = r.LevelBefore.ToWire(),
        After = ToProto(r.After),
        Decision = r.Decision is null ? null : ToProto(r.Decision),
        ExistingRetry = r.ExistingRetry is null ? null : ToProto(r.ExistingRetry),
    };

    public static RecipientReplies.ReportDecided ToDomain(Proto.ReportDecided p) => new(
        p.EventId.ToGuid(),
        p.Duplicate,
        WireNames.Parse<SuppressionLevel>(p.LevelBefore),
        ToDomain(p.After),
        p.Decision is null ? null : ToDomain(p.Decision),
        p.ExistingRetry is null ? null : ToDomain(p.ExistingRetry));

    public static Proto.Changed ToProto(RecipientReplies.Changed r) =>
        new() { Changed_ = r.HasChanged, LevelBefore = r.LevelBefore.ToWire(), After = ToProto(r.After) };

    public static RecipientReplies.Changed ToDomain(Proto.Changed p) =>
        new(p.Changed_, WireNames.Parse<SuppressionLevel>(p.LevelBefore), ToDomain(p.After));

    public static Proto.RetryConfirmed ToProto(RecipientReplies.RetryConfirmed r)
    {
        var proto = new Proto.RetryConfirmed { Wanted = r.Wanted };
        Set(r.Because, v => proto.Because = v);
        return proto;
    }

    public static RecipientReplies.RetryConfirmed ToDomain(Proto.RetryConfirmed p) => new(p.Wanted, p.HasBecause ? p.Because : null);

    public static Proto.RecipientFound ToProto(RecipientReplies.RecipientFound r) =>
        new() { SequenceNr = r.SequenceNr, Standing = ToProto(r.Standing), State = ToProto(r.State) };

    public static RecipientReplies.RecipientFound ToDomain(Proto.RecipientFound p) => new(p.SequenceNr, ToDomain(p.Standing), ToDomain(p.State));

    private static Proto.EventHeader Header(RecipientEvents.Event e) => new()
    {
        Key = e.Key.Value,
        Tenant = e.Tenant,
        EventId = e.EventId.ToWire(),
        RecordedAt = e.RecordedAt.ToWire(),
        After = ToProto(e.After),
        LevelBefore = e.LevelBefore.ToWire(),
    };

    private static Proto.Suppression ToProto(Suppression s)
    {
        var proto = new Proto.Suppression
        {
            Level = s.Level.ToWire(),
            Reason = s.Reason,
            Since = s.Since.ToWire(),
            Causes = { s.Causes.Select(c => c.ToWire()) },
        };
        Set(s.Stream, v => proto.Stream = v);
        Set(s.Until, v => proto.Until = v);
        Set(s.Actor, v => proto.Actor = v);
        return proto;
    }

    private static Suppression ToDomain(Proto.Suppression p) => new(
        WireNames.Parse<SuppressionLevel>(p.Level),
        p.HasStream ? p.Stream : null,
        p.HasUntil ? p.Until.ToTime() : null,
        p.Reason,
        p.Since.ToTime(),
        p.HasActor ? p.Actor : null,
        [.. p.Causes.Select(c => c.ToGuid())]);

    private static Proto.Standing ToProto(Standing s)
    {
        var proto = new Proto.Standing
        {
            Suppressions = { s.Suppressions.Select(ToProto) },
            BounceCount = s.BounceCount,
            Consecutive = s.Consecutive,
            Score = s.Score,
        };
        Add(proto.Types_, s.Types);
        Set(s.LastBounceAt, v => proto.LastBounceAt = v);
        Set(s.LastDeliveryAt, v => proto.LastDeliveryAt = v);
        return proto;
    }

    private static Standing ToDomain(Proto.Standing p) => new(
        [.. p.Suppressions.Select(ToDomain)],
        p.BounceCount,
        p.Consecutive,
        p.Score,
        Types(p.Types_),
        p.HasLastBounceAt ? p.LastBounceAt.ToTime() : null,
        p.HasLastDeliveryAt ? p.LastDeliveryAt.ToTime() : null);

    private static Proto.ReportFacts ToProto(ReportFacts f)
    {
        var proto = new Proto.ReportFacts { Source = f.Source, Diagnostic = f.Diagnostic, RetryCount = f.RetryCount };
        Set(f.SourceEventId, v => proto.SourceEventId = v);
        Set(f.MessageId, v => proto.MessageId = v);
        Set(f.OccurredAt, v => proto.OccurredAt = v);
        Set(f.SenderDomain, v => proto.SenderDomain = v);
        Set(f.EnhancedCode?.ToString(), v => proto.EnhancedCode = v);
        Set(f.Stream, v => proto.Stream = v);
        Set(f.Campaign, v => proto.Campaign = v);
        Set(f.SendingIp, v => proto.SendingIp = v);
        Set(f.RemoteMta, v => proto.RemoteMta = v);
        Set(f.ReportingMta, v => proto.ReportingMta = v);
        if (f.SmtpCode is { } code)
        {
            proto.SmtpCode = code;
        }

        foreach (var (name, value) in f.Metadata)
        {
            proto.Metadata[name] = value;
        }

        return proto;
    }

    private static ReportFacts ToDomain(Proto.ReportFacts p) => new()
    {
        Source = p.Source,
        SourceEventId = p.HasSourceEventId ? p.SourceEventId : null,
        MessageId = p.HasMessageId ? p.MessageId : null,
        OccurredAt = p.HasOccurredAt ? p.OccurredAt.ToTime() : null,
        SenderDomain = p.HasSenderDomain ? p.SenderDomain : null,
        SmtpCode = p.HasSmtpCode ? p.SmtpCode : null,
        EnhancedCode = p.HasEnhancedCode && EnhancedStatusCode.TryParse(p.EnhancedCode, out var code) ? code : null,
        Diagnostic = p.Diagnostic,
        RetryCount = p.RetryCount,
        Stream = p.HasStream ? p.Stream : null,
        Campaign = p.HasCampaign ? p.Campaign : null,
        SendingIp = p.HasSendingIp ? p.SendingIp : null,
        RemoteMta = p.HasRemoteMta ? p.RemoteMta : null,
        ReportingMta = p.HasReportingMta ? p.ReportingMta : null,
        Metadata = p.Metadata.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    private static Proto.Verdict ToProto(Verdict v)
    {
        var proto = new Proto.Verdict
        {
            Outcome = v.Outcome.ToWire(),
            Category = v.Category.ToWire(),
            Action = v.Action.ToWire(),
            Fault = v.Fault.ToWire(),
            Permanence = v.Permanence.ToWire(),
            Confidence = v.Confidence,
            Rule = v.Rule,
            Evidence = { v.Evidence },
        };
        Set(v.Type?.ToWire(), s => proto.Type = s);
        Set(v.Provider, s => proto.Provider = s);
        Set(v.Blocklist, s => proto.Blocklist = s);
        if (v.RetryAfter is { } wait)
        {
            proto.RetryAfter = wait.Ticks;
        }

        return proto;
    }

    private static Verdict ToDomain(Proto.Verdict p) => new()
    {
        Outcome = WireNames.Parse<ReportOutcome>(p.Outcome),
        Type = p.HasType ? WireNames.Parse<BounceType>(p.Type) : null,
        Category = WireNames.Parse<BounceCategory>(p.Category),
        Action = WireNames.Parse<RemediationAction>(p.Action),
        Fault = WireNames.Parse<Fault>(p.Fault),
        Permanence = WireNames.Parse<Permanence>(p.Permanence),
        Confidence = p.Confidence,
        Rule = p.Rule,
        Provider = p.HasProvider ? p.Provider : null,
        RetryAfter = p.HasRetryAfter ? TimeSpan.FromTicks(p.RetryAfter) : null,
        Blocklist = p.HasBlocklist ? p.Blocklist : null,
        Evidence = [.. p.Evidence],
    };

    private static Proto.RetryPlan ToProto(RetryPlan r)
    {
        var proto = new Proto.RetryPlan { MessageId = r.MessageId, Attempt = r.Attempt, DueAt = r.DueAt.ToWire() };
        Set(r.Stream, v => proto.Stream = v);
        return proto;
    }

    private static RetryPlan ToDomain(Proto.RetryPlan p) => new(p.MessageId, p.Attempt, p.DueAt.ToTime(), p.HasStream ? p.Stream : null);

    private static Proto.Decision ToProto(Decision d)
    {
        var proto = new Proto.Decision
        {
            Action = d.Action.ToWire(),
            Late = d.Late,
            Removed = d.Removed,
            Retry = d.Retry is null ? null : ToProto(d.Retry),
            SenderImpact = new Proto.SenderImpact
            {
                Severity = d.SenderImpact.Severity.ToWire(),
                ScoreChange = d.SenderImpact.ScoreChange,
                Alert = d.SenderImpact.Alert,
                Recommendations = { d.SenderImpact.Recommendations },
            },
            Policy = d.Policy,
        };
        Set(d.NotCountedBecause, v => proto.NotCountedBecause = v);
        Set(d.NoRetryBecause, v => proto.NoRetryBecause = v);
        if (d.ReviewPriority is { } priority)
        {
            proto.ReviewPriority = priority;
        }

        return proto;
    }

    private static Decision ToDomain(Proto.Decision p) => new()
    {
        Action = WireNames.Parse<RemediationAction>(p.Action),
        NotCountedBecause = p.HasNotCountedBecause ? p.NotCountedBecause : null,
        Late = p.Late,
        Removed = p.Removed,
        Retry = p.Retry is null ? null : ToDomain(p.Retry),
        NoRetryBecause = p.HasNoRetryBecause ? p.NoRetryBecause : null,
        ReviewPriority = p.HasReviewPriority ? p.ReviewPriority : null,
        SenderImpact = new SenderImpact(
            WireNames.Parse<Severity>(p.SenderImpact.Severity), p.SenderImpact.ScoreChange, p.SenderImpact.Alert, [.. p.SenderImpact.Recommendations]),
        Policy = p.Policy,
    };

    private static Proto.HistoryEntry ToProto(HistoryEntry e)
    {
        var proto = new Proto.HistoryEntry
        {
            EventId = e.EventId.ToWire(),
            Kind = e.Kind.ToWire(),
            OccurredAt = e.OccurredAt.ToWire(),
            Category = e.Category.ToWire(),
            Type = e.Type.ToWire(),
            Action = e.Action.ToWire(),
        };
        Set(e.MessageId, v => proto.MessageId = v);
        return proto;
    }

    private static HistoryEntry ToDomain(Proto.HistoryEntry p) => new(
        p.EventId.ToGuid(),
        WireNames.Parse<EntryKind>(p.Kind),
        p.OccurredAt.ToTime(),
        p.HasMessageId ? p.MessageId : null,
        WireNames.Parse<BounceCategory>(p.Category),
        WireNames.Parse<BounceType>(p.Type),
        WireNames.Parse<RemediationAction>(p.Action));

    private static Proto.Tally ToProto(Tally t)
    {
        var proto = new Proto.Tally
        {
            BounceCount = t.BounceCount,
            Consecutive = t.Consecutive,
            Penalty = t.Penalty,
            RemovedBy = t.RemovedBy is null ? null : ToProto(t.RemovedBy),
            ListedBy = { t.ListedBy.Select(ToProto) },
            Causes = { t.Causes.Select(c => c.ToWire()) },
        };
        Add(proto.Types_, t.Types);
        Set(t.LastBounceAt, v => proto.LastBounceAt = v);
        Set(t.LastDeliveryAt, v => proto.LastDeliveryAt = v);
        return proto;
    }

    private static Tally ToDomain(Proto.Tally p) => new()
    {
        BounceCount = p.BounceCount,
        Consecutive = p.Consecutive,
        Penalty = p.Penalty,
        Types = Types(p.Types_),
        LastBounceAt = p.HasLastBounceAt ? p.LastBounceAt.ToTime() : null,
        LastDeliveryAt = p.HasLastDeliveryAt ? p.LastDeliveryAt.ToTime() : null,
        RemovedBy = p.RemovedBy is null ? null : ToDomain(p.RemovedBy),
        ListedBy = [.. p.ListedBy.Select(ToDomain)],
        Causes = [.. p.Causes.Select(c => c.ToGuid())],
    };

    private static List<SuppressionLevel> Levels(RepeatedField<string> names) => [.. names.Select(WireNames.Parse<SuppressionLevel>)];

    private static ImmutableSortedDictionary<BounceType, int> Types(MapField<string, int> types) =>
        types.ToImmutableSortedDictionary(t => WireNames.Parse<BounceType>(t.Key), t => t.Value);

    private static void Add(MapField<string, int> map, IReadOnlyDictionary<BounceType, int> types)
    {
        foreach (var (type, count) in types)
        {
            map[type.ToWire()] = count;
        }
    }

    private static void Set(string? value, Action<string> set)
    {
        if (value is not null)
        {
            set(value);
        }
    }

    private static void Set(DateTimeOffset? value, Action<long> set)
    {
        if (value is { } time)
        {
            set(time.ToWire());
        }
    }
}
