namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Yahoo (also Yahoo! JAPAN), which writes like qmail under its own heading.</summary>
internal static class Yahoo
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "yahoo",
        Signs =
        [
            "sorry, we were unable to deliver your message to the following address",
            "unable to deliver message to the following address(es)",
            "we were unable to deliver your message to the following address",
        ],
        NoReply = ["giving up on"],
    };
}
