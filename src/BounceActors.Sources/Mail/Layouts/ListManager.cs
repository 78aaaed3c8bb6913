using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Mailing-list managers (fml, Majordomo, ezmlm, Mailman) that refuse a post.</summary>
internal static class ListManager
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "listmanager",
        Signs =
        [
            "you are not a member of this mailing list",
            "you are not allowed to post to this mailing list",
            "non-member",
            "is not a member of the list",
            "your message to the list",
            "posting by non-members",
            "only members may post",
            "you are not subscribed",
            "this list is closed",
            "your message has been rejected, probably because you are not subscribed",
        ],
        AlsoNeeded = ["reject", "not allowed", "closed", "not a member", "non-member", "not been posted", "not subscribed"],
        RecipientAfter = ["mailing list <", "mailing list:", "posted to the list", "post to the list", "post to"],
        LeadingAddresses = false,
        Outcome = ReportOutcome.Bounce,
    };
}
