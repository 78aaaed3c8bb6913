namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Facebook.</summary>
internal static class Facebook
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "facebook",
        Signs = ["this message was created automatically by facebook"],
        ListAfter = ["permanent error", "the following address"],
    };
}
