using System.Globalization;
using BounceActors.Service.Ingest;
using Google.Protobuf.WellKnownTypes;

namespace BounceActors.Service.Grpc;

/// <summary>Reports and answers between protobuf and what HTTP uses: both doors check and answer the same.</summary>
internal static class ReportProto
{
    public static ReportInput ToInput(this ReportRequest p) => new()
    {
        Recipient = p.Recipient,
        Sender = p.Sender,
        MessageId = p.MessageId,
        OccurredAt = TimeOf(p.OccurredAt),
        Outcome = p.Outcome,
        SmtpCode = p.SmtpCode == 0 ? null : p.SmtpCode,
        EnhancedCode = p.EnhancedCode,
        Diagnostic = p.Diagnostic,
        Source = p.Source.Length == 0 ? "grpc" : p.Source,
        SourceEventId = p.SourceEventId,
        RetryCount = p.RetryCount,
        Stream = p.Stream,
        Campaign = p.Campaign,
        SendingIp = p.SendingIp,
        RemoteMta = p.RemoteMta,
        Provider = p.Provider,
        Metadata = p.Metadata.Count == 0 ? null : p.Metadata.ToDictionary(),
    };

    public static ReportOutcome ToProto(this ReportAnswer answer, string id, bool retryable) => answer.Error is { } error
        ? new()
        {
            Id = id,
            Index = answer.Index,
            Error = new Error { Type = error.Type, Title = error.Title, Field = error.Field ?? "", Detail = error.Detail, Retryable = retryable },
        }
        : new() { Id = id, Index = answer.Index, Decision = DecisionOf(answer) };

    /// <summary>As text, so that one check serves both doors; a timestamp out of range becomes a text that no check lets pass.</summary>
    private static string? TimeOf(Timestamp? time)
    {
        if (time is null)
        {
            return null;
        }

        try
        {
            return time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        }
        catch (InvalidOperationException)
        {
            return "out of range";
        }
    }

    private static Decision DecisionOf(ReportAnswer a)
    {
        var (c, s, i) = (a.Classification!, a.Suppression!, a.SenderImpact!);
        var decision = new Decision
        {
            EventId = a.EventId!.Value.ToString(),
            Duplicate = a.Duplicate!.Value,
            Classification = new Classification
            {
                Outcome = c.Outcome,
                Type = c.Type ?? "",
                Category = c.Category,
                Fault = c.Fault,
                Permanence = c.Permanence,
                Confidence = c.Confidence,
                Rule = c.Rule,
            },
            Action = a.Action,
            Suppression = new Suppression { Level = s.Level, PreviousLevel = s.PreviousLevel, Until = s.Until?.ToTimestamp(), Removed = s.Removed },
            Retry = a.Retry is { } retry ? new Retry { Attempt = retry.Attempt, DueAt = retry.DueAt.ToTimestamp() } : null,
            SenderImpact = new SenderImpact { Severity = i.Severity, ScoreChange = i.ScoreChange, Alert = i.Alert, Recommendations = { i.Recommendations } },
        };
        if (a.Review is { } review)
        {
            decision.ReviewPriority = review.Priority;
        }

        return decision;
    }
}
