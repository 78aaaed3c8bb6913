using System.Text;

namespace BounceActors.Cli.Tests.OrdinaryMail;

/// <summary>Mails whose parts or charsets make them what they are: receipts, invitations, reports about other things than a delivery.</summary>
internal static class StructuredMails
{
    static StructuredMails() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static IEnumerable<(string Name, byte[] Mail)> All =>
    [
        .. Receipts(),
        .. Invitations(),
        .. OtherReports(),
        .. Containers(),
        .. Charsets(),
    ];

    // RFC 8098: a disposition notification is not a bounce, whatever the disposition.
    private static IEnumerable<(string Name, byte[] Mail)> Receipts() =>
        from disposition in new[] { "displayed", "deleted", "dispatched", "processed", "failed", "denied" }
        from returned in new[] { "text/rfc822-headers", "message/rfc822" }
        select ($"disposition notification, {disposition}, {returned}", Mail(
            "Jane <jane@example.com>",
            disposition == "displayed" ? "Read: Minutes" : "Not read: Minutes",
            MailForm.Multipart(
                "report; report-type=disposition-notification",
                $"Content-Type: text/plain\n\nYour message to jane@example.com was {disposition}.\n",
                $"Content-Type: message/disposition-notification\n\nReporting-UA: pc.example.com; Example Mail\nOriginal-Recipient: rfc822;jane@example.com\nFinal-Recipient: rfc822;jane@example.com\nOriginal-Message-ID: <m1@example.net>\nDisposition: manual-action/MDN-sent-manually; {disposition}\n",
                $"Content-Type: {returned}\n\nFrom: bob@example.net\nTo: jane@example.com\nSubject: Minutes\nMessage-ID: <m1@example.net>\n")));

    private static IEnumerable<(string Name, byte[] Mail)> Invitations() =>
        from invitation in new[] { ("REQUEST", "Invitation: bounce handling review"), ("REPLY", "Accepted: bounce handling review"), ("REPLY", "Declined: bounce handling review"), ("REPLY", "Tentative: bounce handling review"), ("CANCEL", "Cancelled: bounce handling review"), ("COUNTER", "New time proposed: mailbox full meeting") }
        select ($"calendar: {invitation.Item2}", Mail(
            "Jane <jane@example.com>",
            invitation.Item2,
            MailForm.Multipart(
                "alternative",
                "Content-Type: text/plain\n\nWhen: Monday 10:00\nWhere: Room 550\n",
                $"Content-Type: text/calendar; charset=utf-8; method={invitation.Item1}\n\nBEGIN:VCALENDAR\nMETHOD:{invitation.Item1}\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105T100000Z\nSUMMARY:{invitation.Item2}\nSTATUS:CONFIRMED\nEND:VEVENT\nEND:VCALENDAR\n")));

    private static IEnumerable<(string Name, byte[] Mail)> OtherReports()
    {
        yield return ("DMARC aggregate report", Mail(
            "noreply-dmarc@mail.example",
            "Report Domain: example.com Submitter: mail.example Report-ID: 17",
            "Content-Type: application/gzip; name=\"mail.example!example.com!1.xml.gz\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nH4sIAAAAAAAA/wMAAAAAAAAAAAA=\n"));
        yield return ("DMARC aggregate report with a text", Mail(
            "DMARC Aggregate Report <dmarcreport@mail.example>",
            "[Preview] Report Domain: example.com Submitter: mail.example Report-ID: 18",
            MailForm.Multipart("mixed", "Content-Type: text/plain\n\nThis is a DMARC aggregate report from mail.example. Messages that failed: 12 (rejected: 3).\n", "Content-Type: application/zip; name=\"mail.example!example.com!2.zip\"\nContent-Transfer-Encoding: base64\n\nUEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\n")));
        yield return ("DMARC aggregate report, not packed", Mail(
            "dmarc@mail.example",
            "Report Domain: example.com",
            "Content-Type: text/xml\n\n<?xml version=\"1.0\"?><feedback><report_metadata><org_name>mail.example</org_name></report_metadata><record><row><source_ip>192.0.2.25</source_ip><count>3</count><policy_evaluated><disposition>reject</disposition></policy_evaluated></row></record></feedback>\n"));
        yield return ("TLS report", Mail(
            "tls-reports@mail.example",
            "Report Domain: example.com Submitter: mail.example Report-ID: <19>",
            MailForm.Multipart("report; report-type=tlsrpt", "Content-Type: text/plain\n\nThis is an aggregate TLS report. Failed sessions: 2.\n", "Content-Type: application/tlsrpt+json\n\n{\"policies\":[{\"summary\":{\"total-failure-session-count\":2}}]}\n")));
    }

