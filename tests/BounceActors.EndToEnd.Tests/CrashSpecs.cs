using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests;

/// <summary>Nothing acknowledged is lost and nothing counts twice, whatever kills the process. One subclass per database.</summary>
public abstract class CrashSpecs
{
    private const int Seed = 20261123;
    private const int Clients = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    protected abstract StorageOptions Storage();

    [SkippableFact]
    public async Task Should_lose_nothing_and_count_nothing_twice_when_killed_three_times_under_load()
    {
        var storage = Storage();
        var now = TimeProvider.System.GetUtcNow();
        var load = new Load(Seed, reports: 3_000, recipients: 1_000, now);

        // Retries are due within a second, so that the kills fall among their emissions too.
        await using var service = new ServiceProcess([.. Settings(storage), "--Retry:MaxDelaySeconds=1", "--Service:LogLevel=Warning"]);
        await service.StartAsync();

        var killAt = new Queue<int>([load.Batches.Count / 5, load.Batches.Count / 2, load.Batches.Count * 4 / 5]);
        var killing = Task.CompletedTask;
        var gate = new object();
        await load.PostAsync(service.Http, Clients, answered =>
        {
            lock (gate)
            {
                if (killAt.TryPeek(out var at) && answered >= at && killing.IsCompleted)
                {
                    killAt.Dequeue();
                    killing = Task.Run(async () =>
                    {
                        await service.KillAsync();
                        await service.StartAsync();
                    });
                }
            }
        });
        await killing;
        Assert.Empty(killAt);

        await RecipientsEqualAPureFoldAsync(service, load, now);
        await SendersAreExactAsync(service, load);
        await RetriesAreEmittedOnceAsync(service, load, storage);
    }

    internal static string[] Settings(StorageOptions storage) => storage.Provider == StorageProvider.Sqlite
        ? [$"--Storage:DataDirectory={storage.DataDirectory}"]
        : ["--Storage:Provider=postgres", $"--Storage:ConnectionString={storage.ConnectionString}"];

    internal static async Task RecipientsEqualAPureFoldAsync(ServiceProcess service, Load load, DateTimeOffset now)
    {
        await Parallel.ForEachAsync(load.Recipients, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (recipient, cancel) =>
        {
            var expected = load.Expected(recipient, now);
            var found = default(JsonElement);
            await Eventually.TrueAsync(
                async () =>
                {
                    // A node that takes over the recipient says 503 until it has it.
                    using var answer = await service.Http.GetAsync(new Uri($"/v1/recipients/{recipient}", UriKind.Relative), cancel);
                    if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                    {
                        return false;
                    }

                    found = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancel);
                    return true;
                },
                Patience,
                () => $"{recipient} does not answer:\n{service.Log}");
            var standing = found.GetProperty("standing");
            Assert.Equal(
                (recipient, expected.BounceCount, expected.Consecutive, expected.Score, expected.Removed, expected.LevelAt(now).ToWire()),
                (recipient, standing.GetProperty("bounceCount").GetInt32(), standing.GetProperty("consecutive").GetInt32(), standing.GetProperty("score").GetDouble(), standing.GetProperty("removed").GetBoolean(), standing.GetProperty("level").GetString()));
        });
    }

    private static async Task SendersAreExactAsync(ServiceProcess service, Load load)
    {
        foreach (var domain in load.SenderDomains)
        {
            var expected = load.ExpectedCategories(domain);
            var live = "";
            var hours = "";
            var wanted = Text(expected);
            await Eventually.TrueAsync(
                async () =>
                {
                    var sender = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/senders/{domain}?from={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddDays(-10).ToString("O"))}");
                    live = Text(sender.GetProperty("standing").GetProperty("categories").EnumerateObject().Select(c => KeyValuePair.Create(c.Name, c.Value.GetInt64())));
                    hours = Text(sender.GetProperty("hours").EnumerateArray()
                        .GroupBy(h => h.GetProperty("category").GetString()!)
                        .Select(g => KeyValuePair.Create(g.Key, g.Sum(h => h.GetProperty("count").GetInt64()))));
                    return live == wanted && hours == wanted;
                },
                Patience,
                () => $"{domain}: expected {wanted}, the actor has {live}, the tables have {hours}\n{service.Log}");
        }
    }

    private static async Task RetriesAreEmittedOnceAsync(ServiceProcess service, Load load, StorageOptions storage)
    {
        var expected = load.Distinct.Where(i => i.Kind == Load.Kind.Full).Select(i => i.MessageId).Order(StringComparer.Ordinal).ToList();
        await Eventually.TrueAsync(
            async () => (await service.Http.GetFromJsonAsync<JsonElement>("/v1/retries?state=pending&limit=1")).GetProperty("items").GetArrayLength() == 0,
            Patience,
            () => $"retries stay pending\n{service.Log}");

        Assert.Equal(0, await service.StopAsync());
        var store = new ReadStore(storage, TimeProvider.System, e => new SerializedEvent(WireSerializer.ManifestOf(e), WireSerializer.Write(e)));
        var emitted = new List<string>();
        long position = 0;
        while (await store.OutboxAsync(position, 1_000, CancellationToken.None) is { Count: > 0 } rows)
        {
            position = rows[^1].Position;
            emitted.AddRange(rows.Where(r => r.Type == "retry.due").Select(r => JsonDocument.Parse(r.Payload).RootElement)
                .Where(p => p.GetProperty("category").GetString() == BounceCategory.MailboxFull.ToWire())
                .Select(p => p.GetProperty("messageId").GetString()!));
        }

        Assert.Equal(expected, emitted.Order(StringComparer.Ordinal));
    }

    private static string Text(IEnumerable<KeyValuePair<string, long>> counts) =>
        string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));
}

public sealed class SqliteCrashSpecs : CrashSpecs
{
    protected override StorageOptions Storage() => new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresCrashSpecs : CrashSpecs
{
    protected override StorageOptions Storage() =>
        new() { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
}
