namespace BounceActors.Sources.Mail.Layouts;

/// <summary>OpenSMTPD.</summary>
internal static class OpenSmtpd
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "opensmtpd",
        Signs =
        [
            "this is the mailer-daemon, please do not reply to this e",
            "an error has occurred while attempting to deliver a message for the following list of recipients",
            "a message is delayed for more than",
            "your message was successfully delivered to these recipients",
        ],
        ListAfter = ["list of recipients", "following recipients", "these recipients"],
    };
}
