using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Layouts;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Which of the codes on the wire is the report's.</summary>
internal static class Codes
{
    /// <summary>
    /// The code the refusing server gave in its reply, then the status field, which is what the reporting MTA made of it, then any other code in the text.
    /// A code that only says "other" (x.0.0) gives way to one that says more.
    /// </summary>
    public static EnhancedStatusCode? Enhanced(Fate fate, string diagnostic)
    {
        EnhancedStatusCode? vague = null;
        foreach (var candidate in (ReadOnlySpan<EnhancedStatusCode?>)[ReplyText.Paired(diagnostic), ReplyText.Enhanced(fate.Status ?? ""), ReplyText.Enhanced(diagnostic)])
        {
            if (candidate is { } code && (code.Subject, code.Detail) != (0, 0))
            {
                return code;
            }

            vague ??= candidate;
        }

        return vague;
    }
}
