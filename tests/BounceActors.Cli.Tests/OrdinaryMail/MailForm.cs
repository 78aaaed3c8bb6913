using System.Text;

namespace BounceActors.Cli.Tests.OrdinaryMail;

/// <summary>Puts a letter on the wire in the ways mail programs do.</summary>
internal static class MailForm
{
    /// <summary>The forms by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Letter, string>> All = new Dictionary<string, Func<Letter, string>>
    {
        ["plain"] = l => Head(l) + Plain(l.Text),
        ["base64"] = l => Head(l) + Base64(l.Text),
        ["quoted-printable"] = l => Head(l) + QuotedPrintable(l.Text),
        ["html"] = l => Head(l) + Multipart("alternative", Plain(l.Text), Html(l.Text)),
        ["attachment"] = l => Head(l) + Multipart("mixed", Plain(l.Text), Attachment),
        ["signed"] = l => Head(l) + Multipart("signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256", QuotedPrintable(l.Text), Signature),
        ["CRLF and mbox line"] = l => ("From jane@example.com Mon Jan  5 10:00:00 2026\n" + Head(l) + Plain(l.Text)).ReplaceLineEndings("\r\n"),
    };

    private const string Attachment = "Content-Type: application/pdf; name=\"undeliverable.pdf\"\nContent-Disposition: attachment; filename=\"undeliverable.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQKJeLjz9MK\n";
    private const string Signature = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\nContent-Disposition: attachment; filename=\"smime.p7s\"\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHAqCAMIACAQEx\n";

    public static string Multipart(string type, params string[] parts) =>
        $"MIME-Version: 1.0\nContent-Type: multipart/{(type.Contains(';') ? type.Insert(type.IndexOf(';'), "; boundary=\"=_part\"") : type + "; boundary=\"=_part\"")}\n\n{string.Concat(parts.Select(p => $"--=_part\n{p}\n"))}--=_part--\n";

    public static string Head(Letter letter) =>
        $"Return-Path: <sender-1@example.com>\nReceived: from mx.example.com (mx.example.com [192.0.2.1]) by mx.example.net with ESMTPS id 4F2A1; Mon, 5 Jan 2026 10:00:00 +0000\nFrom: {Word(letter.From)}\nTo: <reader@example.net>\nSubject: {Word(letter.Subject)}\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMessage-ID: <letter.1@example.com>\n{string.Concat(letter.Headers.Select(h => h + "\n"))}";

    private static string Plain(string text) => $"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n";

    private static string Html(string text) =>
        $"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<html><body><p>{text.Replace("&", "&amp;").Replace("<", "&lt;").Replace("\n", "<br>\n")}</p></body></html>\n";

    private static string Base64(string text) =>
        $"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\n")}\n";

    private static string QuotedPrintable(string text) =>
        $"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{string.Concat(Encoding.UTF8.GetBytes(text).Select(b => b is (byte)'\n' or (byte)' ' or (>= 33 and <= 126 and not (byte)'=') ? ((char)b).ToString() : $"={b:X2}"))}\n";

    // RFC 2047.
    private static string Word(string text) =>
        text.All(char.IsAscii) ? text : text.Contains('<') ? $"{Word(text[..text.IndexOf('<')].Trim())} {text[text.IndexOf('<')..]}" : $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=";
}
