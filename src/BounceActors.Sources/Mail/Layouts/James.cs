namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Apache James.</summary>
internal static class James
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "james",
        Signs = ["this is the james mail server at", "error message below:"],
        ListAfter = ["failed recipient"],
        ListEnds = ["error message"],
        ReplyAfter = ["error message below", "error message"],
        RecipientAfter = ["rcpt to:"],
    };
}
