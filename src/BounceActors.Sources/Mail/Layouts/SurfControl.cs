namespace BounceActors.Sources.Mail.Layouts;

/// <summary>SurfControl (Websense) E-mail Filter, which prints what each attempt ended in.</summary>
internal static class SurfControl
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "surfcontrol",
        Signs = ["a transcript of the attempts to send the message follows", "message could not be sent"],
        AlsoNeeded = ["addressed to:"],
        RecipientAfter = ["addressed to:"],
        LeadingAddresses = false,
        ReplyAfter = ["failed to send to identified host,"],
    };
}
