using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Automatic replies: RFC 3834, the headers vendors used before and beside it, and the subjects mail programs give them.</summary>
internal sealed class AutoReplies : ILayout
{
    private const int MaxText = 1500;

    private static readonly string[] Headers =
        ["X-Autoreply", "X-Auto-Reply", "X-Autoreply-From", "X-Auto-Reply-From", "X-AutoReply-From", "X-Autorespond", "X-AutoRespond", "X-Auto-Respond", "X-Autoresponder", "X-Mail-Autoreply", "X-Vacation", "X-FC-MachineGenerated", "X-Cyrus-Vacation", "Vacation", "X-POST-MessageClass"];

    private static readonly string[] Subjects =
    [
        "out of office", "out of the office", "out-of-office", "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse", "automated reply", "automated response", "auto:", "vacation reply", "vacation:", "on vacation", "away from my mail", "i am away", "i'm away", "away from the office", "ooo:",
        "abwesenheit", "automatische antwort", "auto-antwort", "automatische rückantwort", "nicht im büro", "réponse automatique", "absence du bureau", "message d'absence", "absent du bureau", "je suis absent", "respuesta automática", "fuera de la oficina", "fuera de oficina", "respuesta automatica",
        "resposta automática", "ausência temporária", "ausente do escritório", "risposta automatica", "fuori sede", "fuori ufficio", "assente dall'ufficio", "automatisch antwoord", "afwezig", "niet aanwezig", "autoodpowiedź", "automatyczna odpowiedź", "odpowiedź automatyczna", "poza biurem", "nieobecno",
        "автоответ", "автоматический ответ", "отсутств", "自動応答", "自動返信", "不在通知", "不在の", "不在：", "外出中", "自动回复", "自动答复", "自動回覆", "自動回應", "外出时的自动回复", "부재 중", "부재중", "자동 회신", "자동 응답", "frånvaro", "autosvar", "automaattinen vastaus", "automatické odpovědi",
    ];

    private static readonly Phrases Mailbox = new("mailbox", "inbox", "email address", "e-mail address", "mail address", "this address", "email account", "e-mail account", "mail account", "postfach", "e-mail-adresse", "adresse e-mail", "adresse électronique", "boîte", "dirección de correo", "buzón", "casella", "indirizzo", "endereço", "caixa de correio", "メールアドレス", "邮箱");

    private static readonly Phrases Closed = new("no longer in use", "no longer used", "no longer active", "no longer valid", "no longer exists", "has been closed", "has been deactivated", "has been discontinued", "is not in use", "nicht mehr verwendet", "nicht mehr gültig", "nicht mehr aktiv", "nicht mehr genutzt", "n'est plus utilisée", "n'est plus valide", "n'est plus active", "ya no está en uso", "ya no es válida", "ya no existe", "non è più attiv", "non è più in uso", "não está mais em uso", "não existe mais", "使われておりません", "使用されておりません", "已停用");

    public string Name => "auto-reply";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        if (!IsAutoReply(mail))
        {
            return [];
        }

        var from = Addresses.FromField(mail.Header["From"]) ?? Addresses.FromField(mail.Header["Reply-To"]);
        var text = mail.Notice.Text.Trim();
        return
        [
            new Fate
            {
                Recipient = from,
                Outcome = IsDeadAddress(mail.Notice) ? ReportOutcome.Bounce : ReportOutcome.AutoReply,
                Diagnostic = text.Length > MaxText ? text[..MaxText] : text,
                Evidence = "from",
            },
        ];
    }

    /// <summary>An answering machine that says its mailbox is closed does not say that somebody is on holiday.</summary>
    private static bool IsDeadAddress(Notice notice)
    {
        foreach (var sentence in notice.Flat.Split([". ", "! ", "\u3002"], 40, StringSplitOptions.None))
        {
            if (Mailbox.In(sentence) && Closed.In(sentence))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAutoReply(OpenedMail mail)
    {
        var header = mail.Header;
        var submitted = header["Auto-Submitted"]?.ToLowerInvariant() ?? "";
        if (submitted.StartsWith("auto-replied", StringComparison.Ordinal) || submitted.StartsWith("auto_replied", StringComparison.Ordinal))
        {
            return true;
        }

        // What a list or a newsletter calls itself is not an answer to anybody
        if (Origin.IsBulk(mail))
        {
            return false;
        }

        foreach (var name in Headers)
        {
            if (header[name] is { } value && !value.Equals("no", StringComparison.OrdinalIgnoreCase) && !value.Equals("false", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        if (NoticeWords.HoldsAny(header["Precedence"] ?? "", ["auto_reply", "auto-reply"]) || NoticeWords.HoldsAny(header["X-Precedence"] ?? "", ["auto_reply", "auto-reply"])
            || header["X-Autogenerated"]?.Equals("reply", StringComparison.OrdinalIgnoreCase) == true
            || header["X-Apple-Action"]?.Contains("VACATION", StringComparison.OrdinalIgnoreCase) == true
            || header["X-MS-Exchange-Generated-Message-Source"]?.Contains("Mailbox Rules Agent", StringComparison.OrdinalIgnoreCase) == true
            || header["Delivered-To"]?.Equals("autoresponder", StringComparison.OrdinalIgnoreCase) == true)
        {
            return true;
        }

        return SubjectSaysSo(mail.Subject);
    }

    /// <summary>The words must begin the subject, or follow "Re:": "Out of office policy" within a sentence is somebody's topic.</summary>
    private static bool SubjectSaysSo(string subject)
    {
        var bare = subject.AsSpan().Trim().TrimStart('[');
        for (var colon = bare.IndexOf(':'); colon is 2 or 3 && bare[..colon].IndexOf(' ') < 0 && !bare.StartsWith("ooo", StringComparison.OrdinalIgnoreCase); colon = bare.IndexOf(':'))
        {
            bare = bare[(colon + 1)..].Trim();
        }

        foreach (var word in Subjects)
        {
            if (bare.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
