namespace BounceActors.Sources.Mail.Layouts;

/// <summary>MessageLabs (Symantec.cloud).</summary>
internal static class MessageLabs
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "messagelabs",
        Signs =
        [
            "following address(es) could not be delivered",
            "your mail message to the following address(es) could not be delivered",
            "this message was created automatically by messagelabs",
        ],
    };
}
