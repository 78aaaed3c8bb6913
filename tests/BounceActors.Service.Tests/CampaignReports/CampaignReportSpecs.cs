using System.Text.Json;
using System.Text.Json.Nodes;
using BounceActors.Engine.Inbox;
using BounceActors.Service.CampaignReports;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Service.Tests.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace BounceActors.Service.Tests.CampaignReports;

/// <summary>Mailchimp's campaign reports, against an API that speaks as it does.</summary>
public sealed class CampaignReportSpecs(CampaignReportSpecs.ServiceWithReports service) : IClassFixture<CampaignReportSpecs.ServiceWithReports>
{
    public sealed class ServiceWithReports : RunningService
    {
        internal FakeMailchimp Mailchimp { get; } = new() { Status = 500 };

        protected override string[] Settings =>
        [
            $"--Sources:Webhooks:mailchimp:shop:Reports:ApiKey={FakeMailchimp.ApiKey}", $"--Sources:Webhooks:mailchimp:shop:Reports:Server={Mailchimp.Url}",
            "--Sources:Webhooks:mailchimp:shop:Reports:Every=00:00:01", "--Sources:Webhooks:mailchimp:shop:Streams:l1=newsletter",
        ];
    }

    [Fact]
    public async Task Should_decide_once_about_everything_the_reports_say_however_often_they_are_pulled_and_once_the_API_is_back()
    {
        var mailchimp = service.Mailchimp;
        await RunningService.UntilAsync(async () => (string?)(await SourceAsync())["reports"]!["lastError"] == "mailchimp_500");

        mailchimp.ResultsAt = "https://internal.example/metadata";
        mailchimp.Status = null;
        mailchimp.Activity = [Bounced("first@reports.example", "hard"), Bounced("soft@reports.example", "soft"), .. Enumerable.Range(0, 1_500).Select(i => Quiet($"user{i}@reports.example")), Bounced("last@reports.example", "soft")];
        mailchimp.Unsubscribed = ["left@reports.example"];
        mailchimp.Complained = ["angry@reports.example"];
        await RunningService.UntilAsync(async () => (string?)(await SourceAsync())["reports"]!["lastError"] == "mailchimp_results_elsewhere");
        mailchimp.ResultsAt = null;

        await RunningService.UntilAsync(async () => (long)(await SourceAsync())["reports"]!["batches"]! >= 2);
        foreach (var recipient in new[] { "first", "soft", "last" })
        {
            await RunningService.UntilAsync(async () => (int)(await StandingAsync(recipient))["bounceCount"]! == 1);
        }

        await RunningService.UntilAsync(async () => (string)(await StandingAsync("angry"))["level"]! == "complaint");
        await RunningService.UntilAsync(async () => (await StandingAsync("left")).ToJsonString().Contains("newsletter", StringComparison.Ordinal));

        var source = await SourceAsync();
        Assert.Null((string?)source["reports"]!["lastError"]);
        Assert.Equal(1, (int)source["reports"]!["campaigns"]!);
        var operations = mailchimp.Batches[^1].Select(o => $"{o!["method"]} {o["path"]} {o["params"]!["offset"]}").ToList();
        Assert.Equal(["GET /reports/c1/email-activity 0", "GET /reports/c1/email-activity 1000", "GET /reports/c1/unsubscribed 0", "GET /reports/c1/abuse-reports 0"], operations);

        // Later pulls ask for less, and what they bring again is known.
        static DateTimeOffset Since(JsonArray batch) => DateTimeOffset.Parse((string)batch[0]!["params"]!["since"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Since(mailchimp.Batches[^1]) > Since(mailchimp.Batches[0]).AddDays(6));
        Assert.Equal(1, (int)(await StandingAsync("first"))["bounceCount"]!);
        Assert.DoesNotContain(FakeMailchimp.ApiKey, service.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("@reports.example", service.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_ask_for_less_at_once_when_results_are_too_large()
    {
        await using var mailchimp = new FakeMailchimp { HugeAbove = 2, Activity = [Bounced("a@reports.example", "hard")], Unsubscribed = ["b@reports.example"], Complained = ["c@reports.example"] };
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var http = new HttpClient();
        var account = Assert.Single(Read([], $"mailchimp:shop:Reports:ApiKey={FakeMailchimp.ApiKey}").All);
        var options = account.Reports! with { Server = new Uri(mailchimp.Url) };
        var stored = new List<InboxPayload>();
        var puller = new ReportPuller(
            account,
            new MailchimpApi(http, options),
            options,
            (payload, _) =>
            {
                stored.Add(payload);
                return Task.FromResult(new InboxReceipt(Guid.NewGuid(), false));
            },
            new SourceMonitor(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System),
            TimeProvider.System,
            NullLogger.Instance);

        Assert.Equal("mailchimp_results_too_large", (await Assert.ThrowsAsync<PullException>(() => puller.PullAsync(default))).Reason);
        await puller.PullAsync(default);

        Assert.Equal([3, 1, 1, 1], mailchimp.Batches.Select(b => b.Count));
        Assert.Equal(["batch:b2", "batch:b3", "batch:b4"], stored.Select(p => p.DedupeKey));
    }

    [Theory]
    [InlineData("https://mailchimp-api-batch.s3.amazonaws.com/x-response.tar.gz?Signature=y", true)]
    [InlineData("https://us19.api.mailchimp.com/x", true)]
    [InlineData("http://mailchimp-api-batch.s3.amazonaws.com/x", false)]
    [InlineData("https://169.254.169.254/latest/meta-data", false)]
    [InlineData("https://amazonaws.com.evil.example/x", false)]
    [InlineData("https://user@mailchimp-api-batch.s3.amazonaws.com/x", false)]
    [InlineData("https://mailchimp-api-batch.s3.amazonaws.com:8443/x", false)]
    public void Should_fetch_results_only_where_Mailchimp_keeps_them(string url, bool trusted)
    {
        using var http = new HttpClient();
        var api = new MailchimpApi(http, new PullOptions(new Uri("https://us19.api.mailchimp.com"), "k-us19", TimeSpan.FromHours(1), TimeSpan.FromDays(7)));

        Assert.Equal(trusted, api.IsTrusted(new Uri(url)));
    }

    [Theory]
    [InlineData("mailchimp:shop:Reports:ApiKey=secret", "Sources:Webhooks:mailchimp:shop:Reports:Server must be the https URL of the API")]
    [InlineData("mailchimp:shop:Reports:Server=https://us19.api.mailchimp.com", "Sources:Webhooks:mailchimp:shop:Reports:ApiKey must be the key")]
    [InlineData("mailchimp:shop:Reports:Key=secret-us19", "Sources:Webhooks:mailchimp:shop:Reports:Key is no setting")]
    [InlineData("sendgrid:shop:Reports:ApiKey=secret-us19", "Sources:Webhooks:sendgrid:shop:Reports is for the source mailchimp only")]
    public void Should_name_what_is_wrong_with(string setting, string problem)
    {
        var problems = new List<string>();
        Read(problems, setting);

        Assert.Contains(problems, p => p.StartsWith(problem, StringComparison.Ordinal));
        Assert.DoesNotContain(problems, p => p.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_know_the_server_by_the_key_and_need_no_secret_for_posts_beside_it()
    {
        var problems = new List<string>();

        var account = Assert.Single(Read(problems, "mailchimp:shop:Reports:ApiKey=0123456789abcdef-us19").All);

        Assert.Empty(problems);
        Assert.Equal(new PullOptions(new Uri("https://us19.api.mailchimp.com"), "0123456789abcdef-us19", TimeSpan.FromHours(1), TimeSpan.FromDays(7)), account.Reports);
    }

    private static string Bounced(string address, string type) => JsonSerializer.Serialize(new
    {
        campaign_id = "c1",
        list_id = "l1",
        email_address = address,
        activity = new object[] { new { action = "open", timestamp = "2026-03-01T10:00:00+00:00" }, new { action = "bounce", type, timestamp = "2026-03-03T11:59:58+00:00" } },
    });

    private static string Quiet(string address) => JsonSerializer.Serialize(new { campaign_id = "c1", list_id = "l1", email_address = address, activity = Array.Empty<object>() });

    private static WebhookAccounts Read(List<string> problems, string setting)
    {
        var (name, value) = (setting[..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        var root = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create($"Sources:Webhooks:{name}", (string?)value)]).Build();
        return WebhookSettings.Read(root.GetSection("Sources:Webhooks"), problems);
    }

    private async Task<JsonNode> SourceAsync() => (await service.GetJsonAsync("/admin/sources"))["sources"]!.AsArray().Single()!;

    private async Task<JsonNode> StandingAsync(string name) => (await service.GetJsonAsync($"/v1/recipients/{name}@reports.example"))["standing"]!;
}
