namespace BounceActors.Sources.Mail.Layouts;

/// <summary>MailFoundry.</summary>
internal static class MailFoundry
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "mailfoundry",
        Signs = ["this is a mailfoundry", "delivery failed for the following reason:"],
        RecipientAfter = ["unable to deliver message to"],
        ReplyAfter = ["delivery failed for the following reason:"],
    };
}
