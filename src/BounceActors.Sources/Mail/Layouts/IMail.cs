namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Ipswitch IMail.</summary>
internal static class IMail
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "imail",
        Signs =
        [
            "unknown user:",
            "unknown host:",
            "user mailbox exceeds allowed size:",
            "delivery failed 20 attempts:",
            "delivery failed",
            "invalid final delivery userid:",
            "undeliverable to",
            "undeliverable mail to",
        ],
        AlsoNeeded = ["original message follows", "unknown user:", "unknown host:", "exceeds allowed size:", "attempts:", "userid:"],
        RecipientAfter =
        [
            "unknown user:",
            "unknown host:",
            "exceeds allowed size:",
            "attempts:",
            "final delivery userid:",
            "undeliverable mail to",
            "undeliverable to",
        ],
        LeadingAddresses = false,
    };
}
