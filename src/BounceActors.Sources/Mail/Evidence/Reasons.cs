namespace BounceActors.Sources.Mail.Evidence;

/// <summary>
/// How much a line of a notice says about why a message failed. Notices wrap their one telling sentence in courtesy and instructions, in every language;
/// where no reply with a code stands, the most telling line is the diagnostic.
/// </summary>
internal static class Reasons
{
    /// <summary>Score of a line that names a cause.</summary>
    public const int Cause = 3;

    private const int LongestLabel = 28;
    private const int ShortestCause = 3;

    /// <summary>Words that name a cause.</summary>
    private static readonly Phrases Causes = new(
        "user unknown", "unknown user", "unknown recipient", "recipient unknown", "no such", "not found", "does not exist", "doesn't exist", "no longer exist", "not exist", "couldn't be found", "could not be found", "not listed", "not recognized", "not recognised", "not known", "unknown address", "address unknown", "misspelled", "no longer in use", "unrouteable", "unroutable", "invalid recipient", "invalid address", "invalid mailbox", "not a valid",
        "is full", "mailbox full", "quota", "over its limit", "over limit", "storage", "disk full", "no space", "insufficient",
        "disabled", "inactive", "suspended", "deactivated", "not active", "locked", "closed", "frozen", "discontinued", "no longer", "has left", "left the company", "left our", "has moved", "retired", "unmonitored", "not monitored", "not a member", "subscriber", "subscribed", "only members", "signature", "verified",
        "timed out", "timeout", "time out", "not responding", "no response", "not respond", "unreachable", "connection refused", "refused to talk", "lost connection", "connection reset", "connection closed", "connection dropped", "no route", "failing for a long time", "retry time", "expired", "giving up", "given up", "days old", "too long", "could not deliver for", "not delivered within", "delivered within", "host unknown", "unknown host", "host not found", "domain not found", "no smtp service", "no mx", "mx record", "dns", "name server", "nameserver", "loop", "too many hops", "hop count",
        "rejected", "refused", "denied", "blocked", "blacklist", "block list", "blocklist", "reputation", "spam", "virus", "malware", "infected", "phishing", "policy", "not allowed", "not permitted", "not authorized", "not authorised", "permission", "relay", "restricted", "forbidden", "authentication", "spf", "dkim", "dmarc", "banned", "content filter", "attachment",
        "too large", "too big", "size limit", "exceeds", "exceeded", "larger than", "maximum size", "rate limit", "too many", "throttl", "greylist", "out of memory", "system error", "internal error", "i/o error", "temporary failure", "lookup failure", "unable to connect", "cannot connect", "could not connect", "couldn't connect", "couldn't find any host", "syntax error", "unavailable",
        "unbekannt", "existiert nicht", "nicht gefunden", "nicht erreichbar", "nicht vorhanden", "ist voll", "überfüllt", "überschritten", "abgelehnt", "verweigert", "gesperrt", "deaktiviert", "zeitüberschreitung", "keine antwort", "antwortet nicht", "zu groß", "abgelaufen", "nicht erlaubt", "ungültig",
        "inconnu", "n'existe pas", "introuvable", "pleine", "dépassé", "refusé", "rejeté", "bloqué", "désactivé", "suspendu", "expiré", "trop volumineux", "trop grand", "ne répond pas", "n'a pas répondu", "non valide", "injoignable", "pas autorisé",
        "desconocid", "no existe", "no encontrado", "no se encontr", "lleno", "llena", "excedid", "superado", "rechazad", "bloquead", "desactivad", "suspendid", "caducad", "demasiado grande", "no responde", "tiempo de espera", "no válida", "denegad", "permisos",
        "não existe", "não encontrad", "desconhecid", "cheia", "excedeu", "excedid", "rejeitad", "recusad", "bloqueado", "desativad", "suspens", "expirou", "muito grande", "não responde", "tempo limite", "inválid", "permissão",
        "sconosciut", "non esiste", "inesistente", "non trovat", "piena", "superat", "rifiutat", "respint", "bloccat", "disattivat", "sospes", "scadut", "troppo grande", "non risponde", "non valido", "autorizzat",
        "onbekend", "bestaat niet", "niet gevonden", "is vol", "overschreden", "geweigerd", "geblokkeerd", "uitgeschakeld", "verlopen", "te groot", "reageert niet", "ongeldig", "toestemming",
        "nieznan", "nie istnieje", "nie znaleziono", "nie został znaleziony", "przepełnion", "pełna", "przekrocz", "odrzucon", "zablokowan", "wyłączon", "wygas", "zbyt duż", "nie odpowiada", "nieprawidłow", "uprawnie",
        "не существует", "неизвест", "не найден", "нет такого", "переполнен", "превышен", "отклон", "отказ", "заблокирован", "отключен", "отключён", "истек", "истёк", "слишком больш", "не отвечает", "недействител", "разрешен", "недоступ",
        "存在しません", "存在しない", "見つかりません", "見つかりませんでした", "不明", "いっぱい", "一杯", "超過", "超えて", "拒否", "ブロック", "無効", "停止", "期限切れ", "大きすぎ", "応答しません", "応答がありません", "応答がない", "タイムアウト", "間違", "許可", "混雑",
        "不存在", "未找到", "找不到", "无此", "無此", "未知", "已满", "已滿", "超出", "超过", "超過", "拒绝", "拒絕", "被拒", "屏蔽", "禁用", "停用", "过期", "過期", "太大", "过大", "超时", "逾時", "无法连接", "無法連線", "没有响应", "无效", "無效", "垃圾", "黑名单", "权限",
        "존재하지 않", "찾을 수 없", "알 수 없는", "가득", "초과", "거부", "차단", "사용 중지", "만료", "너무 큽니다", "응답하지 않", "응답이 없", "시간 초과", "유효하지 않", "권한");

