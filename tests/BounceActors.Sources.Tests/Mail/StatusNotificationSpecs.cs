using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Sources.Tests.Mail;

public class StatusNotificationSpecs
{
    private const string Mixed = """
        From: MAILER-DAEMON@mx.sender.example (Mail Delivery System)
        To: news@sender.example
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        Date: Tue, 3 Mar 2026 10:00:00 +0100
        Message-Id: <20260303.A1B2@mx.sender.example>
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

        --b1
        Content-Type: text/plain; charset=us-ascii

        This is the mail system at host mx.sender.example.

        --b1
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.sender.example
        Original-Envelope-Id: run+2B77
        Arrival-Date: Tue, 3 Mar 2026 09:59:00 +0100

        Final-Recipient: rfc822; anna@one.example
        Original-Recipient: rfc822;anna@alias.example
        Action: failed
        Status: 5.1.1
        Remote-MTA: dns; mx.one.example
        Diagnostic-Code: smtp; 550 5.1.1 <anna@one.example>: Recipient address
            rejected: User unknown

        Final-Recipient: rfc822; bert@two.example
        Action: delayed
        Status: 4.4.1
        Diagnostic-Code: X-Postfix; connect to mx.two.example[192.0.2.7]:25: Connection timed out

        Final-Recipient: rfc822; carla@three.example
        Action: relayed
        Status: 2.0.0
        Diagnostic-Code: smtp; 250 2.0.0 Ok: queued as 12345

        --b1
        Content-Type: text/rfc822-headers

        Return-Path: <bounce@sender.example>
        Message-ID: <letter.7@sender.example>
        From: News <news@sender.example>
        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=

        --b1--
        """;

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Should_report_every_recipient_with_its_own_action_whatever_the_line_ends(string lineEnd)
    {
        var reading = new MailReader().Read(Encoding.UTF8.GetBytes(Mixed.ReplaceLineEndings(lineEnd)));

        Assert.Equal([ReportOutcome.Bounce, ReportOutcome.Delay, ReportOutcome.Delivered], reading.Reports.Select(r => r.Outcome!.Value));
        Assert.Equal(["anna@one.example", "bert@two.example", "carla@three.example"], reading.Reports.Select(r => r.Recipient!.Display));
        var anna = reading.Reports[0];
        Assert.Equal(550, anna.SmtpCode);
        Assert.Equal("5.1.1", anna.EnhancedCode.ToString());
        Assert.Equal("550 5.1.1 <anna@one.example>: Recipient address rejected: User unknown", anna.Diagnostic);
        Assert.Equal("mx.one.example", anna.RemoteMta);
        Assert.Equal("mx.sender.example", anna.ReportingMta);
        Assert.Equal("letter.7@sender.example", anna.MessageId);
        Assert.Equal("bounce@sender.example", anna.Sender);
        Assert.Equal("anna@alias.example", anna.Mail!.OriginalRecipient);
        Assert.Equal("run+77", anna.Mail.EnvelopeId);
        Assert.Equal("Grüße", anna.Mail.Subject);
        Assert.Null(reading.Reports[1].SmtpCode);
    }
}
