namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Smail 3, still at T-Online.</summary>
internal static class Smail
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "smail",
        Signs = ["failed addresses follow:", "message log follows:"],
        ListAfter = ["failed addresses follow", "message log follows"],
        ListEnds = ["message text follows"],
    };
}
