using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>
/// Notices of mail systems nobody described: the failed address and the reply near it, by where such things stand in every notice.
/// It only looks at mails that a mail system wrote, and rather finds nothing than something weak.
/// </summary>
internal sealed class Generic : ILayout
{
    private const int Enough = 3;
    private const int MaxPerLine = 20;
    private const int MaxCandidates = 200;

    private static readonly Phrases FailureWords = new(
        "undeliver", "not delivered", "could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered", "unable to deliver", "failed", "failure", "rejected", "refused", "returned", "does not exist", "doesn't exist", "user unknown", "unknown user", "no such user", "not found", "mailbox full", "mailbox is full", "quota", "did not reach", "over limit", "blocked", "bounced", "delayed", "not be reached", "undelivered", "not accepted", "error", "was not sent", "could not deliver", "could not send", "disabled", "inactive", "unavailable",
        "nicht zugestellt", "unzustellbar", "fehler", "pas pu être", "non remis", "échec", "no se pudo", "no se ha podido", "no entregado", "não foi possível", "não entregue", "falha", "non è stato possibile", "non recapit", "non consegn", "niet worden bezorgd", "onbestelbaar", "nie może", "nie mogła", "niedostarcz", "не доставлен", "не может быть", "не удалось", "недоставлен", "届きません", "配信", "送信できません", "エラー", "无法", "失败", "退回", "無法", "반송", "배달", "실패");

    private static readonly Phrases OtherPeople = new("postmaster@", "mailer-daemon@", "abuse@", "helpdesk@", "support@", "administrator@", "admin@", "hostmaster@", "webmaster@");

    private static readonly Phrases NotTheRecipient = new("from:", "sender:", "reply-to:", "return-path:", "message-id", "message id", "contact", "questions", "von:", "de:", "your message from", "sent by", "assistance", "please forward", "mail from");

    /// <summary>Words in front of a colon behind which the recipient stands.</summary>
    private static readonly Phrases Labels = new(
        "recipient", "to", "address", "addressee", "mailbox", "user", "empfänger", "adresse", "destinataire", "destinatario", "dirección", "destinatário", "endereço", "indirizzo", "ontvanger", "geadresseerde", "adres", "odbiorc", "adresat", "получател", "адресат", "адрес", "宛先", "あて先", "受信者", "送信先", "收件人", "收件者", "收信人", "받는 사람", "수신자", "수신인");

    public string Name => "generic";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        var failed = mail.Header.Has("X-Failed-Recipients") || FailureWords.In(mail.Notice.Flat) || Kinds.Origin.IsNoticeSubject(mail.Subject);
        return failed ? Find(mail) : [];
    }

    /// <summary>A notice that names nobody, but shows the message that failed: the header of that message names the one it went to.</summary>
    public static IReadOnlyList<Fate> FromOriginal(OpenedMail mail) =>
        mail.AttachedOriginal is not null && mail.IsDaemon && FailureWords.In(mail.Notice.Flat) && Addresses.InHeader(mail.Original["To"]).Take(2).Count() == 1
            ? [new Fate { Outcome = NoticeWords.OutcomeOf(mail), Diagnostic = ReplyFinder.For(mail.Notice, "", true) }]
            : [];

    /// <summary>The recipients a notice seems to speak of, with the replies near them.</summary>
    public static IReadOnlyList<Fate> Find(OpenedMail mail)
    {
        var senders = Addresses.InHeader(mail.Header["To"]).Concat(Addresses.InHeader(mail.From)).Concat(Addresses.InHeader(mail.Original["From"])).Concat(Addresses.InHeader(mail.Original["Return-Path"])).ToHashSet();
        var addressed = Addresses.InHeader(mail.Original["To"]).Concat(Addresses.InHeader(mail.Original["Cc"])).Concat(Addresses.InHeader(mail.Header["X-Failed-Recipients"])).ToHashSet();
        var scores = new Dictionary<EmailAddress, int>();
        var lines = mail.Notice.Lines;
        for (var i = 0; i < lines.Count && scores.Count < MaxCandidates; i++)
        {
            if (!lines[i].Contains('@'))
            {
                continue;
            }

            var leads = Addresses.TryLeading(lines[i], out var leading, out _);
            var near = (ReplyText.HasReply(lines[i]) || FailureWords.In(lines[i]) ? 2 : 0)
                + (lines.Skip(i + 1).Take(4).Any(ReplyText.HasReply) ? 1 : 0)
                - (NotTheRecipient.In(lines[i]) ? 4 : 0);
            foreach (var text in Addresses.In(lines[i]).Take(MaxPerLine))
            {
                if (!EmailAddress.TryParse(text, out var address, out _) || (senders.Contains(address) && !addressed.Contains(address)) || OtherPeople.In(text))
                {
                    continue;
                }

                var score = (addressed.Contains(address) ? 4 : 0)
                    + (leads && leading == text ? 2 : lines[i].Contains($"<{text}>", StringComparison.Ordinal) ? 1 : 0)
                    + (IsLabelled(lines[i], text) ? 2 : 0)
                    + near;
                scores[address] = Math.Max(score, scores.GetValueOrDefault(address, int.MinValue));
            }
        }

        foreach (var failed in Addresses.InHeader(mail.Header["X-Failed-Recipients"]))
        {
            scores[failed] = 10;
        }

        // Where there is nothing to choose from, less is enough
        var enough = scores.Count > 1 ? Enough : Kinds.Origin.IsDaemon(mail) && Kinds.Origin.IsNoticeSubject(mail.Subject) ? 1 : 2;
        var found = scores.Where(s => s.Value >= enough).Select(s => s.Key).ToList();

        // Addresses the original went to outdo all others
        if (found.Exists(addressed.Contains))
        {
            found.RemoveAll(a => !addressed.Contains(a));
        }

        var outcome = NoticeWords.OutcomeOf(mail);
        return [.. found.Select(a => new Fate { Recipient = a, Outcome = outcome, Diagnostic = ReplyFinder.For(mail.Notice, a.Display, found.Count == 1) })];
    }

    private static bool IsLabelled(string line, string address)
    {
        var before = line.AsSpan(0, line.IndexOf(address, StringComparison.Ordinal)).TrimEnd("<[(\"' \t");
        before = before.EndsWith("smtp:", StringComparison.OrdinalIgnoreCase) ? before[..^5].TrimEnd("[( \t") : before;
        return before.Length is > 1 and < 40 && before[^1] is ':' or '：' && Labels.In(before);
    }
}
