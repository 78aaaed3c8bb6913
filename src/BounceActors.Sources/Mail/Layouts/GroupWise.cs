namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Novell (Micro Focus) GroupWise.</summary>
internal static class GroupWise
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "groupwise",
        Signs = ["the message that you sent was undeliverable to the following", "the attached file had the following undeliverable recipient"],
        ListAfter = ["undeliverable to the following", "undeliverable recipient"],
    };
}
