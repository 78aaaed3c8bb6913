namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Courier.</summary>
internal static class Courier
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "courier",
        Signs =
        [
            "running the courier mail server",
            "this is a delivery status notification from",
            "the courier mail server",
            "your message to the following recipients cannot be delivered",
            "this is a delayed delivery status notification",
        ],
    };
}
