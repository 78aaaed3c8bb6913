namespace BounceActors.Sources.Mail.Layouts;

/// <summary>hMailServer.</summary>
internal static class HMailServer
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "hmailserver",
        Signs = ["hmailserver sent:", "hmailserver"],
        AlsoNeeded = ["recipient(s) could not be reached", "error type:", "remote server"],
        ListAfter = ["could not be reached"],
        ReplyAfter = ["remote server replied:"],
    };
}
