using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Sources.Tests.Logs;

public sealed class KumoMtaSpecs
{
    private static string Record(string type, string recipient = "\"a@remote.example\"") => $$$"""
        {"type":"{{{type}}}","id":"f68462cf36ca11ee99f450ebf67f93bd","sender":"news@sender.example","recipient":{{{recipient}}},"queue":"spring:acme@remote.example","site":"mx.remote.example","size":518,"response":{"code":550,"enhanced_code":{"class":5,"subject":1,"detail":1},"content":"No such user","command":"RCPT TO"},"peer_address":{"name":"mx.remote.example.","addr":"198.51.100.7"},"timestamp":1795467845,"created":1795467840,"event_time":"2026-11-23T21:04:05.5Z","num_attempts":0,"bounce_classification":"InvalidRecipient","meta":{},"headers":{"Message-ID":"<m1@sender.example>"},"nodeid":"n"}
        """;

    [Theory]
    [InlineData("Bounce", ReportOutcome.Bounce)]
    [InlineData("OOB", ReportOutcome.Bounce)]
    [InlineData("Expiration", ReportOutcome.Bounce)]
    [InlineData("AdminBounce", ReportOutcome.Bounce)]
    [InlineData("TransientFailure", ReportOutcome.Delay)]
    [InlineData("Delivery", ReportOutcome.Delivered)]
    [InlineData("Feedback", ReportOutcome.Complaint)]
    [InlineData("Reception", null)]
    [InlineData("Xfer", null)]
    public void Should_know_the_record(string type, ReportOutcome? expected)
    {
        var line = Assert.Single(Log.Read(LogFormat.KumoMta, Record(type)));

        Assert.Equal(expected, line.Reports.SingleOrDefault()?.Outcome);
        Assert.Equal(expected is null ? LogLineKind.Other : LogLineKind.Report, line.Kind);
    }

    [Fact]
    public void Should_give_an_event_the_id_it_has_by_webhook()
    {
        var byLog = Assert.Single(Log.Reports(LogFormat.KumoMta, Record("Bounce")));

        var byHook = Assert.Single(WebhookSources.All["kumomta"].Read(
            new WebhookRequest("POST", new Uri("https://bounce.example/v1/webhooks/kumomta"), new Dictionary<string, string>(), System.Text.Encoding.UTF8.GetBytes(Record("Bounce")), Log.Now), new WebhookAccount()).Reports);
        Assert.Equal((byHook.Source, byHook.SourceEventId), (byLog.Source, byLog.SourceEventId));
        Assert.Equal((BounceCategory.UserNotFound, "m1@sender.example"), (byLog.SourceCategory, byLog.MessageId));
    }

    [Fact]
    public void Should_report_on_every_recipient_of_a_record()
    {
        Assert.Equal(2, Log.Reports(LogFormat.KumoMta, Record("Delivery", """["a@remote.example","b@remote.example"]""")).Count);
    }

    [Theory]
    [InlineData("(\u00b5/\u00fd packed", "packed")]
    [InlineData("{\"type\":\"Bounce\",", "not valid JSON")]
    [InlineData("{\"type\":\"Bounce\",\"recipient\":\"nobody\"}", "no address")]
    public void Should_say_of_a_record_that_cannot_be_read_why(string record, string reason)
    {
        var line = Assert.Single(Log.Read(LogFormat.KumoMta, record));

        Assert.Equal(LogLineKind.Malformed, line.Kind);
        Assert.Contains(reason, line.Reason, StringComparison.Ordinal);
    }
}
