namespace BounceActors.Sources.Mail.Layouts;

/// <summary>MailMarshal (NetIQ, M86, Trustwave).</summary>
internal static class MailMarshal
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "mailmarshal",
        Signs = ["the following recipients were affected", "could not be delivered because of"],
        ListAfter = ["recipients were affected"],
        ListEnds = ["additional information"],
        ReplyAfter = ["could not be delivered because of"],
    };
}
