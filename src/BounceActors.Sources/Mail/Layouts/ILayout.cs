using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>One way in which mail systems write that a message did (not) arrive.</summary>
internal interface ILayout
{
    /// <summary>Its name in <see cref="Domain.Reports.MailFacts.Layout"/>.</summary>
    string Name { get; }

    /// <summary>The fates the mail tells; empty when it is not of this layout.</summary>
    IReadOnlyList<Fate> Read(OpenedMail mail);
}
