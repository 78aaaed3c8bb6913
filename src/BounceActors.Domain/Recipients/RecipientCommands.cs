using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Recipients;

/// <summary>What a recipient can be told. Every command is answered, and may be repeated.</summary>
public static class RecipientCommands
{
    /// <summary>A command to one recipient.</summary>
    public abstract record Command
    {
        /// <summary>Which recipient.</summary>
        public required RecipientKey Key { get; init; }
    }

    /// <summary>A command that may change a recipient.</summary>
    public abstract record Change : Command
    {
        /// <summary>Id of the event that follows if anything changes; repeating a command within <see cref="RecentReports.Memory"/> changes nothing.</summary>
        public required Guid EventId { get; init; }

        /// <summary>The tenant whose recipient it is.</summary>
        public required string Tenant { get; init; }
    }

    /// <summary>Record a report with its verdict and decide what follows.</summary>
    public sealed record RecordReport : Change
    {
        /// <summary>What the source said, addresses masked.</summary>
        public required ReportFacts Facts { get; init; }

        /// <summary>The verdict.</summary>
        public required Classification.Classification Verdict { get; init; }

        /// <summary>0 (inclusive) to 1 (exclusive), for the jitter of the retry.</summary>
        public required double Random { get; init; }
    }

    /// <summary>Suppress by hand (or by import): <see cref="SuppressionLevel.Manual"/>, <see cref="SuppressionLevel.Legal"/>, <see cref="SuppressionLevel.Complaint"/> or <see cref="SuppressionLevel.Unsubscribed"/>.</summary>
    public sealed record AddSuppression : Change
    {
        /// <summary>The level.</summary>
        public required SuppressionLevel Level { get; init; }

        /// <summary>The stream it is limited to; null means all.</summary>
        public string? Stream { get; init; }

        /// <summary>When it ends by itself; null means never.</summary>
        public DateTimeOffset? Until { get; init; }

        /// <summary>Who asked for it.</summary>
        public required string Actor { get; init; }

        /// <summary>Why.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>Lift suppressions. Lifting bounce levels re-qualifies the recipient: history before this moment no longer counts.</summary>
    public sealed record LiftSuppression : Change
    {
        /// <summary>
        /// Levels to lift. Empty re-qualifies: it lifts what bounces led to, every bounce level, category lists and removal. They rest on one
        /// history, so naming one of them lifts all. Complaint, opt-out, manual and legal levels are lifted only when named (SEMANTICS I4).
        /// </summary>
        public IReadOnlyList<SuppressionLevel> Levels { get; init; } = [];

        /// <summary>Who asked for it.</summary>
        public required string Actor { get; init; }

        /// <summary>Why.</summary>
        public required string Reason { get; init; }
    }

    /// <summary>A person's word on a report: confirm its category, or correct it.</summary>
    public sealed record ReviewReport : Change
    {
        /// <summary>The report.</summary>
        public required Guid ReportId { get; init; }

        /// <summary>When the report happened; what is in the review queue.</summary>
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

    /// <summary>Is this retry still wanted?</summary>
    public sealed record ConfirmRetry : Command
    {
        /// <summary>The message to be tried again.</summary>
        public required string MessageId { get; init; }

        /// <summary>Which attempt, 1 for the first retry.</summary>
        public required int Attempt { get; init; }
    }

    /// <summary>Where does the recipient stand?</summary>
    public sealed record GetRecipient : Command;
}

/// <summary>What a source said about one message, as it is kept: no mail address in it.</summary>
public sealed record ReportFacts
{
    /// <summary>Which source.</summary>
    public required string Source { get; init; }

    /// <summary>The source's id of this event.</summary>
    public string? SourceEventId { get; init; }

    /// <summary>The original message.</summary>
    public string? MessageId { get; init; }

    /// <summary>When it happened by the source's clock; null when it did not say.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Domain of the original sender.</summary>
    public string? SenderDomain { get; init; }

    /// <summary>SMTP reply code, as on the wire.</summary>
    public int? SmtpCode { get; init; }

    /// <summary>Enhanced status code, as on the wire.</summary>
    public EnhancedStatusCode? EnhancedCode { get; init; }

    /// <summary>The reply, masked.</summary>
    public string Diagnostic { get; init; } = "";

    /// <summary>Retries made before this report.</summary>
    public int RetryCount { get; init; }

    /// <summary>Stream of the message.</summary>
    public string? Stream { get; init; }

    /// <summary>Campaign of the message.</summary>
    public string? Campaign { get; init; }

    /// <summary>IP address the message was sent from.</summary>
    public string? SendingIp { get; init; }

    /// <summary>Host that answered.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>Host that wrote the report.</summary>
    public string? ReportingMta { get; init; }

    /// <summary>What else the source attached, masked.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The facts of a report, with every address masked (ARCHITECTURE rule 6).</summary>
    public static ReportFacts From(BounceReport report) => new()
    {
        Source = report.Source,
        SourceEventId = Masking.Id(report.SourceEventId, report.Recipient),
        MessageId = report.MessageId,
        OccurredAt = report.OccurredAt,
        SenderDomain = report.SenderDomain,
        SmtpCode = report.SmtpCode,
        EnhancedCode = report.EnhancedCode,
        Diagnostic = Masking.Diagnostic(report.Diagnostic, report.Recipient),
        RetryCount = report.RetryCount,
        Stream = report.Stream,
        Campaign = report.Campaign is null ? null : Masking.Diagnostic(report.Campaign, report.Recipient),
        SendingIp = report.SendingIp,
        RemoteMta = report.RemoteMta,
        ReportingMta = report.ReportingMta,
        Metadata = report.Metadata
            .GroupBy(p => Masking.Diagnostic(p.Key, report.Recipient), p => Masking.Diagnostic(p.Value, report.Recipient))
            .ToDictionary(g => g.Key, g => string.Join(", ", g)),
    };
}
