using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.EndToEnd.Tests;

/// <summary>Three real nodes on one PostgreSQL lose two of them, one after the other, and nothing else.</summary>
public class ClusterSpecs
{
    private const int StartAgain = 75;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [SkippableFact]
    public async Task Should_lose_nothing_when_the_oldest_node_is_killed_and_another_one_hangs()
    {
        PostgresServer.SkipUnlessThere();
        var database = PostgresServer.Shared.CreateDatabase();
        var ports = Enumerable.Range(0, 3).Select(_ => ServiceProcess.FreePort()).ToList();
        string[] shared =
        [
            "--Storage:Provider=postgres", $"--Storage:ConnectionString={database}", "--Service:LogLevel=Warning",
            $"--Cluster:SeedNodes={string.Join(',', ports.Select(p => $"127.0.0.1:{p}"))}",
        ];
        await using var first = new ServiceProcess([.. shared, $"--Cluster:Port={ports[0]}"]);
        await using var second = new ServiceProcess([.. shared, $"--Cluster:Port={ports[1]}"]);
        await using var third = new ServiceProcess([.. shared, $"--Cluster:Port={ports[2]}"]);
        await first.StartAsync();
        await Task.WhenAll(second.StartAsync(), third.StartAsync());
        await MembersAsync(second, 3);

        var now = TimeProvider.System.GetUtcNow();
        var load = new Load(seed: 11, reports: 1_800, recipients: 400, now);
        var killing = Task.CompletedTask;
        var hanging = Task.CompletedTask;
        await load.PostAsync(second.Http, clients: 8, answered =>
        {
            if (answered == load.Batches.Count / 4)
            {
                killing = Task.Run(async () =>
                {
                    // The first node holds every coordinator.
                    await first.KillAsync();
                    await MembersAsync(second, 2);
                    await first.StartAsync();
                    await MembersAsync(second, 3);
                });
            }
            else if (answered == load.Batches.Count * 3 / 4)
            {
                hanging = Task.Run(async () =>
                {
                    await killing;

                    // The others down it; awake again it finds that out, writes nothing any more, and ends so that it is started again.
                    await third.SignalAsync("STOP");
                    await MembersAsync(second, 2);
                    await third.SignalAsync("CONT");
                    var code = await third.ExitAsync();
                    Assert.True(code == StartAgain, $"exit code {code}:\n{third.Log}");
                });
            }
        });
        await hanging;

        await CrashSpecs.RecipientsEqualAPureFoldAsync(second, load, now);
        await NobodyLivedTwiceAsync(database);

        // Told through another node, the first one hands over and ends as after SIGTERM.
        using var told = await second.Http.PostAsJsonAsync($"/admin/cluster/nodes/127.0.0.1:{ports[0]}/drain", new { actor = "ops", reason = "new kernel" });
        Assert.True(told.IsSuccessStatusCode, await told.Content.ReadAsStringAsync());
        Assert.Equal(0, await first.ExitAsync());
        await MembersAsync(second, 1);
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await second.Http.GetAsync(new Uri("/admin/workers", UriKind.Relative));
                if (!response.IsSuccessStatusCode)
                {
                    return false;
                }

                var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                var self = (await second.Http.GetFromJsonAsync<JsonElement>("/admin/cluster")).GetProperty("self").GetString();
                var workers = answer.GetProperty("workers").EnumerateArray().ToList();
                return workers.Count(w => w.GetProperty("name").GetString() == "retries") == 4 && workers.TrueForAll(w => w.GetProperty("node").GetString() == self);
            },
            Patience,
            () => $"the workers did not move:\n{second.Log}");
    }

    [SkippableFact]
    public async Task Should_refuse_a_second_cluster_on_one_database()
    {
        PostgresServer.SkipUnlessThere();
        string[] alone = ["--Storage:Provider=postgres", $"--Storage:ConnectionString={PostgresServer.Shared.CreateDatabase()}", "--Service:LogLevel=Warning"];
        await using var first = new ServiceProcess(alone);
        await using var second = new ServiceProcess(alone);
        await first.StartAsync();

        Assert.Equal(StartAgain, await second.RunAsync());
        Assert.Contains("would be a second cluster", second.Log, StringComparison.Ordinal);
    }

    private static Task MembersAsync(ServiceProcess node, int count) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                var cluster = await node.Http.GetFromJsonAsync<JsonElement>("/admin/cluster");
                return cluster.GetProperty("members").EnumerateArray().Count(m => m.GetProperty("status").GetString() == "up") == count;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        Patience,
        () => $"the cluster does not come to {count} members:\n{node.Log}");

    /// <summary>Each life of a recipient signs its events. A recipient that moves has one life after the other; two at once would take turns in its journal.</summary>
    internal static async Task NobodyLivedTwiceAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT persistence_id, string_agg(sequence_number || ' ' || writer_uuid || ' ' || created, E'\n' ORDER BY sequence_number) FROM (
                SELECT *, lag(writer_uuid) OVER (PARTITION BY persistence_id ORDER BY sequence_number) AS before FROM journal) AS turns
            GROUP BY persistence_id
            HAVING count(*) FILTER (WHERE writer_uuid <> before) + 1 > count(DISTINCT writer_uuid)
            """,
            connection);
        await using var twice = await command.ExecuteReaderAsync();
        Assert.False(await twice.ReadAsync(), twice.HasRows ? $"{twice.GetString(0)} lived twice at once:\n{twice.GetString(1)}" : "");
    }
}