    private static IEnumerable<(string Name, byte[] Mail)> Containers()
    {
        const string Inner = "From: Bob <bob@example.net>\nTo: jane@example.com\nSubject: User unknown?\nMessage-ID: <in1@example.net>\n\nDoes 550 5.1.1 mean that she is gone?\n";
        yield return ("forwarded as an attachment", Mail("Jane <jane@example.com>", "Fwd: User unknown?", MailForm.Multipart("mixed", "Content-Type: text/plain\n\nSee Bob's question.\n", $"Content-Type: message/rfc822\n\n{Inner}")));
        yield return ("MIME digest", Mail("postmasters-request@lists.example.org", "postmasters Digest, Vol 12, Issue 6", MailForm.Multipart("mixed", "Content-Type: text/plain\n\nToday's Topics: User unknown?\n", MailForm.Multipart("digest", $"\n{Inner}", $"\n{Inner.Replace("in1", "in2")}").Replace("=_part", "=_digest"))));
        yield return ("encrypted", Mail("Jane <jane@example.com>", "...", MailForm.Multipart("encrypted; protocol=\"application/pgp-encrypted\"", "Content-Type: application/pgp-encrypted\n\nVersion: 1\n", "Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA1\n-----END PGP MESSAGE-----\n")));
        yield return ("only an attachment", Mail("Scanner <scan@corp.example>", "Scan from device 550", "Content-Type: application/pdf; name=\"failed.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n"));
        yield return ("winmail.dat", Mail("Jane <jane@example.com>", "Minutes", MailForm.Multipart("mixed", "Content-Type: text/plain\n\nAttached.\n", "Content-Type: application/ms-tnef; name=\"winmail.dat\"\nContent-Transfer-Encoding: base64\n\neJ8+IgAA\n")));
        yield return ("log file attached", Mail("Bob <bob@example.net>", "The log you asked for", MailForm.Multipart("mixed", "Content-Type: text/plain\n\nHere it is.\n", "Content-Type: text/plain; name=\"mail.log\"\nContent-Disposition: attachment; filename=\"mail.log\"\n\nJan  5 10:00:00 mx postfix/smtp[1]: 4F2A1: to=<ann@example.com>, dsn=5.1.1, status=bounced (host mx.example.com said: 550 5.1.1 User unknown)\n")));
        yield return ("an example of a notification attached as text", Mail("Bob <bob@example.net>", "Test data for the parser", MailForm.Multipart("mixed", "Content-Type: text/plain\n\nOne of them.\n", "Content-Type: text/plain; name=\"dsn.txt\"\nContent-Disposition: attachment; filename=\"dsn.txt\"\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n")));
        yield return ("newsletter from the empty sender", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Mail("Garden Shop <news@shop.example>", "Delivery, failure and success in the garden", "Content-Type: text/plain\n\nWhy seeds fail.\n")).Replace("<sender-1@example.com>", "<>")));
        yield return ("voice message from the empty sender", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Mail("pbx@corp.example", "Voice message from 550", "Content-Type: audio/wav; name=\"msg.wav\"\nContent-Transfer-Encoding: base64\n\nUklGRg==\n")).Replace("<sender-1@example.com>", "<>")));
        yield return ("boundary that never comes", Mail("Jane <jane@example.com>", "Minutes", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"nowhere\"\n\nUndelivered, unread, unloved.\n"));
        yield return ("no header at all", Encoding.UTF8.GetBytes("Just a file with text.\nMailbox full of letters.\n"));
        yield return ("no bytes at all", []);
    }

    private static IEnumerable<(string Name, byte[] Mail)> Charsets() =>
        from text in new[]
        {
            ("iso-2022-jp", "お荷物の配達に失敗しました。受取人不明のため返送します。"),
            ("shift_jis", "メールボックスの容量についてのお知らせ"),
            ("koi8-r", "Почтовый ящик пользователя переполнен журналами, приходите забрать."),
            ("windows-1251", "Ваше отправление не доставлено: адресат не найден."),
            ("gb18030", "您的快递无法投递，收件人不存在。"),
            ("big5", "您的包裹無法投遞，收件人不存在。"),
            ("euc-kr", "택배를 배달하지 못했습니다. 수취인 불명."),
            ("iso-8859-2", "Nie można doręczyć przesyłki, adresat nieznany."),
            ("iso-8859-15", "Zustellung fehlgeschlagen: Empfänger unbekannt. 5,50 € Nachporto."),
        }
        select ($"raw {text.Item1}", Raw(text.Item1, text.Item2));

    private static byte[] Raw(string charset, string text) =>
    [
        .. Encoding.ASCII.GetBytes(MailForm.Head(new Letter("", "info@parcel.example", "Info", "")) + $"MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n\n"),
        .. Encoding.GetEncoding(charset).GetBytes(text + "\n"),
    ];

    private static byte[] Mail(string from, string subject, string body) =>
        Encoding.UTF8.GetBytes(MailForm.Head(new Letter("", from, subject, "")) + body);
}
