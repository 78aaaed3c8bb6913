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

    /// <summary>Words by which a program says in its subject that it answers by itself.</summary>
    private static readonly string[] Declarations =
    [
        "automatic reply", "automatic response", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse", "autoresponder", "automated reply", "automated response", "vacation reply", "vacation response", "vacation message", "out of office reply", "out of office autoreply", "out of office notification", "out of office response", "out-of-office reply", "out of office message",
        "automatische antwort", "auto-antwort", "automatische rückantwort", "abwesenheitsnotiz", "abwesenheitsnachricht", "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "abwesenheitsmitteilung", "abwesenheitsagent", "réponse automatique", "réponse d'absence", "message d'absence", "absence du bureau", "respuesta automática", "respuesta automatica", "mensaje de ausencia",
        "resposta automática", "resposta automatica", "risposta automatica", "automatisch antwoord", "automatische beantwoording", "autoodpowiedź", "automatyczna odpowiedź", "odpowiedź automatyczna", "автоответ", "автоматический ответ", "自動応答", "自動返信", "不在通知", "不在連絡", "自动回复", "自动答复", "自動回覆", "自動回應", "外出时的自动回复", "부재 중 자동", "부재중 자동", "자동 회신", "자동 응답", "autosvar", "automatiskt svar", "automaattinen vastaus", "automatická odpověď", "automatické odpovědi",
    ];

    /// <summary>Words for being away. People write about their holidays too, so a subject with these needs the form of an answer to ours: "Out of office: our subject".</summary>
    private static readonly string[] Absences =
    [
        "out of office", "out of the office", "out-of-office", "on vacation", "vacation", "away from my mail", "i am away", "i'm away", "away from the office", "away", "ooo", "auto", "autom",
        "abwesenheit", "abwesend", "nicht im büro", "außer haus", "absence", "absent du bureau", "absent", "je suis absent", "fuera de la oficina", "fuera de oficina", "ausente", "ausência temporária", "ausência", "ausente do escritório", "fora do escritório",
        "fuori sede", "fuori ufficio", "assente dall'ufficio", "assente", "assenza", "afwezig", "afwezigheid", "niet aanwezig", "niet op kantoor", "poza biurem", "nieobecność", "nieobecny", "отсутствие", "отсутствую", "нет на месте", "不在の", "不在", "外出中", "外出", "부재 중", "부재중", "부재", "frånvaro", "frånvarande", "fravær", "poissa",
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

        return SubjectSaysSo(mail);
    }

    /// <summary>
    /// The words must begin the subject: within a sentence they are somebody's topic, and behind "Re:" somebody answers an automatic reply. A mail
    /// without a return path is written by a program in any case; otherwise the subject must have the form that programs give it.
    /// </summary>
    private static bool SubjectSaysSo(OpenedMail mail)
    {
        var byProgram = Origin.IsNullPath(mail.Header["Return-Path"]);
        var subject = mail.Subject.AsSpan().Trim().TrimStart('[');
        for (var colon = subject.IndexOf(':'); byProgram && colon is 2 or 3 && !subject.StartsWith("ooo", StringComparison.OrdinalIgnoreCase); colon = subject.IndexOf(':'))
        {
            subject = subject[(colon + 1)..].Trim();
        }

        if (After(subject, Declarations, out _) is { } declared)
        {
            return byProgram || EndsOrIntroduces(declared);
        }

        return After(subject, Absences, out var words) is { } rest
            && (byProgram || (rest is [':' or '：', _, ..] && (words.Contains(' ') || mail.Header.Has("In-Reply-To") || mail.Header.Has("References"))));
    }

    /// <summary>What follows the first of the phrases that the subject begins with; null when it begins with none.</summary>
    private static string? After(ReadOnlySpan<char> subject, string[] phrases, out string phrase)
    {
        foreach (var words in phrases)
        {
            if (subject.StartsWith(words, StringComparison.OrdinalIgnoreCase) && !(subject.Length > words.Length && char.IsAsciiLetter(subject[words.Length])))
            {
                phrase = words;
                return subject[words.Length..].TrimStart().ToString();
            }
        }

        phrase = "";
        return null;
    }

    private static bool EndsOrIntroduces(string rest) =>
        rest is "" or [':' or '：' or '-' or '–' or '(' or '[' or ']' or '"' or '】' or '「' or '【' or '/', ..]
        || rest.StartsWith("from ", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("re:", StringComparison.OrdinalIgnoreCase);
}
