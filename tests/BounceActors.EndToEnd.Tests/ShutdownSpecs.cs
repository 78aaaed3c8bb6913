using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests;

/// <summary>SIGTERM while requests come: each is answered, what was acknowledged is there. One subclass per database.</summary>
public abstract class ShutdownSpecs
{
    private const int Clients = 16;

    protected abstract StorageOptions Storage();

    [SkippableFact]
    public async Task Should_answer_every_request_and_keep_what_it_acknowledged_when_told_to_end_under_load()
    {
        await using var service = new ServiceProcess(
            [.. CrashSpecs.Settings(Storage()), "--Service:LogLevel=Warning", "--Service:DrainSeconds=5", "--Inbox:Workers=1", "--Inbox:LeaseSeconds=5", "--Sources:Webhooks:kumomta:default:Tokens:0=token"]);
        await service.StartAsync();
        var acknowledged = new ConcurrentBag<string>();
        var broken = new ConcurrentBag<string>();
        var sent = 0;
        var isReady = true;

        // What stands before the node asks whether it is ready and goes elsewhere when it is not; until then clients go on.
        var load = Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            while (Volatile.Read(ref isReady))
            {
                var address = $"r{Interlocked.Increment(ref sent)}@example.net";
                try
                {
                    using var answer = client % 4 == 0 ? await WebhookAsync(service.Http, address) : await service.Http.PostAsJsonAsync("/v1/events", Report(address));
                    if (answer.IsSuccessStatusCode)
                    {
                        acknowledged.Add(address);
                    }
                    else
                    {
                        broken.Add($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                    }
                }
                catch (Exception cause)
                {
                    broken.Add(cause.ToString());
                }
            }
        })).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(acknowledged.Count >= 10 * Clients), TimeSpan.FromSeconds(90), () => service.Log);

        await service.SignalAsync("TERM");
        await Eventually.TrueAsync(async () => !await service.IsReadyAsync(), TimeSpan.FromSeconds(90), () => service.Log);
        Volatile.Write(ref isReady, false);
        await Task.WhenAll(load);
        var code = await service.ExitAsync();

        Assert.True(code == 0, $"exit code {code}:\n{service.Log}");
        Assert.True(broken.IsEmpty, $"{broken.Count} of {sent} requests were not answered rightly, e.g.\n{string.Join('\n', broken.Take(3))}\n{service.Log}");

        await service.StartAsync();
        await Eventually.TrueAsync(
            async () => (await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox")).GetProperty("payloads").EnumerateArray().All(p => p.GetProperty("state").GetString() == "done"),
            TimeSpan.FromSeconds(90),
            () => $"payloads stay undecided\n{service.Log}");
        await Parallel.ForEachAsync(acknowledged, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (address, cancel) =>
        {
            var found = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/{address}", cancel);
            Assert.Equal((address, 1), (address, found.GetProperty("standing").GetProperty("bounceCount").GetInt32()));
        });
    }

    private static object Report(string address) => new { recipient = address, smtpCode = 452, enhancedCode = "4.2.2", diagnostic = "452 4.2.2 Mailbox full", sourceEventId = address };

    private static async Task<HttpResponseMessage> WebhookAsync(HttpClient http, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/kumomta")
        {
            Content = JsonContent.Create(new[] { new { type = "Bounce", id = address, recipient = address, timestamp = 1_772_539_200, response = new { code = 452, content = "4.2.2 mailbox full" } } }),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer token");
        return await http.SendAsync(request);
    }
}

public sealed class SqliteShutdownSpecs : ShutdownSpecs
{
    protected override StorageOptions Storage() => new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresShutdownSpecs : ShutdownSpecs
{
    protected override StorageOptions Storage() => new() { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
}
