using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Queues;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Service.Tests.Running;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace BounceActors.Service.Tests.Queues;

/// <summary>Amazon SES through SQS, against a queue that speaks its protocol.</summary>
public sealed class QueueSpecs(QueueSpecs.ServiceWithAQueue service) : IClassFixture<QueueSpecs.ServiceWithAQueue>, IDisposable
{
    private readonly FakeSqs _queue = new();

    public sealed class ServiceWithAQueue : RunningService
    {
        internal FakeSqs Queue { get; } = new();

        protected override string[] Settings =>
        [
            $"--Sources:Webhooks:ses:orders:Queue:Url={Queue.Url}", "--Sources:Webhooks:ses:orders:Queue:Region=eu-west-1", "--Sources:Webhooks:ses:orders:Queue:AccessKey=AKIDEXAMPLE",
            "--Sources:Webhooks:ses:orders:Queue:SecretKey=secret", "--Sources:Webhooks:ses:orders:Stream=shop",
        ];
    }

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Should_decide_once_what_lies_in_the_queue_in_any_wrapping_and_show_how_it_is_read()
    {
        service.Queue.LosesDeletions = true;
        service.Queue.Send(Bounce("raw@queue.example"));
        service.Queue.Send(JsonSerializer.Serialize(new { Type = "Notification", MessageId = "n1", TopicArn = "arn:aws:sns:eu-west-1:1:t", Message = Bounce("wrapped@queue.example"), Timestamp = "2026-03-03T12:00:00.000Z" }));
        service.Queue.Send($$"""{"version":"0","id":"e1","detail-type":"Email Bounced","source":"aws.ses","account":"1","time":"2026-03-03T12:00:00Z","region":"eu-west-1","resources":[],"detail":{{Bounce("bridged@queue.example")}}}""");
        service.Queue.Send("no JSON at all");
        string[] recipients = ["raw@queue.example", "wrapped@queue.example", "bridged@queue.example"];
        foreach (var recipient in recipients)
        {
            await RunningService.UntilAsync(async () => await BouncesAsync(recipient) == 1);
        }

        // Every deletion is lost: all of it comes again, and is known.
        service.Queue.LosesDeletions = false;
        service.Queue.Return();
        await RunningService.UntilAsync(() =>
        {
            service.Queue.Return();
            return Task.FromResult(service.Queue.Left == 0);
        });

        JsonNode source = null!;
        await RunningService.UntilAsync(async () => (long)(source = (await service.GetJsonAsync("/admin/sources"))["sources"]!.AsArray().Single()!)["queue"]!["repeated"]! >= 4);
        Assert.All(await Task.WhenAll(recipients.Select(BouncesAsync)), count => Assert.Equal(1, count));
        Assert.Equal(("ses", "orders", "reading"), ((string)source["source"]!, (string)source["account"]!, (string)source["queue"]!["state"]!));
        var dead = Assert.Single((await service.GetJsonAsync("/admin/deadletters"))["items"]!.AsArray())!;
        Assert.Equal(("ses", "orders", "dead"), ((string)dead["source"]!, (string)dead["account"]!, (string)dead["state"]!));
        var test = await service.PostJsonAsync("/admin/sources/ses/selftest", "");
        Assert.True((bool)test.Body["passed"]!, test.Body.ToJsonString());
    }

    [Fact]
    public async Task Should_delete_nothing_that_is_not_durable()
    {
        Exception? refusal = new InboxOverloadedException("full", TimeSpan.FromMilliseconds(1));
        var stored = new List<InboxPayload>();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var account = Accounts($"ses:orders:Queue:Url={_queue.Url}", "ses:orders:Queue:Region=eu-west-1", "ses:orders:Queue:AccessKey=a", "ses:orders:Queue:SecretKey=b").All[0];
        using var client = account.Queue!.Client();
        var reader = new QueueReader(
            account,
            client,
            (payload, _) =>
            {
                lock (stored)
                {
                    if (refusal is not null && Encoding.UTF8.GetString(payload.Body.Span).Contains("later", StringComparison.Ordinal))
                    {
                        throw refusal;
                    }

                    stored.Add(payload);
                    return Task.FromResult(new InboxReceipt(Guid.NewGuid(), false));
                }
            },
            new SourceMonitor(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System),
            TimeProvider.System,
            NullLogger.Instance);
        _queue.Send(Bounce("now@queue.example"));
        _queue.Send(Bounce("later@queue.example"));

        await Assert.ThrowsAsync<InboxOverloadedException>(() => reader.LookAsync(CancellationToken.None));
        Assert.Equal((1, 1), (_queue.Left, stored.Count));
        refusal = new StorageUnavailableException("away", new IOException());
        _queue.Return();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => reader.LookAsync(CancellationToken.None));
        Assert.Equal(1, _queue.Left);

