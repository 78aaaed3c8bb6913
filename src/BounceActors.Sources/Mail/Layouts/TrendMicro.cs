namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Trend Micro InterScan and hosted security, which print the session.</summary>
internal static class TrendMicro
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "trendmicro",
        Signs = ["unable to deliver message to", "sent <<< ", "the message you sent to"],
        AlsoNeeded = ["received >>>", "undelivered message", "unable to deliver message to"],
        RecipientAfter = ["unable to deliver message to", "sent <<< rcpt to:"],
        LeadingAddresses = false,
    };
}
