namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Amazon SES and WorkMail.</summary>
internal static class Ses
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "amazonses",
        Signs =
        [
            "an error occurred while trying to deliver the mail to the following recipients",
            "error occurred while trying to deliver this message to the following recipients",
            "technical report:",
        ],
        ListAfter = ["following recipients"],
    };
}
