namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Barracuda firewalls.</summary>
internal static class Barracuda
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "barracuda",
        Signs = ["was blocked by our spam firewall", "blocked by our spam firewall"],
        RecipientAfter = ["your message to:", "your message to"],
    };
}
