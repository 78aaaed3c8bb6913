namespace BounceActors.Sources.Mail.Layouts;

/// <summary>DragonFly Mail Agent (dma).</summary>
internal static class DragonFly
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "dragonfly",
        Signs = ["this is the dragonfly mail agent", "there was an error delivering your mail to"],
        RecipientAfter = ["there was an error delivering your mail to", "delivering your mail to"],
        LeadingAddresses = false,
    };
}
