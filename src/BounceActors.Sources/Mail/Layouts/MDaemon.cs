namespace BounceActors.Sources.Mail.Layouts;

/// <summary>MDaemon, which prints the session.</summary>
internal static class MDaemon
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "mdaemon",
        Signs =
        [
            "--- session transcript ---",
            "failed address:",
            "mdaemon has determined",
            "mdaemon messaging server",
            "your message couldn't be delivered to the following recipient",
        ],
        AlsoNeeded = ["session transcript", "failed address:", "mdaemon"],
        RecipientAfter = ["failed address:", "failed addresses:", "could not be delivered to:", "was not delivered to:", "couldn't be delivered to"],
    };
}
