using System.Net;
using System.Text.Json.Nodes;
using BounceActors.Sources.Tests.Webhooks;
using Microsoft.Data.Sqlite;

namespace BounceActors.Service.Tests.Webhooks;

/// <summary>A service in which few payloads of a source may wait.</summary>
public sealed class NarrowWebhookService : WebhookService
{
    public const int Places = 20;

    protected override string[] Settings => [.. base.Settings, $"--Inbox:QueuePerSource={Places}"];

    /// <summary>Keeps the inbox's file from being written, as a slow disk or a long transaction would.</summary>
    public SqliteConnection Block()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "inbox.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }
}

public sealed class PressureSpecs(NarrowWebhookService service) : IClassFixture<NarrowWebhookService>
{
    [Theory]
    [InlineData("brevo", HttpStatusCode.TooManyRequests)]
    [InlineData("sparkpost", HttpStatusCode.ServiceUnavailable)]
    public async Task Should_slow_the_door_of_the_source_that_floods_and_of_no_other_while_the_database_is_slow(string flooding, HttpStatusCode later)
    {
        var body = Fixtures.All.First(f => f.Source == flooding).Body;
        var before = await service.StoredAsync(flooding);
        var calmBefore = await service.StoredAsync("postmark");

        // Made before: while the file is blocked, the first of them wait for it, and not for ever.
        var requests = Enumerable.Range(0, 2 * NarrowWebhookService.Places).Select(_ => service.Signed(flooding, body)).ToList();
        var other = service.Signed("postmark", Fixtures.All.First(f => f.Source == "postmark").Body);
        Task<HttpResponseMessage>[] flood;
        Task<HttpResponseMessage> calm;
        await using (service.Block())
        {
            flood = [.. requests.Select(service.SendAsync)];
            await Running.RunningService.UntilAsync(() => Task.FromResult(flood.Count(f => f.IsCompleted) >= NarrowWebhookService.Places));
            calm = service.SendAsync(other);
        }

        var answers = await Task.WhenAll(flood);
        Assert.Equal(HttpStatusCode.OK, (await calm).StatusCode);
        Assert.Equal(NarrowWebhookService.Places, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.OK), a =>
        {
            Assert.Equal(later, a.StatusCode);
            Assert.True(a.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        });
        Assert.Equal((before + NarrowWebhookService.Places, calmBefore + 1), (await service.StoredAsync(flooding), await service.StoredAsync("postmark")));
    }

    [Fact]
    public async Task Should_ask_to_come_again_when_the_database_takes_too_long_and_go_on_when_it_is_back()
    {
        var request = service.Signed("kumomta", Fixtures.All.First(f => f.Source == "kumomta").Body);
        HttpResponseMessage refused;
        await using (service.Block())
        {
            refused = await service.SendAsync(request);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("urn:bounceactors:problem:unavailable", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["type"]!);
        Assert.Equal("done", (string)(await service.DecidedAsync(request))["state"]!);
    }
}
