namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Oracle (Sun, iPlanet) Messaging Server and PMDF.</summary>
internal static class MessagingServer
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "messagingserver",
        Signs =
        [
            "this report relates to a message you sent with the following header fields",
            "your message cannot be delivered to the following recipients",
            "your message has been enqueued and undeliverable",
            "your message is being returned",
        ],
        AlsoNeeded = ["recipient address:", "recipients:", "original address:"],
        RecipientAfter = ["recipient address:"],
        LeadingAddresses = false,
        NoReply = ["original address:", "recipient address:"],
    };
}
