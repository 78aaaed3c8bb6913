namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Mimecast.</summary>
internal static class Mimecast
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "mimecast",
        Signs = ["mimecast", "the message was rejected by the recipient's mail server"],
        AlsoNeeded = ["undeliverable", "could not be delivered", "not delivered", "rejected"],
    };
}
