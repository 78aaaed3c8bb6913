using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;

namespace BounceActors.Sources.Tests.Logs;

public sealed class PostfixSpecs
{
    private const string Bounced = """
        Nov 23 21:04:01 mx1 postfix/smtpd[310]: 4XyT1k2Lz9: client=app.sender.example[192.0.2.10]
        Nov 23 21:04:01 mx1 postfix/cleanup[311]: 4XyT1k2Lz9: message-id=<order.4711@sender.example>
        Nov 23 21:04:01 mx1 postfix/qmgr[200]: 4XyT1k2Lz9: from=<shop@sender.example>, size=2210, nrcpt=1 (queue active)
        Nov 23 21:04:05 mx1 postfix/smtp[312]: 4XyT1k2Lz9: to=<gone@remote.example>, relay=mx.remote.example[198.51.100.7]:25, conn_use=3, delay=4.2, delays=0.1/0.01/2/2.1, dsn=5.1.1, status=bounced (host mx.remote.example[198.51.100.7] said: 550 5.1.1 <gone@remote.example>: Recipient address rejected: User unknown (in reply to RCPT TO command))
        Nov 23 21:04:05 mx1 postfix/cleanup[311]: 4XyT1q3Mab: message-id=<20261123210405.4XyT1q3Mab@mx1>
        Nov 23 21:04:05 mx1 postfix/bounce[313]: 4XyT1k2Lz9: sender non-delivery notification: 4XyT1q3Mab
        Nov 23 21:04:05 mx1 postfix/qmgr[200]: 4XyT1q3Mab: from=<>, size=4300, nrcpt=1 (queue active)
        Nov 23 21:04:05 mx1 postfix/qmgr[200]: 4XyT1k2Lz9: removed
        Nov 23 21:04:06 mx1 postfix/smtp[312]: 4XyT1q3Mab: to=<shop@sender.example>, relay=in.sender.example[192.0.2.11]:25, delay=1, delays=0/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AB)
        """;

    [Fact]
    public void Should_join_a_bounce_with_its_sender_and_message_id()
    {
        var report = Assert.Single(Log.Reports(LogFormat.Postfix, Bounced));

        Assert.Equal("gone@remote.example", report.Recipient!.Display);
        Assert.Equal("shop@sender.example", report.Sender);
        Assert.Equal("order.4711@sender.example", report.MessageId);
        Assert.Equal(ReportOutcome.Bounce, report.Outcome);
        Assert.Equal(550, report.SmtpCode);
        Assert.Equal("5.1.1", report.EnhancedCode.ToString());
        Assert.Equal("550 5.1.1 <gone@remote.example>: Recipient address rejected: User unknown", report.Diagnostic);
        Assert.Equal("mx.remote.example", report.RemoteMta);
        Assert.Equal("mx1", report.ReportingMta);
        Assert.Equal(Log.At("2026-11-23T21:04:05Z"), report.OccurredAt);
        Assert.Equal("postfix", report.Source);
        Assert.Equal(("3", "4.2", "0.1/0.01/2/2.1"), (report.Metadata["conn_use"], report.Metadata["delay"], report.Metadata["delays"]));
    }

    [Fact]
    public void Should_pass_over_what_becomes_of_the_notices_themselves()
    {
        Assert.Contains(Log.Read(LogFormat.Postfix, Bounced), l => l is { Kind: LogLineKind.Other, Reason: "about a notice of the mail system itself" });
    }

