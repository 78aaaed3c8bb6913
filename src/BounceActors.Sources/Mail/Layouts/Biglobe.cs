namespace BounceActors.Sources.Mail.Layouts;

/// <summary>BIGLOBE.</summary>
internal static class Biglobe
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "biglobe",
        Signs = ["non-delivered information"],
        ListAfter = ["had delivery problems"],
        ListEnds = ["non-delivered information"],
        ReplyAfter = ["non-delivered information"],
    };
}
