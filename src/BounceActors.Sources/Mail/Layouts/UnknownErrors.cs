namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Unknown MTAs that list "delivery errors".</summary>
internal static class UnknownErrors
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "x1",
        Signs = ["the following addresses had delivery errors"],
        ListAfter = ["had delivery errors"],
    };
}
