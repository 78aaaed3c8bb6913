using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests;

/// <summary>The process dies between "accepted" and the work on it. One subclass per database.</summary>
public abstract class WebhookCrashSpecs
{
    private const int Payloads = 200;
    private const int EventsOfEach = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    protected abstract StorageOptions Storage();

    [SkippableFact]
    public async Task Should_decide_once_whatever_was_accepted_before_the_kill()
    {
        var storage = Storage();
        await using var service = new ServiceProcess(
        [
            .. CrashSpecs.Settings(storage), "--Service:LogLevel=Warning", "--Sources:Webhooks:kumomta:default:Tokens:0=token",

            // One worker, so that what is accepted waits; a short lease, so that it is soon taken over.
            "--Inbox:Workers=1", "--Inbox:LeaseSeconds=5",
        ]);
        await service.StartAsync();

        var accepted = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Payloads), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (payload, cancel) =>
        {
            if (await PostAsync(service.Http, payload) == HttpStatusCode.OK)
            {
                Interlocked.Increment(ref accepted);
            }
        });
        await service.KillAsync();
        Assert.Equal(Payloads, accepted);

        await service.StartAsync();
        var left = (await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox")).GetProperty("payloads").EnumerateArray()
            .Where(p => p.GetProperty("state").GetString() == "pending").Sum(p => p.GetProperty("count").GetInt64());
        Assert.True(left > 0, "nothing was left to be taken over: the test proves nothing");
        await Eventually.TrueAsync(
            async () => (await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox")).GetProperty("payloads").EnumerateArray()
                .All(p => p.GetProperty("state").GetString() == "done"),
            Patience,
            () => $"payloads stay undecided\n{service.Log}");

        // Their sender has not heard of it: everything comes again.
        for (var payload = 0; payload < Payloads; payload += 10)
        {
            Assert.Equal(HttpStatusCode.OK, await PostAsync(service.Http, payload));
        }

        await Eventually.TrueAsync(
            async () => (await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox")).GetProperty("payloads").EnumerateArray()
                .All(p => p.GetProperty("state").GetString() == "done"),
            Patience,
            () => $"payloads stay undecided\n{service.Log}");
        for (var payload = 0; payload < Payloads; payload++)
        {
            for (var e = 0; e < EventsOfEach; e++)
            {
                var recipient = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/{Address(payload, e)}");
                Assert.Equal((Address(payload, e), 1), (Address(payload, e), recipient.GetProperty("standing").GetProperty("bounceCount").GetInt32()));
            }
        }
    }

    private static string Address(int payload, int e) => $"r{payload}-{e}@crash.example";

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, int payload)
    {
        var events = Enumerable.Range(0, EventsOfEach).Select(e => new
        {
            type = "Bounce",
            id = $"m{payload}-{e}",
            recipient = Address(payload, e),
            timestamp = 1_772_539_200 + payload,
            response = new { code = 452, content = "4.2.2 mailbox full" },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/kumomta") { Content = JsonContent.Create(events) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer token");
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}

public sealed class SqliteWebhookCrashSpecs : WebhookCrashSpecs
{
    protected override StorageOptions Storage() => new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresWebhookCrashSpecs : WebhookCrashSpecs
{
    protected override StorageOptions Storage() => new() { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
}
