using System.Globalization;

namespace BounceActors.EndToEnd.Tests.Storm;

/// <summary>A hard bounce of one mail to one recipient, told by one source.</summary>
internal sealed record StormEvent(int Number, string Source, string Recipient, string Message, DateTimeOffset At)
{
    private const string Reply = "550 5.1.1 user unknown";

    /// <summary>Sources that bring what they say by HTTP and are no webhooks.</summary>
    public const string Events = "events";
    public const string Mail = "mail";
    public const string LogLines = "logs";
    public const string Smtp = "smtp";
    public const string Lmtp = "lmtp";
    public const string Log = "log";
    public const string Imap = "imap";
    public const string Pop3 = "pop3";
    public const string Sqs = "sqs";

    /// <summary>The return path of the mail.</summary>
    public string ReturnPath => $"b+{Recipient.Replace('@', '=')}@bounces.storm.example";

    public string Json => $$"""{"recipient":"{{Recipient}}","smtpCode":550,"enhancedCode":"5.1.1","diagnostic":"{{Reply}}","messageId":"{{Message}}","occurredAt":"{{At:yyyy-MM-ddTHH:mm:ssZ}}","sender":"news@storm.example"}""";

    public string Notification =>
        $"""
        Return-Path: <>
        From: MAILER-DAEMON@mx.storm.example
        To: {ReturnPath}
        Date: {At.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}
        Message-ID: <n{Number}@mx.storm.example>
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        Your message could not be delivered.

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.storm.example

        Final-Recipient: rfc822; {Recipient}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; {Reply}

        --b
        Content-Type: message/rfc822

        From: news@storm.example
        To: {Recipient}
        Subject: News
        Message-ID: <{Message}>

        Hello
        --b--

        """;

    /// <summary>Lines of Postfix: what it needs to know, and the bounce.</summary>
    public (string Context, string Bounce) Lines => (
        string.Create(CultureInfo.InvariantCulture, $"{At:yyyy-MM-ddTHH:mm:ssZ} mx1 postfix/cleanup[1]: {0xA0000000 + Number:X}: message-id=<{Message}>"),
        string.Create(CultureInfo.InvariantCulture, $"{At:yyyy-MM-ddTHH:mm:ssZ} mx1 postfix/smtp[1]: {0xA0000000 + Number:X}: to=<{Recipient}>, relay=mx.storm.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.storm.example[198.51.100.7] said: {Reply} (in reply to RCPT TO command))"));
}
