namespace BounceActors.Domain.Reports;

/// <summary>What a report says happened to one message for one recipient.</summary>
public enum ReportOutcome
{
    /// <summary>The message was finally refused or given up (RFC 3464 <c>Action: failed</c>).</summary>
    Bounce,

    /// <summary>The MTA is still trying (RFC 3464 <c>Action: delayed</c>).</summary>
    Delay,

    /// <summary>Delivered, relayed or expanded.</summary>
    Delivered,

    /// <summary>An automatic answer of the recipient's side (RFC 3834), out-of-office included.</summary>
    AutoReply,

    /// <summary>A challenge-response system asks the sender to confirm.</summary>
    Challenge,

    /// <summary>The recipient called the message spam (RFC 5965).</summary>
    Complaint,

    /// <summary>The recipient asked not to be mailed again.</summary>
    Unsubscribe,

    /// <summary>A sign of life: an open, a click, a reply.</summary>
    Engagement,

    /// <summary>Nothing that reports on a message.</summary>
    NotAReport,
}
