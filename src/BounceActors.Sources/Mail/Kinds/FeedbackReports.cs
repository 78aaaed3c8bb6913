using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Complaints in the Abuse Reporting Format (RFC 5965), with its redacted recipients (RFC 6590), and the ones Microsoft sends without a feedback part.</summary>
internal sealed class FeedbackReports : ILayout
{
    /// <summary>The evidence of a report whose recipient was taken out.</summary>
    public const string Redacted = "redacted";

    public string Name => "arf";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        if (mail.Feedback is { } feedback)
        {
            return Read(mail, feedback, OutcomeOf(feedback["Feedback-Type"]));
        }

        // Microsoft's Junk Mail Reporting Program forwards the message with a header of its own in it
        if (mail.Attached.Count > 0 && mail.Original["X-HmXmrOriginalRecipient"] is { } recipient)
        {
            return [Fate(mail, Addresses.FromField(recipient), ReportOutcome.Complaint, "original-recipient-header")];
        }

        return [];
    }

    private static IReadOnlyList<Fate> Read(OpenedMail mail, Fields feedback, ReportOutcome outcome)
    {
        var named = feedback.Values("Original-Rcpt-To").Concat(feedback.Values("Removal-Recipient"))
            .SelectMany(v => v.Split(','))
            .Select(Addresses.FromField)
            .Where(a => a is not null && !IsRedacted(a))
            .Distinct()
            .ToList();
        if (named.Count > 0)
        {
            return [.. named.Select(a => Fate(mail, a, outcome, "original-rcpt-to"))];
        }

        foreach (var (value, evidence) in (ReadOnlySpan<(string?, string)>)[
            (mail.Original["X-HmXmrOriginalRecipient"], "original-recipient-header"),
            (mail.Original["X-Original-To"], "original-delivered-to"),
            (mail.Original["Delivered-To"], "original-delivered-to"),
            (mail.Original["To"], "original-to")])
        {
            if (Addresses.InHeader(value).Where(a => !IsRedacted(a)).Distinct().Take(2).ToList() is [var only])
            {
                return [Fate(mail, only, outcome, evidence)];
            }
        }

        return [Fate(mail, null, outcome, Redacted)];
    }

    private static Fate Fate(OpenedMail mail, EmailAddress? recipient, ReportOutcome outcome, string evidence) => new()
    {
        Recipient = recipient,
        Outcome = outcome,
        Diagnostic = mail.Notice.Text.Trim(),
        Evidence = evidence,
        LastAttempt = StatusNotification.DateOf(mail.Feedback?["Arrival-Date"] ?? mail.Feedback?["Received-Date"]),
    };

    /// <summary>RFC 5965 section 3.3 and RFC 6650: only abuse, fraud and virus accuse a message.</summary>
    private static ReportOutcome OutcomeOf(string? type) => type?.Trim().ToLowerInvariant() switch
    {
        "opt-out" or "opt-out-list" or "unsubscribe" => ReportOutcome.Unsubscribe,
        "not-spam" or "auth-failure" or "dkim" or "dmarc" or "other" or "miscategorized" => ReportOutcome.NotAReport,
        _ => ReportOutcome.Complaint,
    };

    private static bool IsRedacted(EmailAddress address) => address.LocalPart.Contains("redacted", StringComparison.OrdinalIgnoreCase) || address.Domain.Contains("redacted", StringComparison.Ordinal)
        || address.LocalPart.Trim('x', 'X', '*', '-').Length == 0;
}
