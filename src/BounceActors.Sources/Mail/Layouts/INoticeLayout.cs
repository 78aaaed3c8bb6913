namespace BounceActors.Sources.Mail.Layouts;

/// <summary>A layout that is known by phrases in the text.</summary>
internal interface INoticeLayout : ILayout
{
    /// <summary>One of these is in every notice of the layout; white space is compared collapsed, case is not.</summary>
    IReadOnlyList<string> Signs { get; }
}