        refusal = null;
        _queue.Return();
        await reader.LookAsync(CancellationToken.None);
        Assert.Equal((0, 2, 2), (_queue.Left, stored.Count, stored.Select(p => p.DedupeKey).Distinct().Count()));
    }

    [Fact]
    public async Task Should_go_on_after_the_queue_was_away()
    {
        var stored = 0;
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var account = Accounts($"ses:orders:Queue:Url={_queue.Url}", "ses:orders:Queue:Region=eu-west-1", "ses:orders:Queue:AccessKey=a", "ses:orders:Queue:SecretKey=b").All[0];
        var monitor = new SourceMonitor(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System);
        using var client = account.Queue!.Client();
        using var over = new CancellationTokenSource();
        _queue.Error = "AccessDenied";
        var reader = new QueueReader(account, client, (_, _) => Task.FromResult(new InboxReceipt(Guid.NewGuid(), Interlocked.Increment(ref stored) == 0)), monitor, TimeProvider.System, NullLogger.Instance);
        var running = reader.RunAsync(over.Token);

        await RunningService.UntilAsync(() => Task.FromResult(reader.Status.State == QueueStatus.Waiting));
        Assert.Equal("sqs_AccessDenied", reader.Status.LastError);
        Assert.Equal("sqs_AccessDenied", monitor.Find("ses", "orders")!.LastRejection);
        _queue.Send(Bounce("a@queue.example"));
        _queue.Error = null;
        await RunningService.UntilAsync(() => Task.FromResult(_queue.Left == 0));

        await over.CancelAsync();
        await running;
        Assert.Equal((1, "reading"), (stored, reader.Status.State));
    }

    [Theory]
    [InlineData("ses:q:Queue:Url=ftp://x/y", "Sources:Webhooks:ses:q:Queue:Url must be the https URL of the queue")]
    [InlineData("ses:q:Queue:Url=http://sqs.eu-west-1.amazonaws.com/1/q", "Sources:Webhooks:ses:q:Queue:Url must be the https URL of the queue")]
    [InlineData("ses:q:Queue:Url=https://queue.internal.example/1/q", "Sources:Webhooks:ses:q:Queue:Region is missing")]
    [InlineData("ses:q:Queue:Address=https://sqs.eu-west-1.amazonaws.com/1/q", "Sources:Webhooks:ses:q:Queue:Address is no setting")]
    [InlineData("sendgrid:q:Queue:Url=https://sqs.eu-west-1.amazonaws.com/1/q", "Sources:Webhooks:sendgrid:q:Queue is for the source ses only")]
    public void Should_name_what_is_wrong_with(string setting, string problem)
    {
        var problems = new List<string>();
        Accounts(problems, setting);

        Assert.Contains(problems, p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_know_the_region_by_the_url_and_ask_for_both_halves_of_a_key()
    {
        const string Url = "ses:q:Queue:Url=https://sqs.eu-central-1.amazonaws.com/123456789012/bounces";
        var problems = new List<string>();

        Assert.Equal("eu-central-1", Accounts(Url).All[0].Queue!.Region);
        Accounts(problems, Url, "ses:q:Queue:AccessKey=hidden");
        Assert.Contains("both AccessKey and SecretKey", Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", problems[0], StringComparison.Ordinal);
    }

    private static string Bounce(string recipient) =>
        $$$"""{"eventType":"Bounce","mail":{"timestamp":"2026-03-03T11:59:56.000Z","messageId":"m-{{{recipient}}}","source":"news@sender.example","destination":["{{{recipient}}}"]},"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"{{{recipient}}}","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],"timestamp":"2026-03-03T11:59:57.000Z","feedbackId":"f-{{{recipient}}}"}}""";

    private async Task<int> BouncesAsync(string recipient) => (int)(await service.GetJsonAsync($"/v1/recipients/{recipient}"))["standing"]!["bounceCount"]!;

    private static WebhookAccounts Accounts(params string[] settings) => Accounts([], settings);

    private static WebhookAccounts Accounts(List<string> problems, params string[] settings)
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create($"Sources:Webhooks:{s[0]}", (string?)s[1]))).Build();
        return WebhookSettings.Read(root.GetSection("Sources:Webhooks"), problems);
    }
}
