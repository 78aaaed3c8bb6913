namespace BounceActors.Sources.Mail.Layouts;

/// <summary>HCL (Lotus, IBM) Domino.</summary>
internal static class Domino
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "domino",
        Signs = ["was not delivered to:", "your message was not delivered to", "wurde nicht zugestellt an:", "n'a pas été remis à", "non è stato consegnato a"],
        AlsoNeeded = ["because:", "weil:", "aus folgendem grund", "parce que", "car :", "poiché"],
        ListAfter = ["was not delivered to", "nicht zugestellt an", "pas été remis à", "stato consegnato a"],
        ListEnds = ["because:", "weil:", "grund:", "parce que", "car :", "poiché"],
        ReplyAfter = ["because:", "weil:", "grund:", "parce que", "car :", "poiché"],
    };
}
