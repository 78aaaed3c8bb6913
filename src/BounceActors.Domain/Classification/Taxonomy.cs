using System.Collections.Frozen;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>The guide's bounce types.</summary>
public enum BounceType
{
    /// <summary>Permanent failure of the address.</summary>
    HardBounce,

    /// <summary>Temporary failure.</summary>
    SoftBounce,

    /// <summary>Refused because of the sender, the message or a policy.</summary>
    BlockBounce,

    /// <summary>A challenge-response system asks for confirmation.</summary>
    ChallengeResponse,

    /// <summary>An automatic reply.</summary>
    AutoReply,

    /// <summary>The recipient opted out.</summary>
    Unsubscribe,

    /// <summary>The recipient complained.</summary>
    SpamComplaint,
}

/// <summary>What happened, in one word. Each category's row is in <see cref="Taxonomy"/>.</summary>
public enum BounceCategory
{
    /// <summary>No usable evidence, or contradictory evidence.</summary>
    Unknown,

    /// <summary>The address is malformed (5.1.3).</summary>
    InvalidAddress,

    /// <summary>No such mailbox (5.1.1).</summary>
    UserNotFound,

    /// <summary>No such domain, or it takes no mail (5.1.2, 5.1.10).</summary>
    DomainNotFound,

    /// <summary>Suspended, inactive or locked mailbox (5.2.1).</summary>
    MailboxDisabled,

    /// <summary>Over quota (4.2.2, 5.2.2).</summary>
    MailboxFull,

    /// <summary>Error of the receiving system.</summary>
    ServerError,

    /// <summary>Connect or I/O timeout.</summary>
    ConnectionTimeout,

    /// <summary>Routing, DNS or connection failure, mail loop.</summary>
    NetworkError,

    /// <summary>Queue lifetime exceeded and no better cause named (4.4.7).</summary>
    MessageExpired,

    /// <summary>Too many connections, messages or recipients.</summary>
    RateLimiting,

    /// <summary>First contact refused for minutes.</summary>
    Greylisted,

    /// <summary>The MTA is still trying.</summary>
    DeliveryDelay,

    /// <summary>Local policy not further specified.</summary>
    PolicyRejection,

    /// <summary>SPF, DKIM, DMARC or reverse DNS of the sending side.</summary>
    AuthenticationFailure,

    /// <summary>The sender's address was refused.</summary>
    SenderRejected,

    /// <summary>Relaying denied.</summary>
    RelayDenied,

    /// <summary>IP, domain or URL of the sender is listed or has a bad reputation.</summary>
    ReputationBlock,

    /// <summary>An attachment, header or content rule.</summary>
    ContentFilter,

    /// <summary>Scored or declared spam.</summary>
    SpamFilter,

    /// <summary>A virus was found.</summary>
    VirusDetected,

    /// <summary>Larger than the receiver takes.</summary>
    MessageTooLarge,

    /// <summary>Command sequence, syntax or message format.</summary>
    ProtocolError,

    /// <summary>Out of office and other automatic replies.</summary>
    VacationReply,

    /// <summary>A challenge-response request.</summary>
    ChallengeRequest,

    /// <summary>A spam complaint.</summary>
    Complaint,

    /// <summary>A request to opt out.</summary>
    UnsubscribeRequest,

    /// <summary>The source refused because of its own suppression list: an echo.</summary>
    SuppressedBySource,

    /// <summary>A feedback report that is no complaint (not-spam, auth-failure, other).</summary>
    FeedbackOther,

    /// <summary>Delivered, relayed or expanded.</summary>
    DeliverySuccess,
}

/// <summary>What to do about a report; the guide's remediation actions.</summary>
public enum RemediationAction
{
    /// <summary>Nothing.</summary>
    NoAction,

    /// <summary>Take the recipient off every active list now.</summary>
    RemoveImmediately,

    /// <summary>Send the message again later.</summary>
    RetryWithDelay,

    /// <summary>Put the recipient on the suppression list of the category.</summary>
    MoveToSuppression,

    /// <summary>Let a person look at it.</summary>
    FlagForReview,

    /// <summary>Count it against the sender.</summary>
    UpdateReputation,
}

/// <summary>Whose fault the failure is; it decides whom a report may hurt.</summary>
public enum Fault
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>The recipient's mailbox.</summary>
    Recipient,

    /// <summary>The recipient's domain.</summary>
    Domain,

    /// <summary>The receiving system.</summary>
    Receiver,

    /// <summary>The sending side.</summary>
    Sender,

    /// <summary>The message itself.</summary>
    Message,

    /// <summary>The person reading the mail.</summary>
    Person,

    /// <summary>Nobody.</summary>
    None,
}

/// <summary>What the reply claims about the future.</summary>
public enum Permanence
{
    /// <summary>It does not say.</summary>
    Unknown,

    /// <summary>Trying again may help (4xx, 4.x.x).</summary>
    Transient,

    /// <summary>Trying again will not help (5xx, 5.x.x).</summary>
    Permanent,
}

/// <summary>How strongly a category counts against a recipient.</summary>
public enum StrikeWeight
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Weakly.</summary>
    Weak,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>Strongly.</summary>
    Strong,

    /// <summary>By rules of its own (complaints, opt-outs).</summary>
    OwnRule,
}

