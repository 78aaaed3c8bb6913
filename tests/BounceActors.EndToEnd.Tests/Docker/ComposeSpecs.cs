using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>docker/Dockerfile and docker/compose.yaml, for real.</summary>
[Collection(ContainerTests.Name)]
public class ComposeSpecs(Containers containers)
{
    private static readonly string[] Nodes = ["node1", "node2", "node3"];
    private static readonly string[] Services = ["postgres", .. Nodes, "haproxy"];

    [SkippableFact]
    public async Task Should_run_as_somebody_who_can_write_and_gain_nothing()
    {
        containers.SkipUnlessThere();
        foreach (var service in Services)
        {
            // The kernel's word, not the engine's.
            var pid = await containers.ProcessOfAsync(service);
            var status = (await File.ReadAllLinesAsync($"/proc/{pid}/status")).Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim());
            var root = (await File.ReadAllLinesAsync($"/proc/{pid}/mountinfo")).Select(l => l.Split(' ')).Single(m => m[4] == "/");

            var users = status["Uid"].Split('\t');
            Assert.DoesNotContain("0", users);
            Assert.True(!Nodes.Contains(service) || users.All(u => u == "1654"), $"{service} runs as {status["Uid"]}");
            Assert.Equal(0UL, ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal("1", status["NoNewPrivs"]);
            Assert.Equal("2", status["Seccomp"]);
            Assert.StartsWith("ro", root[5], StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Should_get_secrets_as_files_and_show_them_nowhere_else()
    {
        containers.SkipUnlessThere();
        Assert.Matches("^ba_[A-Za-z0-9_-]{43}$", containers.Key);
        Assert.Empty(containers.SecondInit);
        Assert.Equal("700", (await containers.RunAsync($"stat -c %a '{containers.Secrets}'")).Trim());

        var secrets = Directory.GetFiles(containers.Secrets).Where(f => !f.EndsWith(".crt", StringComparison.Ordinal)).Select(f => File.ReadAllText(f).Trim()).Append(containers.Key).ToList();
        var shown = await containers.RunAsync("docker inspect $(docker ps -q) bounceactors:latest; docker history --no-trunc bounceactors:latest; for c in $(docker ps -q); do docker logs $c 2>&1; done");
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
        Assert.True(File.Exists($"/proc/{await containers.ProcessOfAsync("node1")}/root/run/secrets/Storage__KeySecret"));
    }

    [SkippableFact]
    public async Task Should_start_what_is_needed_first_and_know_who_is_well()
    {
        containers.SkipUnlessThere();
        await containers.AllHealthyAsync();
        Assert.True(await containers.IsHealthyAsync("postgres"));
        Assert.Contains("healthy", await containers.RunAsync("docker exec bounce_node1_1 /app/BounceActors.Service healthcheck"), StringComparison.Ordinal);
        Assert.Contains("exit 1", await containers.RunAsync("docker exec bounce_node1_1 /app/BounceActors.Service healthcheck http://127.0.0.1:9/ || echo exit $?"), StringComparison.Ordinal);
        Assert.Contains("user_unknown", await containers.RunAsync("echo '550 5.1.1 User unknown' | docker exec -i bounce_node1_1 bounce judge"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Should_show_the_demonstration_of_the_README_through_the_balancer()
    {
        containers.SkipUnlessThere();
        await containers.AllHealthyAsync();
        var readme = await File.ReadAllTextAsync(Path.Combine(ReadmeSpecs.Repository(), "README.md"));
        foreach (Match demonstration in ReadmeSpecs.Demonstration().Matches(readme))
        {
            using var written = JsonDocument.Parse(demonstration.Groups["answer"].Value);
            using var got = JsonDocument.Parse(await containers.OutsideAsync(demonstration.Groups["command"].Value));
            Assert.Equal(ReadmeSpecs.WithoutWhatDiffers(written.RootElement), ReadmeSpecs.WithoutWhatDiffers(got.RootElement));
        }

        foreach (Match command in ReadmeSpecs.Look().Matches(readme))
        {
            using var answer = JsonDocument.Parse(await containers.OutsideAsync(command.Value));
            Assert.False(answer.RootElement.TryGetProperty("status", out var status), $"{command.Value} answers {status}");
        }

        Assert.Equal("401", await containers.OutsideAsync("command curl -s -o /dev/null -w '%{http_code}' localhost:8080/v1/retries"));
        // A call without a message fails, but in gRPC's own way: it came to a node.
        Assert.Contains(
            "2 application/grpc",
            await containers.OutsideAsync("curl -s --http2-prior-knowledge -o /dev/null -w '%{http_version} %{content_type}' -X POST -H 'content-type: application/grpc' -H 'te: trailers' localhost:8081/bounceactors.v1.Ingest/Report"),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Should_go_on_when_a_node_is_killed_and_take_it_in_again()
    {
        containers.SkipUnlessThere();
        await containers.AllHealthyAsync();
        var killed = await containers.ProcessOfAsync("node2");
        var acknowledged = await WhileSendingAsync("killed", async () =>
        {
            await containers.RunAsync($"kill -9 {killed}");
            // The engine starts it again by itself.
            await Eventually.TrueAsync(async () => await containers.ProcessOfAsync("node2") is var pid && pid != killed && pid != 0, TimeSpan.FromSeconds(60), () => "node2 was not started again");
            await containers.AllHealthyAsync();
            await MembersAsync(3);
        });
        await AllThereAsync("killed", acknowledged);
    }

    [SkippableFact]
    public async Task Should_replace_one_node_after_the_other_while_reports_come_in()
    {
        containers.SkipUnlessThere();
        await containers.AllHealthyAsync();
        var before = new List<int>();
        foreach (var node in Nodes)
        {
            before.Add(await containers.ProcessOfAsync(node));
        }

        // As after `git pull`: something has changed.
        await containers.RunAsync("sed -i 's/^ARG VERSION=.*/ARG VERSION=next/' docker/Dockerfile");
        var acknowledged = await WhileSendingAsync("rolling", () => containers.OutsideAsync(Containers.Commands("Three nodes with Docker", 2)[2]));
        foreach (var node in Nodes)
        {
            Assert.True(await containers.IsHealthyAsync(node));
            Assert.DoesNotContain(await containers.ProcessOfAsync(node), before);
        }

        await MembersAsync(3);
        await AllThereAsync("rolling", acknowledged);
    }

    [SkippableFact]
    public async Task Should_grow_and_shrink_by_scale_and_show_every_node_to_Prometheus()
    {
        containers.SkipUnlessThere();
        await containers.AllHealthyAsync();

        // There is no image of Grafana here, and none can be made from this machine's packages: MonitoringSpecs reads its dashboard.
        var commands = Containers.Commands("Three nodes with Docker", 2);
        await containers.OutsideAsync($"{commands[0]} prometheus");
        await containers.OutsideAsync(commands[1]);
        await MembersAsync(5);
        await TargetsAsync(5);

        // One of them stays: without any, Docker asks the servers outside for the name, and where there are none Prometheus keeps what it knew.
        await containers.OutsideAsync(commands[1].Replace("node=2", "node=1", StringComparison.Ordinal));
        await MembersAsync(4);
        await TargetsAsync(4);
        await containers.OutsideAsync(commands[1].Replace("node=2", "node=0", StringComparison.Ordinal));
        await MembersAsync(3);

        var groups = (await containers.GetAsync("localhost:9090/api/v1/rules")).GetProperty("data").GetProperty("groups").EnumerateArray().ToList();
        Assert.NotEmpty(groups);
        Assert.All(groups.SelectMany(g => g.GetProperty("rules").EnumerateArray()), r => Assert.Equal("ok", r.GetProperty("health").GetString()));
        foreach (var expression in MonitoringSpecs.DashboardExpressions())
        {
            var query = Uri.EscapeDataString(expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal));
            Assert.Equal("success", (await containers.GetAsync($"localhost:9090/api/v1/query?query={query}")).GetProperty("status").GetString());
        }
    }

    private async Task TargetsAsync(int count)
    {
        var targets = new List<JsonElement>();
        await Eventually.TrueAsync(
            async () =>
            {
                targets = [.. (await containers.GetAsync("localhost:9090/api/v1/targets?state=active")).GetProperty("data").GetProperty("activeTargets").EnumerateArray()];
                return targets.Count == count && targets.All(t => t.GetProperty("health").GetString() == "up");
            },
            TimeSpan.FromSeconds(90),
            () => $"Prometheus does not see {count} nodes: {string.Join('\n', targets)}");
    }

    private async Task MembersAsync(int count) => await Eventually.TrueAsync(
        async () => (await containers.OutsideAsync("curl -s localhost:8080/admin/cluster")) is var cluster && Regex.Count(cluster, "\"status\":\"up\"", RegexOptions.IgnoreCase) == count,
        TimeSpan.FromSeconds(90),
        () => $"the cluster has not {count} members: {containers.OutsideAsync("curl -s localhost:8080/admin/cluster").GetAwaiter().GetResult()}");

    /// <summary>Sends one report after the other, each repeated until it is acknowledged; gives how many were.</summary>
    private async Task<int> WhileSendingAsync(string prefix, Func<Task> happens)
    {
        var happening = happens();
        var sent = 0;
        while (!happening.IsCompleted || sent == 0)
        {
            sent++;
            await Eventually.TrueAsync(
                async () => await containers.OutsideAsync(
                    $$"""curl -s -m 15 -o /dev/null -w '%{http_code}' localhost:8080/v1/events -H 'content-type: application/json' -d '{"recipient":"{{prefix}}{{sent}}@example.com","sender":"a@company.com","messageId":"{{prefix}}-{{sent}}","sourceEventId":"{{prefix}}-{{sent}}","smtpCode":550,"enhancedCode":"5.1.1","diagnostic":"550 5.1.1 User unknown"}' || true""") == "200",
                TimeSpan.FromSeconds(90),
                () => $"report {prefix}-{sent} is not taken");
        }

        await happening;
        return sent;
    }

    /// <summary>Every recipient has its one report.</summary>
    private async Task AllThereAsync(string prefix, int count)
    {
        var answer = await containers.OutsideAsync(
            $$"""for i in $(seq {{count}}); do curl -s localhost:8080/admin/recipients/{{prefix}}$i@example.com; echo; done""");
        var recipients = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(count, recipients.Length);
        Assert.All(recipients, recipient =>
        {
            using var actor = JsonDocument.Parse(recipient);
            Assert.Single(actor.RootElement.GetProperty("history").EnumerateArray());
        });
    }
}
