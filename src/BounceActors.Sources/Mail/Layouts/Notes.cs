namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Lotus Notes before Domino: a list of reasons over the returned message.</summary>
internal static class Notes
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "notes",
        Signs = ["failure reasons"],
        ReplyAfter = ["failure reasons"],
    };
}
