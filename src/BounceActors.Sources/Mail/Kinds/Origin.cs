using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Who wrote a mail: a mail system about a message, or somebody else. Text is only read as a notice when a mail system wrote it.</summary>
internal static class Origin
{
    /// <summary>Beginnings of local parts mail systems write from.</summary>
    private static readonly string[] SystemLocalParts =
        ["mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon", "postmaster", "post_master", "post.master", "postmast", "mdaemon", "double-bounce", "mail-delivery", "maildelivery", "bounce", "bounces", "daemon", "uucp", "mmdf", "autoreply-delivery", "emailsystem", "mailsystem", "mail.delivery", "microsoftexchange", "mail-system", "delivery-status", "mailadmin", "ndr", "nondelivery", "mailmarshal", "mta-admin", "complaints-bounce"];

    private static readonly Phrases SystemNames = new(
        "mail delivery", "mailer-daemon", "mailer daemon", "delivery subsystem", "delivery system", "postmaster", "system administrator", "mail administrator", "systemadministrator", "mail system", "mail router", "internet mail delivery", "delivery status", "mail deliver",
        "administrateur système", "administrador del sistema", "administrador do sistema", "amministratore di sistema", "системный администратор", "システム管理者", "系统管理员", "시스템 관리자", "microsoft outlook", "microsoft exchange");

    /// <summary>What mail systems write as the subject of a notice, in the languages they speak.</summary>
    private static readonly Phrases NoticeSubjects = new(
        "undeliver", "delivery status", "returned mail", "returned to sender", "failure notice", "delivery failure", "delivery fail", "delivery report", "mail delivery", "delivery notification", "delivery problem", "delivery error", "delivery has failed", "delivery delay", "not delivered",
        "could not be delivered", "could not deliver", "couldn't be delivered", "unable to deliver", "nondeliver", "non-deliver", "non deliver", "ndn:", "ndr:", "user unknown", "mail system error", "returned message", "returning message", "mail failure", "failed mail", "message status", "mail error", "bounced",
        "message delayed", "delayed mail", "warning: message", "warning: could not send", "address not found", "email address not found", "error sending", "postfix smtp server: errors", "failure delivery", "permanent delivery failure", "delivery expired", "message not sent", "uncaught bounce",
        "unzustellbar", "nicht zugestellt", "unzustellbarkeit", "zustellung fehlgeschlagen", "fehlgeschlagene zustellung", "verzögerung der zustellung", "non remis", "non distribu", "échec de la remise", "échec de remise", "remise impossible", "message non délivré", "courrier non", "erreur de distribution",
        "no se puede entregar", "no entregado", "no se pudo entregar", "error de entrega", "fallo de entrega", "mensaje no enviado", "não entregue", "não foi possível entregar", "falha na entrega", "não é possível entregar", "mensagem não", "non recapitabile", "mancato recapito", "mancata consegna", "non consegnat", "recapito non riuscito", "impossibile recapitare",
        "onbestelbaar", "niet bezorgd", "niet afgeleverd", "niedostarcz", "niedoręcz", "nie dostarczono", "не доставлен", "недоставлен", "ошибка доставки", "невозможно доставить", "недоставка", "не удалось доставить", "нельзя доставить",
        "配信不能", "配信できません", "配信エラー", "未配信", "未達", "送信できません", "送信エラー", "戻りメール", "メールが送信できません", "エラーメール", "退信", "退件", "无法投递", "無法投遞", "无法送达", "未传递", "未送达", "无法传递", "投递失败", "传递失败", "递送失败", "배달되지 않음", "배달 실패", "배달할 수 없", "반송", "전송 실패");

    private static readonly string[] ReplyPrefixes = ["re:", "aw:", "sv:", "antw:", "odp:", "rif:", "r:", "回复:", "答复:", "回复：", "回覆:", "답장:", "res:", "ref:"];

    /// <summary>Words in front of the subject of a forwarded mail.</summary>
    private static readonly string[] ForwardPrefixes = ["fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "i:", "doorst:", "pd:", "转发:", "转发：", "轉寄:", "전달:", "vs:", "[fwd:"];

    public static bool IsReply(OpenedMail mail) => IsReply(mail.Subject);

    public static bool IsReply(string subject) => StartsWithAny(subject, ReplyPrefixes);

    public static bool IsForward(OpenedMail mail) => StartsWithAny(mail.Subject, ForwardPrefixes);

    /// <summary>Whether a mail system wrote it, by who it says it is from, how it was sent and what it is called.</summary>
    public static bool IsMailSystem(OpenedMail mail)
    {
        if (mail.MediaType == "multipart/report" && mail.ReportType is "delivery-status" or "" && mail.Status.Count > 0)
        {
            return true;
        }

        if (mail.IsDaemon)
        {
            return true;
        }

        if (IsReply(mail) || IsForward(mail))
        {
            return false;
        }

        return IsSystemSender(mail.Header["Return-Path"])
            || (IsNoticeSubject(mail.Subject) && !IsBulk(mail))
            || (IsNullPath(mail.Header["Return-Path"]) && !IsBulk(mail));
    }

    /// <summary>Whether it is from an address that only mail systems write from, so that it can be no answer of a person or a person's program.</summary>
    public static bool IsDaemon(OpenedMail mail) => mail.Header.Has("X-Failed-Recipients") || (IsSystemSender(mail.From) && !mail.Header.Has("List-Id") && !mail.Header.Has("List-Post"));

    /// <summary>A list post or newsletter: what it says about bounces, it says to readers.</summary>
    public static bool IsBulk(OpenedMail mail) => mail.Header.Has("List-Unsubscribe") || mail.Header.Has("List-Id") || mail.Header.Has("List-Post") || mail.Header.Has("Feedback-ID");

    public static bool IsSystemSender(string? from)
    {
        if (string.IsNullOrEmpty(from))
        {
            return false;
        }

        // A list about mail systems is none: postmasters-request@lists.example.org.
        var local = (Addresses.First(from)?.Split('@')[0] ?? from).Trim(' ', '<', '>', '"');
        return !local.EndsWith("-request", StringComparison.OrdinalIgnoreCase) && (SystemNames.In(from) || StartsWithAny(local, SystemLocalParts));
    }

    public static bool IsNoticeSubject(string subject) => NoticeSubjects.In(subject);

    public static bool IsNullPath(string? returnPath) => returnPath?.Replace(" ", "", StringComparison.Ordinal) is "<>" or "<#@[]>" or "<<>>";

    private static bool StartsWithAny(string text, string[] beginnings)
    {
        var bare = text.AsSpan().TrimStart();
        foreach (var beginning in beginnings)
        {
            if (bare.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
