using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>What Prometheus and Grafana are given: valid, and about metrics that exist.</summary>
public partial class MonitoringSpecs
{
    private static readonly string Files = Path.Combine(ReadmeSpecs.Repository(), "docker");

    [Fact]
    public async Task Should_ask_only_for_metrics_that_the_service_has()
    {
        await using var service = new ServiceProcess($"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", "--Service:LogLevel=Warning");
        await service.StartAsync();
        using var sent = await service.Http.PostAsync(
            "/v1/events",
            new StringContent("""{"recipient":"a@example.com","sender":"b@company.com","messageId":"m","smtpCode":550,"diagnostic":"550 5.1.1 User unknown"}""", null, "application/json"));
        Assert.True(sent.IsSuccessStatusCode);

        var expressions = string.Join('\n', DashboardExpressions().Append(await File.ReadAllTextAsync(Path.Combine(Files, "prometheus", "alerts.yml"))));
        var asked = Metric().Matches(Labels().Replace(expressions, "")).Select(m => m.Value).Distinct().ToList();
        Assert.True(asked.Count >= 10, "too few metrics were found to believe it");
        var missing = asked;
        await Eventually.TrueAsync(
            async () =>
            {
                var there = (await service.Http.GetStringAsync("/metrics")).Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('{', ' ')[0]).ToHashSet();
                missing = [.. asked.Where(name => !there.Contains(name))];
                return missing.Count == 0;
            },
            TimeSpan.FromSeconds(30),
            () => $"no such metric: {string.Join(", ", missing)}");
    }

    [SkippableFact]
    public async Task Should_pass_the_checker_of_Prometheus_and_raise_the_alarms_they_are_for()
    {
        var promtool = new[] { Path.Combine(Environment.GetEnvironmentVariable("BOUNCE_TEST_SERVERS") ?? "/opt/bounce-test-servers", "usr/bin/promtool"), "/usr/bin/promtool" }.FirstOrDefault(File.Exists);
        Assert.False(promtool is null && Environment.GetEnvironmentVariable("CI") == "true", "no promtool: eng/install-test-servers.sh installs it");
        Skip.If(promtool is null, "no promtool: eng/install-test-servers.sh installs it");
        foreach (var arguments in new[] { "check config --syntax-only prometheus.yml", "check rules alerts.yml", "test rules alerts.test.yml" })
        {
            using var process = Process.Start(new ProcessStartInfo(promtool!, arguments) { WorkingDirectory = Path.Combine(Files, "prometheus"), RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"promtool {arguments}: {output}{await said}");
        }
    }

    internal static List<string> DashboardExpressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Files, "grafana", "dashboards", "bounceactors.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        Assert.All(panels, p => Assert.Equal("prometheus", p.GetProperty("datasource").GetProperty("uid").GetString()));
        return [.. panels.SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!)];
    }

    [GeneratedRegex(@"\b(bounceactors|dotnet|http|aspnetcore|kestrel)_[a-z_]*[a-z](?=[\[{) ]|$)", RegexOptions.Multiline)]
    private static partial Regex Metric();

    [GeneratedRegex(@"\bby \([^)]*\)")]
    private static partial Regex Labels();
}
