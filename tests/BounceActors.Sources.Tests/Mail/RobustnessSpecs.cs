using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Sources.Tests.Mail;

public class RobustnessSpecs
{
    [Fact]
    public void Should_read_a_report_with_an_original_of_thirty_megabytes_without_copying_it()
    {
        var head = """
            From: MAILER-DAEMON@pf.example
            Subject: Undelivered Mail Returned to Sender
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary="b"

            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; pf.example

            Final-Recipient: rfc822; anna@one.example
            Action: failed
            Status: 5.3.4
            Diagnostic-Code: smtp; 552 5.3.4 Message size exceeds fixed limit

            --b
            Content-Type: message/rfc822

            From: news@sender.example
            Message-ID: <big@sender.example>
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64


            """;
        var line = Encoding.ASCII.GetBytes(new string('A', 76) + "\n");
        var mail = new MemoryStream();
        mail.Write(Encoding.ASCII.GetBytes(head));
        while (mail.Length < 30 * 1024 * 1024)
        {
            mail.Write(line);
        }

        mail.Write("\n--b--\n"u8);
        var reader = new MailReader();
        reader.Read(mail.GetBuffer().AsMemory(0, 5000));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var report = Assert.Single(reader.Read(mail.GetBuffer().AsMemory(0, (int)mail.Length)).Reports);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(552, report.SmtpCode);
        Assert.Equal("big@sender.example", report.MessageId);
        Assert.True(allocated < 8 * 1024 * 1024, $"{allocated} bytes for a mail that needs no copy");
    }

    [Fact]
    public void Should_stop_at_the_limits_of_size_depth_and_parts()
    {
        var deep = new StringBuilder("Subject: x\nFrom: MAILER-DAEMON@a.example\n");
        for (var i = 0; i < 500; i++)
        {
            deep.Append("Content-Type: multipart/mixed; boundary=\"b").Append(i).Append("\"\n\n--b").Append(i).Append('\n');
        }

        deep.Append("Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n");
        Assert.NotNull(new MailReader().Read(Encoding.ASCII.GetBytes(deep.ToString())));

        var wide = new StringBuilder("Subject: x\nContent-Type: multipart/mixed; boundary=\"b\"\n\n");
        for (var i = 0; i < 5000; i++)
        {
            wide.Append("--b\n\nx\n");
        }

        Assert.Empty(new MailReader().Read(Encoding.ASCII.GetBytes(wide.ToString())).Reports);

        var many = new StringBuilder("Subject: x\nFrom: MAILER-DAEMON@a.example\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n");
        for (var i = 0; i < 3000; i++)
        {
            many.Append("\nFinal-Recipient: rfc822; a").Append(i).Append("@b.example\nAction: failed\nStatus: 5.1.1\n");
        }

        Assert.Equal(2000, new MailReader().Read(Encoding.ASCII.GetBytes(many.ToString())).Reports.Count);
        Assert.Single(new MailReader(new MailReaderOptions { MaxRecipients = 1 }).Read(Encoding.ASCII.GetBytes(many.ToString())).Reports);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("From ")]
    [InlineData("just text")]
    [InlineData("Subject")]
    [InlineData(":::::")]
    [InlineData("\0\0\0")]
    public void Should_call_what_is_no_mail_no_report(string bytes)
    {
        var reading = new MailReader().Read(Encoding.Latin1.GetBytes(bytes));

        Assert.Empty(reading.Reports);
        Assert.NotEmpty(reading.Reason);
    }

