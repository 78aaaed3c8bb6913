namespace BounceActors.Sources.Mail.Layouts;

/// <summary>PowerMTA.</summary>
internal static class PowerMta
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "powermta",
        Signs =
        [
            "i am sending you this message to inform you on the delivery status of a message you previously sent",
            "below you will find a list of the affected recipients",
        ],
    };
}
