namespace BounceActors.Domain.Reports;

/// <summary>The <c>Action</c> field of a delivery status notification (RFC 3464 section 2.3.3).</summary>
public enum DsnAction
{
    /// <summary>Could not be delivered.</summary>
    Failed,

    /// <summary>Not yet delivered; still trying.</summary>
    Delayed,

    /// <summary>Delivered to the mailbox.</summary>
    Delivered,

    /// <summary>Handed to an environment that does not send notifications.</summary>
    Relayed,

    /// <summary>Delivered and passed on to several other recipients.</summary>
    Expanded,
}