    /// <summary>Words that only say that it failed.</summary>
    private static readonly Phrases Failures = new(
        "unable to", "could not", "couldn't", "cannot", "can't", "not accept", "invalid", "failed", "failure", "error", "undeliver", "not delivered", "wasn't delivered", "fehler", "erreur", "échec", "error:", "falha", "errore", "fout", "błąd", "ошибк", "エラー", "失败", "失敗", "실패", "오류");

    /// <summary>How notices open, introduce their list and offer help. The cause stands elsewhere, whatever else such a line says.</summary>
    private static readonly Phrases Courtesies = new(
        "this message was created automatically", "created automatically by", "automatically generated", "a message that you sent", "a message you sent", "the following address", "following recipient", "following addresses", "one or more of its", "one or more recipients", "address(es) failed", "i'm sorry to have to inform", "sorry to inform", "we're sorry", "do not reply", "please do not", "don't reply", "for further assistance", "for more information", "for assistance", "please contact", "contact your", "if you do so", "if you have questions", "you can delete", "attached below", "is attached", "copy of the message", "copy of your message", "original message", "message headers", "returned below", "returned to you", "reporting-mta", "arrival-date", "final-recipient", "diagnostic-code", "please include", "you may wish", "you should", "help center", "help centre", "postmaster@", "the mail system", "mail delivery subsystem", "delivery agent", "mail agent", "mail delivery system", "error delivering your mail to", "was not delivered to:", "could not be delivered to:", "undeliverable to", "delivery has failed to these", "did not receive this message", "there was a problem delivering", "generating server", "diagnostic information", "text was generated during", "this is a permanent error",
        "diese nachricht wurde automatisch", "automatisch erzeugt", "automatisch generiert", "folgende empfänger", "folgenden empfänger", "folgende adresse", "folgenden adressen", "bitte wenden", "bitte kontaktieren", "bitte antworten sie nicht", "ursprüngliche nachricht", "weitere informationen",
        "a été créé automatiquement", "généré automatiquement", "généré automatiquement", "destinataires suivants", "destinataire suivant", "adresses suivantes", "adresse suivante", "veuillez contacter", "ne pas répondre", "message d'origine", "message original", "pour plus d'informations",
        "generado automáticamente", "creado automáticamente", "siguientes destinatarios", "siguiente destinatario", "siguientes direcciones", "siguiente dirección", "póngase en contacto", "no responda", "mensaje original", "más información",
        "gerada automaticamente", "gerado automaticamente", "seguintes destinatários", "seguinte destinatário", "seguintes endereços", "seguinte endereço", "entre em contato", "não responda", "mensagem original", "mais informações",
        "generato automaticamente", "creato automaticamente", "seguenti destinatari", "seguente destinatario", "seguenti indirizzi", "seguente indirizzo", "contattare", "non rispondere", "messaggio originale", "ulteriori informazioni",
        "automatisch gegenereerd", "automatisch aangemaakt", "volgende geadresseerde", "volgende ontvanger", "volgende adres", "neem contact op", "oorspronkelijke bericht", "meer informatie",
        "wygenerowana automatycznie", "utworzona automatycznie", "następujących odbiorców", "następujący odbiorc", "następujących adres", "następujący adres", "skontaktuj się", "oryginalna wiadomość", "więcej informacji",
        "создано автоматически", "сгенерировано автоматически", "следующим получател", "следующему получател", "следующим адрес", "нескольким получателям", "отвечать на него", "обратитесь", "исходное сообщение", "рекомендуем",
        "自動的に", "自動送信", "自動生成", "次の受信者", "以下の宛先", "下記の宛先", "次の宛先", "以下のアドレス", "下記のアドレス", "宛先へのメッセージ", "お問い合わせ", "元のメッセージ",
        "自动生成", "自動產生", "系统自动", "以下收件人", "下列收件人", "请联系", "請聯絡", "原始邮件", "原始郵件", "다음 수신자", "다음 받는 사람", "자동으로 생성", "문의하", "원본 메시지");

    /// <summary>Words in front of a colon behind which the cause stands.</summary>
    private static readonly Phrases Labels = new(
        "reason", "cause", "explanation", "error", "diagnostic", "details", "grund", "ursache", "fehler", "motif", "raison", "erreur", "motivo", "causa", "razón", "errore", "erro", "reden", "oorzaak", "fout", "powód", "przyczyna", "błąd", "причина", "ошибка", "理由", "原因", "エラー", "사유", "원인", "오류");

    /// <summary>0 says nothing, <see cref="Cause"/> names a cause, more says that it does; less than 0 is a phrase of courtesy.</summary>
    public static int Score(string line) =>
        IsLabelled(line) ? Cause + 1 : Courtesies.In(line) ? -1 : Causes.In(line) ? Cause : Failures.In(line) ? 1 : 0;

    private static bool IsLabelled(string line)
    {
        var colon = line.AsSpan().IndexOfAny(':', '：');
        return colon is > 1 and < LongestLabel && line.AsSpan(colon + 1).Trim().Length > ShortestCause && Labels.In(line.AsSpan(0, colon)) && !Courtesies.In(line);
    }

    /// <summary>The best score of the lines of a text.</summary>
    public static int Best(string text)
    {
        var best = int.MinValue;
        foreach (var line in text.Split('\n', 64))
        {
            best = Math.Max(best, Score(line));
        }

        return best;
    }
}
