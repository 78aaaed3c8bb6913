namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Cisco (IronPort) Secure Email.</summary>
internal static class IronPort
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "ironport",
        Signs = ["the reason for the problem:"],
        RecipientAfter = ["the following message to", "your message to", "the message to"],
        LeadingAddresses = false,
        ReplyAfter = ["the reason for the problem:"],
    };
}
