using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Mailing-list managers (fml, Mailman, ezmlm, Majordomo, Sympa, Listserv) that tell a poster why the list did not take the message. What could not be delivered to is the list.</summary>
internal sealed class ListManager : ILayout
{
    /// <summary>The refusal stands at the top; further down it may be a rule of the list somebody quotes.</summary>
    private const int Top = 15;
    private const int MaxReasonLines = 6;

    private static readonly Phrases Refusals = new(
        "not a member of this mailing list", "not member", "not a member of the list", "not allowed to post", "non-member", "only members", "not subscribed to", "are not subscribed", "posting is not allowed", "duplicated message-id", "mail loop", "loop alert",
        "has been rejected", "was rejected", "rejected automatically", "message rejected", "message is too large", "list is closed", "no such list", "not distributed", "restricted to subscribers");

    private static readonly string[] ServerHeaders = ["X-MLServer", "X-ML-Name", "X-List-Administrivia", "X-Listserver", "X-Majordomo", "X-Sympa-To"];

    public string Name => "list-manager";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        if (!ServerHeaders.Any(mail.Header.Has) && !IsOwner(mail))
        {
            return [];
        }

        var top = mail.Notice.Lines.Where(l => l.Length > 0 && l[0] != '>').Take(Top).ToList();
        var text = string.Join(' ', top);
        if (!Refusals.In(text) && !Refusals.In(mail.Subject))
        {
            return [];
        }

        var poster = Addresses.InHeader(mail.Header["To"]).ToHashSet();
        var list = top.SelectMany(l => Addresses.InHeader(l)).FirstOrDefault(a => !poster.Contains(a)) ?? top.SelectMany(l => Addresses.InHeader(l)).FirstOrDefault();
        var reason = string.Join('\n', top.SkipWhile(l => !Refusals.In(l)).Take(MaxReasonLines)) is { Length: > 0 } lines ? lines : mail.Subject;
        return list is null ? [] : [new Fate { Recipient = list, Diagnostic = reason, Outcome = ReportOutcome.Bounce }];
    }

    private static bool IsOwner(OpenedMail mail) => Addresses.FromField(mail.From) is { } from && !mail.Header.Has("List-Post")
        && (from.LocalPart.EndsWith("-bounces", StringComparison.OrdinalIgnoreCase) || from.LocalPart.EndsWith("-owner", StringComparison.OrdinalIgnoreCase) || from.LocalPart.StartsWith("owner-", StringComparison.OrdinalIgnoreCase)
            || from.LocalPart.Equals("majordomo", StringComparison.OrdinalIgnoreCase) || from.LocalPart.Equals("listserv", StringComparison.OrdinalIgnoreCase) || from.LocalPart.Equals("sympa", StringComparison.OrdinalIgnoreCase));
}
