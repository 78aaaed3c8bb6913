using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;

namespace BounceActors.Sources.Tests.Logs;

public sealed class PowerMtaSpecs
{
    private const string Header = "type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,srcType,srcMta,dlvType,dlvSourceIp,dlvDestinationIp,vmta,jobId,envId,queue,header_Message-Id,header_X-Tenant\n";

    [Fact]
    public void Should_read_a_bounce()
    {
        var report = Assert.Single(Log.Reports(LogFormat.PowerMta, Header + """
            b,2026-11-23 14:04:05-0700,2026-11-23 14:04:01-0700,news@sender.example,gone@remote.example,,failed,5.1.1 (bad destination mailbox address),"smtp;550 5.1.1 <gone@remote.example>: ""User"", unknown",mx.remote.example (198.51.100.7),bad-mailbox,api,,smtp,192.0.2.20,198.51.100.7,vmta-1,spring,env-7,remote.example/vmta-1,<m1@sender.example>,acme
            """));

        Assert.Equal(("gone@remote.example", "news@sender.example", "m1@sender.example"), (report.Recipient!.Display, report.Sender, report.MessageId));
        Assert.Equal((ReportOutcome.Bounce, 550, "5.1.1"), (report.Outcome!.Value, report.SmtpCode!.Value, report.EnhancedCode.ToString()));
        Assert.Equal("550 5.1.1 <gone@remote.example>: \"User\", unknown", report.Diagnostic);
        Assert.Equal(("bad-mailbox", BounceCategory.UserNotFound), (report.SourceClass, report.SourceCategory));
        Assert.Equal(("mx.remote.example", "192.0.2.20", "spring"), (report.RemoteMta, report.SendingIp, report.Campaign));
        Assert.Equal(Log.At("2026-11-23T21:04:05Z"), report.OccurredAt);
        Assert.Equal(("vmta-1", "env-7", "acme"), (report.Metadata["vmta"], report.Metadata["envelope_id"], report.Metadata["x-tenant"]));
    }

    [Theory]
    [InlineData("d", "", ReportOutcome.Delivered)]
    [InlineData("b", "failed", ReportOutcome.Bounce)]
    [InlineData("t", "delayed", ReportOutcome.Delay)]
    [InlineData("rb", "failed", ReportOutcome.Bounce)]
    [InlineData("rs", "delayed", ReportOutcome.Delay)]
    [InlineData("rs", "relayed", ReportOutcome.Delivered)]
    [InlineData("tq", "", null)]
    [InlineData("r", "", null)]
    [InlineData("zz", "", null)]
    public void Should_know_the_record(string type, string action, ReportOutcome? expected)
    {
        var line = Log.Read(LogFormat.PowerMta, Header + $"{type},1795467845,,news@sender.example,a@remote.example,,{action},4.2.0,,,,,,,,,,,,,,")[1];

        Assert.Equal(expected, line.Reports.SingleOrDefault()?.Outcome);
        Assert.Equal(expected is null ? LogLineKind.Other : LogLineKind.Report, line.Kind);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795467845), line.At);
    }

    [Fact]
    public void Should_read_complaints_and_opt_outs_whoever_they_name()
    {
        var reports = Log.Reports(LogFormat.PowerMta, """
            type,timeLogged,feedbackType,format,userAgent,reportingMta,reportedDomain,header_From,header_To,header_Return-Path,header_Message-ID
            f,1795467845,abuse,arf,Loop/1,dns;fbl.remote.example,sender.example,News <news@sender.example>,<jane@remote.example>,<bounces@sender.example>,<m2@sender.example>
            f,1795467846,not-spam,arf,Loop/1,,sender.example,,,<bounces@sender.example>,<m3@sender.example>
            """);

        Assert.Equal((ReportOutcome.Complaint, "jane@remote.example", "bounces@sender.example", "m2@sender.example"), (reports[0].Outcome!.Value, reports[0].Recipient!.Display, reports[0].Sender, reports[0].MessageId));
        Assert.Equal("fbl.remote.example", reports[0].ReportingMta);
        Assert.Equal((ReportOutcome.NotAReport, BounceCategory.FeedbackOther), (reports[1].Outcome!.Value, reports[1].SourceCategory!.Value));
        Assert.Null(reports[1].Recipient);
    }

    [Fact]
    public void Should_go_by_the_newest_header_line()
    {
        var reports = Log.Reports(LogFormat.PowerMta, """
            type,rcpt,timeLogged
            d,one@remote.example,1795467845
            type,timeLogged,rcpt
            d,1795467846,two@remote.example
            """);

        Assert.Equal(["one@remote.example", "two@remote.example"], reports.Select(r => r.Recipient!.Display));
    }

    [Theory]
    [InlineData("b,1795467845,,a@b.example", "no header line")]
    [InlineData("type,timeLogged,rcpt\nb,1795467845,nobody", "no address")]
    [InlineData("type,timeLogged,rcpt\nb,1795467845", "missing or empty")]
    [InlineData("type,timeLogged,rcpt\nb,yesterday,a@b.example", "no time")]
    [InlineData("type,timeLogged,rcpt\nb,1795467845,\"a@b.example", "quote")]
    public void Should_say_of_a_record_that_cannot_be_read_why(string lines, string reason)
    {
        var line = Log.Read(LogFormat.PowerMta, lines)[^1];

        Assert.Equal(LogLineKind.Malformed, line.Kind);
        Assert.Contains(reason, line.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_pass_over_the_notices_it_sent_itself()
    {
        Assert.Empty(Log.Reports(LogFormat.PowerMta, Header + "d,1795467845,,,shop@sender.example,,relayed,2.0.0,,,,,,,,,,,,,,"));
    }
}
