namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Momentum (Ecelerity) and SparkPost.</summary>
internal static class Ecelerity
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "momentum",
        Signs = ["this message was created automatically by the mail system (ecelerity)"],
        ListAfter = ["could not be delivered", "not delivered to"],
        RecipientAfter = [">>>"],
    };
}
