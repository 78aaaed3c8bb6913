using System.Collections.Frozen;
using BounceActors.Domain.Classification;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Class names and numbers that several senders share.</summary>
internal static class FailureClasses
{
    /// <summary>PowerMTA's categories, which KumoMTA and others write in their own spelling: compared by their letters only.</summary>
    private static readonly FrozenDictionary<string, BounceCategory> Names = new Dictionary<string, BounceCategory>
    {
        ["badmailbox"] = BounceCategory.UserNotFound,
        ["invalidrecipient"] = BounceCategory.UserNotFound,
        ["inactivemailbox"] = BounceCategory.MailboxDisabled,
        ["baddomain"] = BounceCategory.DomainNotFound,
        ["dnsfailure"] = BounceCategory.DomainNotFound,
        ["quotaissues"] = BounceCategory.MailboxFull,
        ["mailboxfull"] = BounceCategory.MailboxFull,
        ["routingerrors"] = BounceCategory.NetworkError,
        ["badconnection"] = BounceCategory.NetworkError,
        ["noanswerfromhost"] = BounceCategory.ConnectionTimeout,
        ["badconfiguration"] = BounceCategory.ServerError,
        ["transientfailure"] = BounceCategory.ServerError,
        ["messageexpired"] = BounceCategory.MessageExpired,
        ["greylisted"] = BounceCategory.Greylisted,
        ["greylisting"] = BounceCategory.Greylisted,
        ["throttled"] = BounceCategory.RateLimiting,
        ["spamrelated"] = BounceCategory.SpamFilter,
        ["spamcontent"] = BounceCategory.SpamFilter,
        ["spamblock"] = BounceCategory.ReputationBlock,
        ["policyrelated"] = BounceCategory.PolicyRejection,
        ["authenticationfailed"] = BounceCategory.AuthenticationFailure,
        ["invalidsender"] = BounceCategory.SenderRejected,
        ["relayingissues"] = BounceCategory.RelayDenied,
        ["relaydenied"] = BounceCategory.RelayDenied,
        ["relayingdenied"] = BounceCategory.RelayDenied,
        ["contentrelated"] = BounceCategory.ContentFilter,
        ["prohibitedattachment"] = BounceCategory.ContentFilter,
        ["virusrelated"] = BounceCategory.VirusDetected,
        ["protocolerrors"] = BounceCategory.ProtocolError,
        ["autoreply"] = BounceCategory.VacationReply,
    }.ToFrozenDictionary();

    /// <summary>BoogieTools' numbers, which SparkPost (<c>bounce_class</c>) and Mandrill (<c>bgtools_code</c>) use.</summary>
    private static readonly FrozenDictionary<int, BounceCategory> Numbers = new Dictionary<int, BounceCategory>
    {
        [10] = BounceCategory.UserNotFound,
        [20] = BounceCategory.ServerError,
        [21] = BounceCategory.DomainNotFound,
        [22] = BounceCategory.MailboxFull,
        [23] = BounceCategory.MessageTooLarge,
        [24] = BounceCategory.ConnectionTimeout,
        [25] = BounceCategory.SuppressedBySource,
        [30] = BounceCategory.UserNotFound,
        [40] = BounceCategory.ServerError,
        [50] = BounceCategory.PolicyRejection,
        [51] = BounceCategory.ReputationBlock,
        [52] = BounceCategory.SpamFilter,
        [53] = BounceCategory.ContentFilter,
        [54] = BounceCategory.RelayDenied,
        [60] = BounceCategory.VacationReply,
        [70] = BounceCategory.ServerError,
        [90] = BounceCategory.UnsubscribeRequest,
        [100] = BounceCategory.ChallengeRequest,
    }.ToFrozenDictionary();

    public static BounceCategory? OfName(string? name) =>
        name is { Length: <= 64 } && Names.TryGetValue(string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant(), out var category) ? category : null;

    public static BounceCategory? OfNumber(int? number) => number is { } n && Numbers.TryGetValue(n, out var category) ? category : null;
}
