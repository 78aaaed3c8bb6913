namespace BounceActors.Sources.Mail.Layouts;

/// <summary>An unknown MTA that "had trouble delivering your message".</summary>
internal static class UnknownTrouble
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "x6",
        Signs = ["we had trouble delivering your message", "had trouble delivering your message"],
        RecipientAfter = ["rejected recipient"],
        LeadingAddresses = false,
    };
}
