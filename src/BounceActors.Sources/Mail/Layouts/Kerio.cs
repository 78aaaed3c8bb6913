namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Kerio Connect.</summary>
internal static class Kerio
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "kerio",
        Signs = ["kerio mailserver", "kerio connect"],
        AlsoNeeded = ["could not be delivered", "not delivered", "undeliverable", "failed"],
        RecipientAfter = ["could not be delivered to:", "recipient:"],
    };
}
