namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Google Groups, which names the group but not always its address.</summary>
internal static class GoogleGroups
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "google-groups",
        Signs =
        [
            "we're writing to let you know that the group you tried to contact",
            "the group you tried to contact",
            "may not have permission to post messages to the group",
        ],
        LeadingAddresses = false,
        ReplyAfter = ["a few more details on why you weren't able to post"],
    };
}
