using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;

namespace BounceActors.Sources.Tests.Logs;

public sealed class EximSpecs
{
    private const string Arrival = "2026-11-23 21:04:01 1vNabc-0001Xy-2z <= shop@sender.example H=app.sender.example [192.0.2.10] P=esmtp S=2210 id=order.4711@sender.example T=\"Your order: 4711\" from <shop@sender.example> for gone@remote.example\n";

    [Theory]
    [InlineData("F=<shop@sender.example> R=dnslookup T=remote_smtp H=mx.remote.example [198.51.100.7]: SMTP error from remote mail server after RCPT TO:<gone@remote.example>: 550 5.1.1 <gone@remote.example>: User unknown")]
    [InlineData("R=dnslookup T=remote_smtp: SMTP error from remote mailer after RCPT TO:<gone@remote.example>: host mx.remote.example [198.51.100.7]: 550 5.1.1 <gone@remote.example>: User unknown")]
    [InlineData("R=dnslookup T=remote_smtp: SMTP error from remote mail server after RCPT TO:<gone@remote.example>: host mx.remote.example [198.51.100.7]: 550 5.1.1 <gone@remote.example>: User unknown")]
    [InlineData("R=dnslookup T=remote_smtp H=mx.remote.example [198.51.100.7]:25 I=[192.0.2.20]:40022 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes DN=\"/O=A: B/CN=mx.remote.example\" DT=0.4s: SMTP error from remote mail server after pipelined RCPT TO:<gone@remote.example>: 550 5.1.1 <gone@remote.example>: User unknown")]
    public void Should_join_a_failure_with_its_arrival(string fields)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, Arrival + $"2026-11-23 21:04:05 1vNabc-0001Xy-2z ** gone@remote.example {fields}\n2026-11-23 21:04:05 1vNabc-0001Xy-2z Completed"));

        Assert.Equal(("gone@remote.example", "shop@sender.example", "order.4711@sender.example"), (report.Recipient!.Display, report.Sender, report.MessageId));
        Assert.Equal((ReportOutcome.Bounce, 550, "5.1.1"), (report.Outcome!.Value, report.SmtpCode!.Value, report.EnhancedCode.ToString()));
        Assert.Equal("550 5.1.1 <gone@remote.example>: User unknown", report.Diagnostic);
        Assert.Equal("mx.remote.example", report.RemoteMta);
        Assert.Equal(Log.At("2026-11-23T21:04:05Z"), report.OccurredAt);
        Assert.Equal(("exim", "remote_smtp"), (report.Source, report.Metadata["transport"]));
    }

    [Theory]
    [InlineData("2026-11-23 14:04:05 -0700 1vNabc-0001Xy-2z", "2026-11-23T21:04:05Z")]
    [InlineData("2026-11-23 22:04:05.250 +0100 [4711] 1vNabc-0001Xy-2z", "2026-11-23T21:04:05.25Z")]
    [InlineData("2026-11-23 21:04:05 [4711] 1vNabc-0001Xy-2z", "2026-11-23T21:04:05Z")]
    [InlineData("2026-11-23 21:04:05 1vNabc-000000001aB-2zzz", "2026-11-23T21:04:05Z")]
    [InlineData("Nov 23 21:04:05 mx2 exim[99]: 2026-11-23 21:04:05 1vNabc-0001Xy-2z", "2026-11-23T21:04:05Z")]
    [InlineData("2026-11-23T21:04:05.5+00:00 mx2 exim[99]: 1vNabc-0001Xy-2z", "2026-11-23T21:04:05.5Z")]
    public void Should_read_the_header(string header, string expected)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, header + " ** nobody@remote.example: Unrouteable address"));

        Assert.Equal(Log.At(expected), report.OccurredAt);
        Assert.Equal(("nobody@remote.example", "Unrouteable address"), (report.Recipient!.Display, report.Diagnostic));
    }

    [Theory]
    [InlineData("== a@remote.example R=dnslookup T=remote_smtp H=mx.remote.example [2001:db8::7] defer (-44): SMTP error from remote mail server after RCPT TO:<a@remote.example>: 450 4.2.0 Greylisted", 450, "450 4.2.0 Greylisted", "mx.remote.example")]
    [InlineData("== a@remote.example R=dnslookup T=remote_smtp defer (-44): SMTP error from remote mailer after RCPT TO:<a@remote.example>: host mx.remote.example [192.0.2.7]: 450 4.2.0 Greylisted", 450, "450 4.2.0 Greylisted", "mx.remote.example")]
    [InlineData("== a@remote.example R=dnslookup T=remote_smtp defer (110) H=mx.remote.example [192.0.2.7]: Connection timed out", null, "Connection timed out", "mx.remote.example")]
    [InlineData("== a@remote.example R=dnslookup T=remote_smtp defer (111): Connection refused", null, "Connection refused", null)]
    [InlineData("== a@remote.example R=dnslookup defer (-1): host lookup did not complete", null, "host lookup did not complete", null)]
    public void Should_read_the_deferral(string entry, int? code, string diagnostic, string? host)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z " + entry));

        Assert.Equal(ReportOutcome.Delay, report.Outcome);
        Assert.Equal((code, diagnostic, host), (report.SmtpCode, report.Diagnostic, report.RemoteMta));
    }

    [Theory]
    [InlineData("=> bob@remote.example R=dnslookup T=remote_smtp H=mx.remote.example [198.51.100.7] X=TLS1.3:TLS_AES:256 CV=yes C=\"250 2.0.0 Ok: queued as 4F2A1\" QT=2s DT=1s", "bob@remote.example", "250 2.0.0 Ok: queued as 4F2A1")]
    [InlineData("-> bob@remote.example R=dnslookup T=remote_smtp H=mx.remote.example [198.51.100.7] C=\"250 Ok\"", "bob@remote.example", "250 Ok")]
    [InlineData(">> bob@remote.example R=dnslookup T=remote_smtp H=mx.remote.example [198.51.100.7] C=\"250 Ok\"", "bob@remote.example", "250 Ok")]
    [InlineData("=> bob <bob@ours.example> R=localuser T=local_delivery", "bob@ours.example", "")]
    [InlineData("=> bob@store.example (mid@ours.example) <info@ours.example> R=lmtp T=dovecot_lmtp H=127.0.0.1 [127.0.0.1] C=\"250 2.0.0 Saved\"", "info@ours.example", "250 2.0.0 Saved")]
    [InlineData("=> |/usr/bin/deliver (bob@ours.example) <bob@ours.example> R=p T=address_pipe", "bob@ours.example", "")]
    public void Should_read_the_delivery(string entry, string recipient, string diagnostic)
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z " + entry));

        Assert.Equal((ReportOutcome.Delivered, recipient, diagnostic), (report.Outcome!.Value, report.Recipient!.Display, report.Diagnostic));
    }

    [Fact]
    public void Should_name_where_an_alias_led()
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z ** bob@store.example <info@ours.example>: Unknown user"));

        Assert.Equal(("info@ours.example", "bob@store.example", "Unknown user"), (report.Recipient!.Display, report.Metadata["final_recipient"], report.Diagnostic));
    }

    [Fact]
    public void Should_take_the_reply_of_the_last_attempt_when_a_message_is_given_up()
    {
        var reports = Log.Reports(LogFormat.Exim, """
            2026-11-23 21:04:05 1vNabc-0001Xy-2z <= news@sender.example H=app [192.0.2.10] P=esmtp S=1 id=m1@sender.example
            2026-11-23 21:04:05 1vNabc-0001Xy-2z == full@remote.example R=r T=t H=mx.remote.example [192.0.2.7] defer (-44): SMTP error from remote mail server after RCPT TO:<full@remote.example>: 452 4.2.2 Mailbox full
            2026-11-23 21:04:05 1vNabc-0001Xy-2z ** full@remote.example: retry timeout exceeded
            2026-11-23 21:04:05 1vNabc-0001Xy-2z ** silent@quiet.example: retry timeout exceeded
            """);

        Assert.Equal([ReportOutcome.Delay, ReportOutcome.Bounce, ReportOutcome.Bounce], reports.Select(r => r.Outcome!.Value));
        Assert.Equal(("452 4.2.2 Mailbox full: retry timeout exceeded", 452, "4.2.2", "mx.remote.example"), (reports[1].Diagnostic, reports[1].SmtpCode, reports[1].EnhancedCode.ToString(), reports[1].RemoteMta));
        Assert.Equal(("retry timeout exceeded", "m1@sender.example"), (reports[2].Diagnostic, reports[2].MessageId));
        Assert.Equal(3, reports.Select(r => r.SourceEventId).Distinct().Count());
    }

    [Fact]
    public void Should_put_the_lines_of_a_reply_together()
    {
        var report = Assert.Single(Log.Reports(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z ** a@remote.example R=r T=t H=mx.remote.example [192.0.2.7]: SMTP error from remote mail server after RCPT TO:<a@remote.example>: 550-5.1.1 The account does not exist.\\n550 5.1.1 Goodbye"));

        Assert.Equal("550-5.1.1 The account does not exist. 550 5.1.1 Goodbye", report.Diagnostic);
    }

    [Theory]
    [InlineData("== a@remote.example R=dnslookup T=remote_smtp defer (-53): retry time not reached for any host for 'remote.example'")]
    [InlineData("== a@remote.example routing defer (-51): retry time not reached")]
    [InlineData("=> :blackhole: <a@ours.example> R=drop")]
    [InlineData("=> a@remote.example R=filter T=remote_smtp H=127.0.0.1 [127.0.0.1]:10024 C=\"250 Ok\"")]
    [InlineData("=> root R=localuser T=local_delivery")]
    [InlineData("H=mx.remote.example [192.0.2.7]: SMTP error from remote mail server after RCPT TO:<a@remote.example>: 451 4.3.0 Later")]
    [InlineData("Message is frozen")]
    [InlineData("** a@remote.example F=<>: Unrouteable address")]
    public void Should_pass_over(string entry)
    {
        Assert.Equal(LogLineKind.Other, Assert.Single(Log.Read(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z " + entry)).Kind);
    }

    [Fact]
    public void Should_pass_over_what_becomes_of_the_notices_themselves()
    {
        Assert.Empty(Log.Reports(LogFormat.Exim, """
            2026-11-23 21:04:05 1vNabd-0001Xz-3a <= <> R=1vNabc-0001Xy-2z U=Debian-exim P=local S=1444
            2026-11-23 21:04:05 1vNabd-0001Xz-3a ** shop@sender.example: Unrouteable address
            2026-11-23 21:04:05 Start queue run: pid=77
            2026-11-23 21:04:05 SMTP connection from [192.0.2.1] lost
            """));
    }

    [Fact]
    public void Should_say_of_a_failure_without_an_address_why_it_cannot_be_read()
    {
        var line = Assert.Single(Log.Read(LogFormat.Exim, "2026-11-23 21:04:05 1vNabc-0001Xy-2z ** @remote.example: Unrouteable address"));

        Assert.Equal((LogLineKind.Malformed, "the address is none"), (line.Kind, line.Reason));
    }
}
