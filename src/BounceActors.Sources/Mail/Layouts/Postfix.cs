namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Postfix without its status part, or rewritten by a gateway.</summary>
internal static class Postfix
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "postfix",
        Signs =
        [
            "this is the mail system at host",
            "this is the postfix program at host",
            "i'm sorry to have to inform you that your message could not be delivered to one or more recipients",
            "i'm sorry to have to inform you that the message returned below could not be delivered",
            "your message could not be delivered to one or more recipients",
        ],
        NoReply = ["for further assistance", "if you do so, please", "your own text from the attached"],
    };
}
