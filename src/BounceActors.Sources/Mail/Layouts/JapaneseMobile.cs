namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Japanese mobile carriers: KDDI au (ezweb), NTT docomo, SoftBank.</summary>
internal static class JapaneseMobile
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "jp-mobile",
        Signs =
        [
            "could not be delivered to:",
            "the user(s) account is disabled",
            "the user(s) account is temporarily over quota",
            "the following recipients did not receive this message",
            "each of the following recipients was rejected by a remote mail server",
            "the following recipients were rejected by a remote mail server",
            "as their mailbox is full",
            "due to the following reason(s):",
        ],
        AlsoNeeded = ["your mail sent on", "user(s) account", "did not receive this message", "rejected by a remote", "mailbox is full", "reason(s):"],
        RecipientAfter = ["recipient: <", "could not be delivered to:", "could not be delivered to"],
    };
}
