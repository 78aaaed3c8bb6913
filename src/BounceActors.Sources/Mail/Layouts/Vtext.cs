namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Verizon text and picture gateways.</summary>
internal static class Vtext
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "vtext",
        Signs = ["message could not be delivered to mobile", "your mail could not be delivered to the following", "request failed; mailbox unavailable"],
        RecipientAfter = ["rcpt to:"],
        ReplyAfter = ["error:"],
    };
}
