using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Layouts;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Which of the codes on the wire is the report's.</summary>
internal static class Codes
{
    /// <summary>The status field's code; where it only says "other" (x.0.0), the more exact one of the reply.</summary>
    public static EnhancedStatusCode? Enhanced(Fate fate, string diagnostic)
    {
        var field = ReplyText.Enhanced(fate.Status ?? "");
        var reply = ReplyText.Enhanced(diagnostic);
        if (field is not { } given)
        {
            return reply;
        }

        return given is { Subject: 0, Detail: 0 } && reply is { } exact && (exact.Subject, exact.Detail) != (0, 0) ? exact : given;
    }
}
