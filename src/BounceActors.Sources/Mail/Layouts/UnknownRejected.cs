namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Unknown gateways that list recipients as bullets.</summary>
internal static class UnknownRejected
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "x3",
        Signs =
        [
            "this message was not delivered to the following recipient",
            "the following recipients could not be reached",
            "failed recipient:",
            "message was undeliverable to the following",
            "could not be delivered to the following recipient",
            "was not delivered to the following recipient",
        ],
        RecipientAfter = ["failed recipient:"],
    };
}
