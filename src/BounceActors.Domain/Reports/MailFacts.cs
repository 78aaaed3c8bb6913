namespace BounceActors.Domain.Reports;

/// <summary>What a bounce mail says beyond a <see cref="BounceReport"/>.</summary>
public sealed record MailFacts
{
    /// <summary>Name of the layout that was read, e.g. <c>rfc3464</c>, <c>qmail</c>, <c>generic</c>.</summary>
    public required string Layout { get; init; }

    /// <summary>RFC 3464 <c>Original-Recipient</c>, without its type.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>RFC 3464 <c>Final-Recipient</c>, without its type; differs from the report's recipient when the mail was forwarded.</summary>
    public string? FinalRecipient { get; init; }

    /// <summary>RFC 3464 <c>Status</c> as written; null when the mail has no such field, so that a code then comes from the text.</summary>
    public string? Status { get; init; }

    /// <summary>Whether the address the mail was sent to (VERP) is to be believed: <c>unsigned</c>, <c>verified</c>, <c>forged</c>, <c>expired</c>; null when it is none.</summary>
    public string? Verp { get; init; }

    /// <summary>RFC 3464 <c>Original-Envelope-Id</c> (RFC 3461 ENVID).</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Subject of the original message.</summary>
    public string? Subject { get; init; }

    /// <summary>RFC 3464 <c>Arrival-Date</c>.</summary>
    public DateTimeOffset? ArrivalDate { get; init; }

    /// <summary>RFC 3464 <c>Last-Attempt-Date</c>.</summary>
    public DateTimeOffset? LastAttemptDate { get; init; }

    /// <summary>RFC 5965 <c>Feedback-Type</c>, lower case.</summary>
    public string? FeedbackType { get; init; }

    /// <summary>What tied the mail to its message and recipient, strongest first: <c>verp</c>, <c>envelope-id</c>, <c>message-id</c>, <c>final-recipient</c>, <c>body</c> …</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];
}
