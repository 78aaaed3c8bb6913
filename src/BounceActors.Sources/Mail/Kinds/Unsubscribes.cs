using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Opt-outs by mail: List-Unsubscribe mailto (RFC 2369), one-click posts that were turned into mail (RFC 8058), and those of Apple's mail programs.</summary>
internal sealed class Unsubscribes : ILayout
{
    /// <summary>An opt-out says little more than that; a longer text is a letter a person should read.</summary>
    private const int MaxText = 600;

    private static readonly string[] Subjects = ["unsubscribe", "unsub ", "remove me", "opt-out", "opt out", "optout", "abmelden", "abmeldung", "desinscri", "désinscri", "désabonne", "desabonne", "cancelar suscripción", "cancelar inscri", "darse de baja", "baja", "disiscri", "annulla iscrizione", "uitschrijven", "afmelden", "wypisz", "отписаться", "отписка", "配信停止", "退会", "退订", "取消订阅", "수신거부"];

    private static readonly string[] Mailboxes = ["unsub", "leave", "optout", "opt-out", "remove", "list-unsubscribe", "abmeld", "desabo", "-off"];

    public string Name => "unsubscribe";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        if (!IsOptOut(mail))
        {
            return [];
        }

        return [new Fate { Recipient = Addresses.FromField(mail.From), Outcome = ReportOutcome.Unsubscribe, Diagnostic = mail.Subject, Evidence = "from" }];
    }

    private static bool IsOptOut(OpenedMail mail)
    {
        if (mail.Header.Has("X-Apple-Unsubscribe") || mail.Notice.ContainsAny(["apple mail sent this email to unsubscribe"]))
        {
            return true;
        }

        if (NoticeWords.HoldsAny(mail.Header["Auto-Submitted"] ?? "", ["auto-replied"]) || Origin.IsBulk(mail) || Origin.IsReply(mail) || Origin.IsForward(mail))
        {
            return false;
        }

        var text = mail.Notice.Flat.Trim();
        if (text.Equals("List-Unsubscribe=One-Click", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var subject = mail.Subject.Trim().TrimStart('[', '(', '<', ' ');
        var asked = Array.Exists(Subjects, s => subject.StartsWith(s, StringComparison.OrdinalIgnoreCase)) && subject.Length < 80;
        var toMailbox = Addresses.InHeader(mail.Header["To"]).Any(a => NoticeWords.HoldsAny(a.LocalPart, Mailboxes));
        return text.Length <= MaxText && ((asked && !subject.EndsWith('?')) || (toMailbox && subject.Length < 200 && text.Length < 200));
    }
}
