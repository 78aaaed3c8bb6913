using System.Text;

namespace BounceActors.Cli.Tests;

/// <summary>Mails for tests of the command line, where what is in them matters little.</summary>
internal static class SampleMails
{
    public const string Letter = "From: a@example.com\nTo: b@example.com\nSubject: Lunch?\n\nAt noon?\n";

    /// <summary>A standard notification (RFC 3464): every recipient is unknown.</summary>
    public static string Bounce(params string[] recipients) => $"""
        From: MAILER-DAEMON@mx.example.net
        To: sender@example.com
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

        --b1
        Content-Type: text/plain

        Your message could not be delivered.

        --b1
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        {string.Join("\n", recipients.Select(r => $"Final-Recipient: rfc822; {r}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550 5.1.1 <{r}>: user unknown\n"))}
        --b1
        Content-Type: text/rfc822-headers

        From: sender@example.com
        Message-ID: <one@example.com>

        --b1--

        """.ReplaceLineEndings("\n");

    public static byte[] Bytes(this string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A mailbox of these mails.</summary>
    public static string Mbox(params IEnumerable<string> mails) =>
        string.Concat(mails.Select(m => $"From MAILER-DAEMON Mon Jan  5 10:00:00 2026\n{m}\n"));
}

/// <summary>A directory that goes with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("bounce-cli-");

    public string Path => _directory.FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
