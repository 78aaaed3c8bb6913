namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Exchange 5.5 and its Internet Mail Service.</summary>
internal static class Exchange55
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "exchange55",
        Signs = ["did not reach the following recipient"],
        ListAfter = ["did not reach the following recipient(s)", "did not reach the following recipients"],
        RecipientAfter = ["did not reach the following recipient:", "smtp="],
        NoReply = ["the mts-id of the original message is"],
    };
}
