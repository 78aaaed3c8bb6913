using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Feedback types (RFC 5965 section 7.3): which are complaints.</summary>
internal static class Feedback
{
    public static BounceReport Report(string? type) => type?.ToLowerInvariant() switch
    {
        "not-spam" or "auth-failure" or "dmarc" or "other" =>
            new BounceReport { Outcome = ReportOutcome.NotAReport, SourceClass = type, SourceCategory = BounceCategory.FeedbackOther },
        "opt-out" or "opt-out-list" => new BounceReport { Outcome = ReportOutcome.Unsubscribe, SourceClass = type },
        _ => new BounceReport { Outcome = ReportOutcome.Complaint, SourceClass = type },
    };
}