    [Theory]
    [InlineData("2026-11-23T22:04:05.123456+01:00 mx1 postfix/smtp[1]: ", "2026-11-23T21:04:05.123456Z")]
    [InlineData("Nov 23 21:04:05.250 mx1 postfix/smtp[1]: ", "2026-11-23T21:04:05.25Z")]
    [InlineData("Nov  3 21:04:05 mx1 postfix/relay/smtp[1]: ", "2026-11-03T21:04:05Z")]
    [InlineData("<22>Nov 23 21:04:05 mx1 postfix-out/smtp[1]: ", "2026-11-23T21:04:05Z")]
    [InlineData("<22>1 2026-11-23T21:04:05.5Z mx1 postfix/smtp 1 - [meta a=\"x]y\"][b c=\"d\"] ", "2026-11-23T21:04:05.5Z")]
    [InlineData("<22>1 2026-11-23T21:04:05Z mx1 postfix/smtp 1 - - ", "2026-11-23T21:04:05Z")]
    [InlineData("Dec 31 23:59:59 mx1 postfix/smtp[1]: ", "2025-12-31T23:59:59Z")]
    [InlineData("Feb 29 12:00:00 mx1 postfix/smtp[1]: ", "2024-02-29T12:00:00Z")]
    [InlineData("Nov 24 10:00:00 mx1 postfix/smtp[1]: ", "2026-11-24T10:00:00Z")]
    public void Should_read_the_time_of(string header, string expected)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Postfix, header + "4XyT1k2Lz9: to=<a@remote.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to mx.remote.example[198.51.100.7]:25: Connection timed out)"));

        Assert.Equal(Log.At(expected), report.OccurredAt);
        Assert.Equal(ReportOutcome.Delay, report.Outcome);
        Assert.Equal("4.4.1", report.EnhancedCode.ToString());
        Assert.Null(report.SmtpCode);
        Assert.Equal("connect to mx.remote.example[198.51.100.7]:25: Connection timed out", report.Diagnostic);
    }

    [Fact]
    public void Should_take_times_without_a_zone_for_the_machines()
    {
        var options = new LogReaderOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York") };

        var report = Assert.Single(Log.Reports(LogFormat.Postfix, "Nov 23 08:00:00 mx1 postfix/smtp[1]: AB12CD34EF: to=<a@remote.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)", options));

        Assert.Equal(Log.At("2026-11-23T13:00:00Z"), report.OccurredAt);
        Assert.Equal(ReportOutcome.Delivered, report.Outcome);
    }

    [Fact]
    public void Should_read_journal_entries_whose_message_is_text_or_bytes()
    {
        var text = "AB12CD34EF: to=<a@remote.example>, relay=mx.remote.example[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.7.1, status=bounced (host mx.remote.example[192.0.2.1] said: 554 5.7.1 Relay access denied (in reply to RCPT TO command))";
        var bytes = string.Join(',', System.Text.Encoding.UTF8.GetBytes(text));
        var reports = Log.Reports(LogFormat.Postfix, $$"""
            {"__REALTIME_TIMESTAMP":"1795467845000001","_SOURCE_REALTIME_TIMESTAMP":"1795467845000000","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/smtp","MESSAGE":"{{text}}"}
            {"__REALTIME_TIMESTAMP":"1795467845000000","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/smtp","MESSAGE":[{{bytes}}]}
            {"__REALTIME_TIMESTAMP":"1795467845000000","MESSAGE":null}
            """);

        Assert.Equal(2, reports.Count);
        Assert.All(reports, r =>
        {
            Assert.Equal("554 5.7.1 Relay access denied", r.Diagnostic);
            Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795467845), r.OccurredAt);
        });
    }

    [Theory]
    [InlineData("host mx.remote.example[198.51.100.7] refused to talk to me: 421 4.7.0 Try again later", 421, "4.7.0", "421 4.7.0 Try again later")]
    [InlineData("delivery temporarily suspended: host mx.remote.example[198.51.100.7] refused to talk to me: 421 4.7.0 Try again later", 421, "4.7.0", "421 4.7.0 Try again later")]
    [InlineData("lost connection with mx.remote.example[198.51.100.7] while sending message body", null, "4.4.2", "lost connection with mx.remote.example[198.51.100.7] while sending message body")]
    [InlineData("host mx.remote.example[198.51.100.7] said: 450 4.2.0 <a@remote.example>: Greylisted (see https://remote.example/) (in reply to RCPT TO command)", 450, "4.2.0", "450 4.2.0 <a@remote.example>: Greylisted (see https://remote.example/)")]
    public void Should_take_the_reply_out_of(string said, int? smtp, string enhanced, string diagnostic)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Postfix, $"Nov 23 21:04:05 mx1 postfix/smtp[1]: AB12CD34EF: to=<a@remote.example>, relay=mx.remote.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=4.4.2, status=deferred ({said})"));

        Assert.Equal((smtp, enhanced, diagnostic), (report.SmtpCode, report.EnhancedCode.ToString(), report.Diagnostic));
        Assert.Equal("mx.remote.example", report.RemoteMta);
    }

    [Fact]
    public void Should_report_about_the_alias_that_the_sender_wrote_to()
    {
        var report = Assert.Single(Log.Reports(LogFormat.Postfix, "Nov 23 21:04:05 mx1 postfix/lmtp[1]: AB12CD34EF: to=<bob.internal@store.example>, orig_to=<bob@receiver.example>, relay=mail[private/dovecot-lmtp], delay=1, delays=1/0/0/0, dsn=5.2.2, status=bounced (host mail[private/dovecot-lmtp] said: 552 5.2.2 <bob.internal@store.example> Quota exceeded (mailbox for user is full) (in reply to end of DATA command))"));

        Assert.Equal("bob@receiver.example", report.Recipient!.Display);
        Assert.Equal("bob.internal@store.example", report.Metadata["final_recipient"]);
        Assert.Equal("552 5.2.2 <bob.internal@store.example> Quota exceeded (mailbox for user is full)", report.Diagnostic);
    }

    [Fact]
    public void Should_bounce_those_who_still_waited_when_a_message_expires()
    {
        var reports = Log.Reports(LogFormat.Postfix, """
            Nov 18 10:00:00 mx1 postfix/cleanup[2]: 0A1B2C3D4E: message-id=<m1@sender.example>
            Nov 23 20:59:50 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, size=1, nrcpt=3 (queue active)
            Nov 23 21:00:00 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<full@remote.example>, relay=mx.remote.example[192.0.2.1]:25, delay=432010, delays=1/0/0/0, dsn=4.2.2, status=deferred (host mx.remote.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))
            Nov 23 21:00:00 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<silent@quiet.example>, relay=none, delay=432010, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to quiet.example[192.0.2.9]:25: Connection timed out)
            Nov 23 21:00:01 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<back@remote.example>, relay=none, delay=432010, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to x[192.0.2.9]:25: Connection timed out)
            Nov 23 21:00:02 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<back@remote.example>, relay=mx.remote.example[192.0.2.1]:25, delay=432010, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)
            Nov 23 21:00:03 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, status=expired, returned to sender
            """);

        var bounces = reports.Where(r => r.Outcome == ReportOutcome.Bounce).ToList();
        Assert.Equal(["full@remote.example", "silent@quiet.example"], bounces.Select(b => b.Recipient!.Display).Order());
        Assert.All(bounces, b =>
        {
            Assert.Equal(BounceCategory.MessageExpired, b.SourceCategory);
            Assert.Equal(Log.At("2026-11-23T21:00:03Z"), b.OccurredAt);
            Assert.Equal(("news@sender.example", "m1@sender.example"), (b.Sender, b.MessageId));
        });
        Assert.Equal("4.2.2", bounces.Single(b => b.Recipient!.Domain == "remote.example").EnhancedCode.ToString());
        Assert.Equal(3, reports.Count(r => r.Outcome == ReportOutcome.Delay));
        Assert.Single(reports, r => r.Outcome == ReportOutcome.Delivered);
        Assert.Equal(reports.Count, reports.Select(r => r.SourceEventId).Distinct().Count());
    }

    [Fact]
    public void Should_say_when_a_message_expired_whose_recipients_it_never_saw()
    {
        var line = Assert.Single(Log.Read(LogFormat.Postfix, "Nov 23 21:00:03 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, status=expired, returned to sender"));

        Assert.Equal(LogLineKind.Malformed, line.Kind);
        Assert.Contains("given up", line.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postfix/smtp[1]: AB12CD34EF: to=<a@remote.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 1234)")]
    [InlineData("postfix/local[1]: AB12CD34EF: to=<a@remote.example>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (forwarded as 77AB12CD34)")]
    [InlineData("postfix/discard[1]: AB12CD34EF: to=<a@remote.example>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (remote.example)")]
    [InlineData("postfix/smtp[1]: AB12CD34EF: to=<a@remote.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.1.5, status=deliverable (250 2.1.5 Ok)")]
    [InlineData("postfix/local[1]: AB12CD34EF: to=<root>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)")]
    [InlineData("postfix/smtpd[1]: NOQUEUE: reject: RCPT from spam.example[203.0.113.9]: 550 5.1.1 <x@ours.example>: Recipient address rejected: User unknown; from=<a@b.example> to=<x@ours.example> proto=ESMTP helo=<h>")]
    [InlineData("postfix/smtpd[1]: warning: hostname mx.example does not resolve to address 192.0.2.1")]
    [InlineData("postfix/smtpd[1]: connect from unknown[203.0.113.9]")]
    [InlineData("postfix/smtp[1]: AB12CD34EF: host mx.remote.example[192.0.2.1] said: 450 4.7.1 Try later (in reply to RCPT TO command)")]
    [InlineData("dovecot: imap-login: Login: user=<a@remote.example>, method=PLAIN")]
    public void Should_pass_over(string text)
    {
        Assert.Equal(LogLineKind.Other, Assert.Single(Log.Read(LogFormat.Postfix, "Nov 23 21:04:05 mx1 " + text)).Kind);
    }

    [Theory]
    [InlineData("Nov 23 21:04:05 mx1 postfix/smtp[1]: AB12CD34EF: to=<a@remote.exam")]
    [InlineData("Nov 23 21:04:05 mx1 postfix/smtp[1]: AB12CD34EF: to=<a@remote.example>, relay=mx[192.0.2.1]:25, delay=1")]
    [InlineData("Nov 23 21:04:05 mx1 postfix/smtp[1]: AB12CD34EF: to=<@remote.example>, relay=none, delay=1, dsn=5.1.3, status=bounced (bad address syntax)")]
    [InlineData("30 Nov postfix/smtp: AB12CD34EF: to=<a@remote.example>, relay=none, dsn=5.1.3, status=bounced (x)")]
    public void Should_say_of_a_delivery_that_cannot_be_read_why(string line)
    {
        var read = Assert.Single(Log.Read(LogFormat.Postfix, line));

        Assert.Equal(LogLineKind.Malformed, read.Kind);
        Assert.False(string.IsNullOrEmpty(read.Reason));
    }

    [Fact]
    public void Should_report_only_mails_of_our_own_senders_when_told_who_they_are()
    {
        var options = new LogReaderOptions { SenderDomains = ["Other.example"] };

        Assert.Empty(Log.Reports(LogFormat.Postfix, Bounced, options));
        Assert.Single(Log.Reports(LogFormat.Postfix, Bounced, options with { SenderDomains = ["SENDER.example"] }));
    }

    [Fact]
    public void Should_read_the_codes_of_a_reply_of_several_lines()
    {
        var report = Assert.Single(Log.Reports(LogFormat.Postfix, "Nov 23 21:04:05 mx1 postfix/smtp[1]: AB12CD34EF: to=<\"odd >\\\" one\"@remote.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.remote.example[192.0.2.1] said: 550-5.1.1 The account you tried to reach does not exist. 550 5.1.1 Goodbye (in reply to RCPT TO command))"));

        Assert.Equal("\"odd >\\\" one\"@remote.example", report.Recipient!.Display);
        Assert.Equal(550, report.SmtpCode);
        Assert.Equal("550-5.1.1 The account you tried to reach does not exist. 550 5.1.1 Goodbye", report.Diagnostic);
    }
}