    [Theory]
    [InlineData("a", '<')]
    [InlineData("a", '@')]
    [InlineData("\n", '>')]
    [InlineData("5", '5')]
    [InlineData("550 ", '.')]
    [InlineData("a@b.example ", ' ')]
    public void Should_stay_linear_on_text_made_to_be_slow(string piece, char filler)
    {
        var body = string.Concat(Enumerable.Repeat(piece + new string(filler, 50), 4000));
        var small = AllocatedFor(body[..(body.Length / 4)]);

        // Work that grows with the square of the text allocates or takes sixteen times as much for four times the text
        Assert.True(AllocatedFor(body) < 12 * small, "allocations grow faster than the text");

        static long AllocatedFor(string body)
        {
            var mail = Encoding.ASCII.GetBytes("From: MAILER-DAEMON@a.example\nSubject: failure notice\n\nundeliverable\n" + body);
            var reader = new MailReader();
            reader.Read(mail);
            var before = GC.GetAllocatedBytesForCurrentThread();
            reader.Read(mail);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Should_decode_names_and_subjects_of_the_original_in_every_notation()
    {
        var mail = Encoding.UTF8.GetBytes("""
            From: MAILER-DAEMON@old.example
            Subject: failure notice

            Hi. This is the qmail-send program at old.example.
            I'm afraid I wasn't able to deliver your message to the following addresses.

            <anna@old.example>:
            no such user (#5.1.1)

            --- Below this line is a copy of the message.

            Return-Path: <news@sender.example>
            Message-ID: <1@sender.example>
            Subject: =?iso-2022-jp?B?GyRCJUYlOSVIGyhC?= =?utf-8?q?_und_Gr=C3=BC=C3=9Fe?=
            From: =?koi8-r?B?7tjA0w==?= <news@sender.example>

            body
            """);

        var report = Assert.Single(new MailReader().Read(mail).Reports);

        Assert.Equal("テスト und Grüße", report.Mail!.Subject);
        Assert.Equal("news@sender.example", report.Sender);
        Assert.Equal("1@sender.example", report.MessageId);
    }

    [Fact]
    public void Should_never_invent_a_code()
    {
        var mail = Encoding.ASCII.GetBytes("From: MAILER-DAEMON@a.example\nSubject: failure notice\n\nYour message to 550 people was undeliverable in 5.1 seconds via Postfix 5.1.2 from 5.1.1.9:\n<anna@one.example>: mailbox of 552 MB unknown\n");

        var report = Assert.Single(new MailReader().Read(mail).Reports);

        Assert.Null(report.SmtpCode);
        Assert.Null(report.EnhancedCode);
    }

    [Fact]
    public void Should_name_the_evidence_it_used()
    {
        var report = Assert.Single(new MailReader(new MailReaderOptions { CorrelationHeaders = ["X-Job"], CampaignHeaders = ["X-Campaign"] }).Read(Encoding.ASCII.GetBytes("""
            From: MAILER-DAEMON@a.example
            To: bounce@sender.example
            Subject: Undelivered
            Date: Tue, 3 Mar 2026 10:00:00 +0000
            Message-ID: <report@a.example>
            Content-Type: multipart/report; boundary="b"

            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; a.example
            Original-Envelope-Id: job+2B5
            Arrival-Date: Tue, 3 Mar 2026 09:00:00 +0000

            Final-Recipient: rfc822; anna@one.example
            Action: failed
            Status: 5.0.0
            Last-Attempt-Date: Tue, 3 Mar 2026 09:30:00 +0000
            Diagnostic-Code: smtp; 550 no

            --b
            Content-Type: text/rfc822-headers

            Return-Path: <bounce@sender.example>
            Received: from out7.sender.example (out7.sender.example [198.51.100.7]) by a.example; Tue, 3 Mar 2026 09:00:00 +0000
            Message-ID: <letter@sender.example>
            Subject: Hello
            X-Job: 5
            X-Campaign: spring

            --b--
            """)).Reports);

        Assert.Equal(["final-recipient", "envelope-id", "message-id", "original-return-path", "subject"], report.Mail!.Evidence);
        Assert.Equal("198.51.100.7", report.SendingIp);
        Assert.Equal("spring", report.Campaign);
        Assert.Equal("5", report.Metadata["x-job"]);
        Assert.Equal(new DateTimeOffset(2026, 3, 3, 9, 30, 0, TimeSpan.Zero), report.OccurredAt);
        Assert.Equal("report@a.example/0", report.SourceEventId);
        Assert.Equal(DsnAction.Failed, report.Action);
    }
}
