using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests;

/// <summary>A list is taken in whole, once, whatever is killed meanwhile. One subclass per database.</summary>
public abstract class ImportSpecs
{
    private const int Rows = 30_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    protected abstract StorageOptions Storage();

    [SkippableFact]
    public async Task Should_suppress_everybody_on_a_list_once_when_the_service_is_killed_and_recipients_bounce_meanwhile()
    {
        await using var service = new ServiceProcess([.. CrashSpecs.Settings(Storage()), "--Service:LogLevel=Warning"]);
        await service.StartAsync();
        var list = new StringBuilder("address,reason\n");
        for (var i = 0; i < Rows; i++)
        {
            // Some rows are wrong, and some are there twice, far apart.
            var row = i % 1_000 == 7 ? "nobody" : i % 100 == 99 ? AddressOf(i - 50) : AddressOf(i);
            list.Append(CultureInfo.InvariantCulture, $"{row},because {i % 3}\n");
        }

        var bytes = Encoding.UTF8.GetBytes(list.ToString());
        var sending = SendAsync(service, bytes);
        await Eventually.TrueAsync(async () => sending.IsCompleted || await RowsAsync(service) > 0, Patience, () => service.Log);
        Assert.False(sending.IsCompleted, "the list was through before the kill");

        // Recipients that bounce for the first time while the list writes their first event too.
        var bouncing = Parallel.ForAsync(0, 50, async (i, cancel) => await BounceAsync(service, AddressOf((i * 997) % Rows)));
        await service.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await service.StartAsync();

        // The sender is cut off too, in the middle of a row.
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(service, bytes, bytes.Length * 3 / 4));
        using var answer = await SendAsync(service, bytes);
        await bouncing;
        var import = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(
            ("done", Rows, Rows / 1_000),
            (import.GetProperty("state").GetString(), import.GetProperty("rows").GetInt32(), import.GetProperty("failed").GetInt32()));
        Assert.Equal(
            Enumerable.Range(0, Rows).Where(i => i % 1_000 == 7).Select(i => i + 2),
            (await service.Http.GetStringAsync("/v1/suppressions/imports/killed/errors")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("line").GetInt32()));

        var expected = Enumerable.Range(0, Rows).Where(i => i % 1_000 != 7).Select(i => i % 100 == 99 ? AddressOf(i - 50) : AddressOf(i)).ToHashSet();
        var exported = new List<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                exported = [.. (await service.Http.GetStringAsync("/v1/suppressions/export?level=manual")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.Split(',')[0])];
                return exported.Count >= expected.Count;
            },
            Patience,
            () => $"{exported.Count} of {expected.Count} are exported\n{service.Log}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), exported.Order(StringComparer.Ordinal));

        // Each wrote one event for each of its rows, and one for its bounce.
        foreach (var (address, events) in new[] { (AddressOf(1), 1), (AddressOf(49), 2), (AddressOf(0), 2), (AddressOf(997), 2), (AddressOf(199), 0) })
        {
            var trail = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/{address}/trail");
            Assert.True(events == trail.GetProperty("entries").GetArrayLength(), $"{address}: {trail}");
        }
    }

    private static string AddressOf(int i) => string.Create(CultureInfo.InvariantCulture, $"user{i}@list{i % 97}.example");

    private static async Task BounceAsync(ServiceProcess service, string address)
    {
        while (true)
        {
            try
            {
                using var answer = await service.Http.PostAsJsonAsync("/v1/events", new { recipient = address, diagnostic = "552 5.2.2 mailbox full", source = "test", sourceEventId = address });
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Killed; it comes back.
            }

            await Task.Delay(100);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(ServiceProcess service, byte[] list, int? cutAt = null)
    {
        using var http = new HttpClient { BaseAddress = service.Http.BaseAddress, Timeout = Patience };
        var content = new StreamContent(cutAt is { } at ? new CutStream(list, at) : new MemoryStream(list), 4_096);
        var answer = await http.PutAsync("/v1/suppressions/imports/killed", content);
        return answer.IsSuccessStatusCode ? answer : throw new HttpRequestException(await answer.Content.ReadAsStringAsync());
    }

    private static async Task<long> RowsAsync(ServiceProcess service)
    {
        using var answer = await service.Http.GetAsync("/v1/suppressions/imports/killed");
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rows").GetInt64() : -1;
    }

    /// <summary>Breaks in the middle.</summary>
    private sealed class CutStream(byte[] bytes, int at) : MemoryStream(bytes, 0, at)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is var read and > 0 ? read : throw new IOException("cut");
    }
}

public sealed class SqliteImportSpecs : ImportSpecs
{
    protected override StorageOptions Storage() => new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresImportSpecs : ImportSpecs
{
    protected override StorageOptions Storage() =>
        new() { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
}
