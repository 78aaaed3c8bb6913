using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Reports;

/// <summary>
/// One statement by one source about one recipient and one message, as it was on the wire. Nothing in it is derived:
/// a code that the source did not give is null, never guessed.
/// </summary>
public sealed record BounceReport
{
    /// <summary>Whom it is about. Null when the source redacted it (RFC 6590) and nothing else names the recipient: such a report is an orphan.</summary>
    public EmailAddress? Recipient { get; init; }

    /// <summary>The original sender's address (MAIL FROM, else From), or null.</summary>
    public string? Sender { get; init; }

    /// <summary>Message-ID of the original message without angle brackets, or the source's own message id.</summary>
    public string? MessageId { get; init; }

    /// <summary>When it happened, by the source's clock; null when the source did not say.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>The outcome the source names; null when only codes and text are given.</summary>
    public ReportOutcome? Outcome { get; init; }

    /// <summary>The <c>Action</c> of a delivery status notification.</summary>
    public DsnAction? Action { get; init; }

    /// <summary>The three-digit SMTP reply code (RFC 5321 section 4.2), 200 to 599.</summary>
    public int? SmtpCode { get; init; }

    /// <summary>The enhanced status code (RFC 3463).</summary>
    public EnhancedStatusCode? EnhancedCode { get; init; }

    /// <summary>The remote server's words, or the words of the MTA that gave up; empty when there are none.</summary>
    public string Diagnostic { get; init; } = "";

    /// <summary>Which source said so: <c>api</c>, <c>mail</c>, <c>sendgrid</c> …</summary>
    public string Source { get; init; } = "";

    /// <summary>The source's own id of this event; equal ids are one event.</summary>
    public string? SourceEventId { get; init; }

    /// <summary>The source's own class of the failure, e.g. <c>Permanent/General</c> or <c>hard</c>: weak evidence.</summary>
    public string? SourceClass { get; init; }

    /// <summary>
    /// What the source's class means by the table of its adapter (SEMANTICS 6.1); null when the class says nothing in particular. Weak evidence,
    /// used when neither text nor codes say more. Two values are more than that, because only the source can know them:
    /// <see cref="BounceCategory.SuppressedBySource"/>, the echo of the source's own list, decides a bounce whatever text it carries, and
    /// <see cref="BounceCategory.FeedbackOther"/> names a <see cref="ReportOutcome.NotAReport"/> that takes a complaint back or is none.
    /// </summary>
    public BounceCategory? SourceCategory { get; init; }

    /// <summary>How often this message was already retried by us, 0 for the first attempt.</summary>
    public int RetryCount { get; init; }

    /// <summary>Stream of the message: <c>transactional</c>, <c>marketing</c> …</summary>
    public string? Stream { get; init; }

    /// <summary>Campaign of the message.</summary>
    public string? Campaign { get; init; }

    /// <summary>IP address the message was sent from.</summary>
    public string? SendingIp { get; init; }

    /// <summary>Host that refused or accepted the message (RFC 3464 <c>Remote-MTA</c>), without its type.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>Host that wrote the report (RFC 3464 <c>Reporting-MTA</c>), without its type.</summary>
    public string? ReportingMta { get; init; }

    /// <summary>Mailbox provider, if the source names it: <c>google</c>, <c>microsoft</c> …</summary>
    public string? Provider { get; init; }

    /// <summary>Whatever else the source attached, name to value.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = EmptyMetadata;

    /// <summary>What only a bounce mail can tell; null for other sources.</summary>
    public MailFacts? Mail { get; init; }

    /// <summary>Domain of <see cref="Sender"/>, normalised; null when there is none.</summary>
    public string? SenderDomain => EmailAddress.DomainOf(Sender);

    private static readonly IReadOnlyDictionary<string, string> EmptyMetadata = new Dictionary<string, string>();
}
