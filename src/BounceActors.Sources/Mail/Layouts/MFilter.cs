namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Digital Arts m-FILTER, and gateways that head the reply "server message".</summary>
internal static class MFilter
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "mfilter",
        Signs = ["-------server message", "--------server message", "server message"],
        AlsoNeeded = ["server message"],
        ReplyAfter = ["server message"],
        RecipientAfter = ["unknown user"],
    };
}
