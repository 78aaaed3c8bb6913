namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Exim, and the mail systems that write its words: Mail.ru, MX Logic, Zoho, GMX.</summary>
internal static class Exim
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "exim",
        Signs =
        [
            "this message was created automatically by mail delivery software",
            "this message was created automatically by the mail system",
            "a message that you sent could not be delivered to one or more of its recipients",
            "could not be delivered to one or more of its recipients",
            "the following address(es) failed",
            "your message has not been delivered to one or more of its recipients",
            "the following addresses failed",
            "this message was created automatically by the smtp relay",
            "это письмо создано автоматически",
            "the address to which the message has not yet been delivered is",
            "the addresses to which the message has not yet been delivered are",
        ],
        ListAfter =
        [
            "address(es) failed:",
            "addresses failed:",
            "address failed:",
            "following address failed",
            "address(es) have failed",
            "не может быть доставлено",
            "has not yet been delivered is",
            "has not yet been delivered are",
        ],
        OutputAfter = ["text was generated during the delivery attempt"],
        NoReply = ["(generated from", "(ultimately generated from", "retry timeout exceeded since"],
    };
}
