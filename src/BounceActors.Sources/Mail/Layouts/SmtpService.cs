namespace BounceActors.Sources.Mail.Layouts;

/// <summary>The SMTP service of Windows (Outlook.com, Exchange 2000 and 2003 as relays).</summary>
internal static class SmtpService
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "smtpsvc",
        Signs =
        [
            "delivery to the following recipients failed",
            "delivery to the following recipients has been delayed",
            "this is an automatically generated delivery status notification",
        ],
        ListAfter = ["following recipient"],
    };
}