/// <summary>One row of the taxonomy: what a category means.</summary>
/// <param name="Category">The category.</param>
/// <param name="Outcome">The outcome reports of this category have.</param>
/// <param name="Type">The guide's type; null where it is no failure.</param>
/// <param name="DefaultAction">What to do unless a rule says otherwise.</param>
/// <param name="Fault">Whose fault.</param>
/// <param name="Strike">How strongly it counts against the recipient.</param>
/// <param name="Group">Coarse group used in measurements.</param>
public sealed record TaxonomyEntry(
    BounceCategory Category,
    ReportOutcome Outcome,
    BounceType? Type,
    RemediationAction DefaultAction,
    Fault Fault,
    StrikeWeight Strike,
    string Group);

/// <summary>Every category with its outcome, type, action, fault and strike. Source: the guide, and design/TAXONOMY.csv for the categories added to it.</summary>
public static class Taxonomy
{
    private static readonly TaxonomyEntry[] Rows =
    [
        Row(BounceCategory.InvalidAddress, ReportOutcome.Bounce, BounceType.HardBounce, RemediationAction.RemoveImmediately, Fault.Recipient, StrikeWeight.Strong, "recipient"),
        Row(BounceCategory.UserNotFound, ReportOutcome.Bounce, BounceType.HardBounce, RemediationAction.RemoveImmediately, Fault.Recipient, StrikeWeight.Strong, "recipient"),
        Row(BounceCategory.DomainNotFound, ReportOutcome.Bounce, BounceType.HardBounce, RemediationAction.RemoveImmediately, Fault.Domain, StrikeWeight.Strong, "domain"),
        Row(BounceCategory.MailboxDisabled, ReportOutcome.Bounce, BounceType.HardBounce, RemediationAction.MoveToSuppression, Fault.Recipient, StrikeWeight.Medium, "recipient"),
        Row(BounceCategory.MailboxFull, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Recipient, StrikeWeight.Weak, "mailbox"),
        Row(BounceCategory.ServerError, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.Weak, "transient"),
        Row(BounceCategory.ConnectionTimeout, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.Weak, "transient"),
        Row(BounceCategory.NetworkError, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.Weak, "transient"),
        Row(BounceCategory.MessageExpired, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.Weak, "transient"),
        Row(BounceCategory.RateLimiting, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.None, "throttle"),
        Row(BounceCategory.Greylisted, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.RetryWithDelay, Fault.Receiver, StrikeWeight.None, "throttle"),
        Row(BounceCategory.DeliveryDelay, ReportOutcome.Delay, BounceType.SoftBounce, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "transient"),
        Row(BounceCategory.PolicyRejection, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Sender, StrikeWeight.None, "policy"),
        Row(BounceCategory.AuthenticationFailure, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Sender, StrikeWeight.None, "policy"),
        Row(BounceCategory.SenderRejected, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Sender, StrikeWeight.None, "policy"),
        Row(BounceCategory.RelayDenied, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Sender, StrikeWeight.None, "policy"),
        Row(BounceCategory.ReputationBlock, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.UpdateReputation, Fault.Sender, StrikeWeight.None, "reputation"),
        Row(BounceCategory.ContentFilter, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Message, StrikeWeight.None, "content"),
        Row(BounceCategory.SpamFilter, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Message, StrikeWeight.None, "content"),
        Row(BounceCategory.VirusDetected, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.FlagForReview, Fault.Message, StrikeWeight.None, "content"),
        Row(BounceCategory.MessageTooLarge, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.FlagForReview, Fault.Message, StrikeWeight.None, "content"),
        Row(BounceCategory.ProtocolError, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.FlagForReview, Fault.Message, StrikeWeight.None, "protocol"),
        Row(BounceCategory.VacationReply, ReportOutcome.AutoReply, BounceType.AutoReply, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "auto"),
        Row(BounceCategory.ChallengeRequest, ReportOutcome.Challenge, BounceType.ChallengeResponse, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "auto"),
        Row(BounceCategory.Complaint, ReportOutcome.Complaint, BounceType.SpamComplaint, RemediationAction.MoveToSuppression, Fault.Person, StrikeWeight.OwnRule, "complaint"),
        Row(BounceCategory.UnsubscribeRequest, ReportOutcome.Unsubscribe, BounceType.Unsubscribe, RemediationAction.MoveToSuppression, Fault.Person, StrikeWeight.OwnRule, "complaint"),
        Row(BounceCategory.SuppressedBySource, ReportOutcome.Bounce, BounceType.BlockBounce, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "echo"),
        Row(BounceCategory.FeedbackOther, ReportOutcome.NotAReport, null, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "complaint"),
        Row(BounceCategory.DeliverySuccess, ReportOutcome.Delivered, null, RemediationAction.NoAction, Fault.None, StrikeWeight.None, "delivered"),
        Row(BounceCategory.Unknown, ReportOutcome.Bounce, BounceType.SoftBounce, RemediationAction.FlagForReview, Fault.Unknown, StrikeWeight.None, "unknown"),
    ];

    private static readonly FrozenDictionary<BounceCategory, TaxonomyEntry> ByCategory = Rows.ToFrozenDictionary(r => r.Category);

    /// <summary>All rows.</summary>
    public static IReadOnlyList<TaxonomyEntry> All => Rows;

    /// <summary>The row of <paramref name="category"/>.</summary>
    public static TaxonomyEntry Of(BounceCategory category) => ByCategory[category];

    private static TaxonomyEntry Row(BounceCategory category, ReportOutcome outcome, BounceType? type, RemediationAction action, Fault fault, StrikeWeight strike, string group) =>
        new(category, outcome, type, action, fault, strike, group);
}
