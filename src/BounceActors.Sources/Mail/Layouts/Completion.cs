using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Adds to what a status part says what only the text beside it says: many MTAs fill the part with half of what they know.</summary>
internal static class Completion
{
    public static IReadOnlyList<Fate> Complete(OpenedMail mail, IReadOnlyList<Fate> fates)
    {
        if (fates.All(f => f.Recipient is not null && HasWords(f.Diagnostic) && f.Action is not null))
        {
            return fates;
        }

        var told = LayoutTable.Read(mail)?.Fates ?? [];
        return [.. fates.Select(fate => Complete(mail, fate, Partner(fate, fates.Count, told), fates.Count == 1))];
    }

    /// <summary>The exit code of a local program is no diagnostic.</summary>
    private static bool HasWords(string diagnostic) => diagnostic.AsSpan().Trim().Length > 3;

    private static Fate? Partner(Fate fate, int count, IReadOnlyList<Fate> told) =>
        told.FirstOrDefault(t => t.Recipient is not null && (t.Recipient.Equals(fate.Recipient) || t.Recipient.Equals(fate.OriginalRecipient)))
        ?? (count == 1 && told.Count == 1 ? told[0] : null);

    private static Fate Complete(OpenedMail mail, Fate fate, Fate? told, bool alone)
    {
        if (fate.Recipient is null && told?.Recipient is { } recipient)
        {
            fate = fate with { Recipient = recipient, Evidence = "body" };
        }

        if (!HasWords(fate.Diagnostic))
        {
            fate = fate with { Diagnostic = told?.Diagnostic is { } words && HasWords(words) ? words : ReplyFinder.For(mail.Notice, fate.Recipient?.Display ?? "", alone) is { Length: > 0 } found ? found : fate.Diagnostic };
        }

        return fate.Action is not null ? fate : fate with { Outcome = told?.Outcome ?? OutcomeOf(mail, fate) };
    }

    /// <summary>Without an action the class of the status tells success; of the two others the words do.</summary>
    private static ReportOutcome OutcomeOf(OpenedMail mail, Fate fate) =>
        ReplyText.Enhanced(fate.Status ?? "") is { Class: 2 } ? ReportOutcome.Delivered : NoticeWords.OutcomeOf(mail);
}
