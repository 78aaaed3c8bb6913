using System.Diagnostics;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>docker/compose.yaml, up and running in an engine of the tests' own (engine.sh).</summary>
public sealed class Containers : IAsyncLifetime
{
    private static readonly string Home = Environment.GetEnvironmentVariable("BOUNCE_TEST_DOCKER") ?? "/var/tmp/bounce-docker";
    private static readonly string[] Programs = ["dockerd", "docker", "docker-compose", "haproxy", "iptables", "nsenter", "openssl", "git", "curl"];

    private readonly string _directory = Directory.CreateTempSubdirectory("bounce-compose-").FullName;
    private Process? _engine;
    private string? _missing;

    /// <summary>The operator's key, as init.sh has shown it.</summary>
    public string Key { get; private set; } = "";

    /// <summary>What init.sh printed the second time.</summary>
    public string SecondInit { get; private set; } = "";

    public string Secrets => Path.Combine(_directory, "docker", "secrets");

    public async Task InitializeAsync()
    {
        if (await CannotRunAsync() is { } reason)
        {
            _missing = reason;
            return;
        }

        // To a file: what the engine starts would hold a pipe open.
        var log = Path.Combine(_directory, "engine.log");
        _engine = Process.Start("bash", ["-c", $"exec '{Script}' start {Environment.ProcessId} >'{log}' 2>&1 </dev/null"]);
        await Eventually.TrueAsync(async () => _engine.HasExited || await TryAsync("docker info") is { Code: 0 }, TimeSpan.FromMinutes(6), () => "the engine does not answer");
        if (_engine.HasExited)
        {
            _missing = NoEngine(await File.ReadAllTextAsync(log));
            return;
        }

        await RunAsync($"'{Script}' tidy");
        await RunAsync($"'{Script}' images");
        if (await TryAsync($"'{Script}' try") is { Code: not 0 } tried)
        {
            _missing = NoEngine(tried.Output);
            return;
        }

        // A clone, and in it what the README says.
        await RunAsync($"git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -e \"$f\" ] || echo \"$f\"; done' - | tar -c -T - | tar -x -C '{_directory}'", ReadmeSpecs.Repository());
        var start = Commands("Three nodes with Docker", 0);
        Assert.Equal(2, start.Count);
        Key = (await OutsideAsync(start[0])).Trim().Split('\n')[^1];
        SecondInit = await OutsideAsync(start[0]);
        await OutsideAsync(start[1]);
    }

    /// <summary>The commands of a block of a section of the README, as they are written.</summary>
    public static IReadOnlyList<string> Commands(string section, int block)
    {
        var readme = File.ReadAllText(Path.Combine(ReadmeSpecs.Repository(), "README.md"));
        var blocks = readme.Split($"\n## {section}\n")[1].Split("\n## ")[0].Split("```sh\n").Skip(1).ToList();
        return [.. blocks[block].Split("\n```")[0].Split('\n').Select(l => l.Split(" #")[0].TrimEnd())];
    }

    /// <summary>Skips the calling test when there is no engine; where CI is set and one could have been installed, fails it.</summary>
    public void SkipUnlessThere()
    {
        if (_missing is null)
        {
            return;
        }

        if (_missing.StartsWith("missing", StringComparison.Ordinal) && string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(_missing);
        }

        Console.Error.WriteLine(_missing);
        Skip.If(true, _missing);
    }

    /// <summary>A command as the README has it, where HAProxy's ports are; <c>curl</c> sends the operator's key.</summary>
    public Task<string> OutsideAsync(string command)
    {
        // Debian has the Compose that is a program of its own.
        var script = $$"""
            docker() { if [ "$1" = compose ]; then shift; docker-compose "$@"; else command docker "$@"; fi; }
            shopt -s expand_aliases
            alias curl="curl -H 'Authorization: Bearer {{Key}}'"
            {{command}}
            """;
        return RunAsync($"nsenter --net=/run/netns/bounce-docker bash -c {Quote(script)}");
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = JsonDocument.Parse(await OutsideAsync($"curl -s --fail-with-body '{path}'"));
        return answer.RootElement.Clone();
    }

    /// <summary>What the engine knows of a service's container.</summary>
    public async Task<JsonElement> InspectAsync(string service)
    {
        using var all = JsonDocument.Parse(await RunAsync($"docker inspect bounce_{service}_1"));
        return all.RootElement[0].Clone();
    }

    public async Task<int> ProcessOfAsync(string service) => (await InspectAsync(service)).GetProperty("State").GetProperty("Pid").GetInt32();

    public async Task<bool> IsHealthyAsync(string service)
    {
        var state = (await InspectAsync(service)).GetProperty("State");
        return state.GetProperty("Running").GetBoolean() && (!state.TryGetProperty("Health", out var health) || health.GetProperty("Status").GetString() == "healthy");
    }

    public Task AllHealthyAsync() => Eventually.TrueAsync(
        async () => await IsHealthyAsync("node1") && await IsHealthyAsync("node2") && await IsHealthyAsync("node3"),
        TimeSpan.FromSeconds(120),
        () => "not all nodes became healthy:\n" + TryAsync("docker ps -a; for n in 1 2 3; do docker logs --tail 15 bounce_node${n}_1; done 2>&1").GetAwaiter().GetResult().Output);

    public async Task<string> RunAsync(string command, string? directory = null)
    {
        var (code, output) = await TryAsync(command, directory);
        Assert.True(code == 0, $"{command}: exit code {code}\n{output}");
        return output;
    }

    public async Task DisposeAsync()
    {
        if (_engine is { HasExited: false })
        {
            await TryAsync($"'{Script}' tidy; kill $(cat '{Home}/pid')");
            await _engine.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
            await TryAsync("ip netns del bounce-docker");
        }

        _engine?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Script => Path.Combine(ReadmeSpecs.Repository(), "tests", "BounceActors.EndToEnd.Tests", "Docker", "engine.sh");

    private static string NoEngine(string said) =>
        $"no container engine can run here ({said.Trim().Split('\n')[^1]}); the same services run as plain processes in ThreeTerminalsSpecs";

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private async Task<string?> CannotRunAsync()
    {
        if (Environment.UserName != "root")
        {
            return "a container engine of the tests' own needs root";
        }

        foreach (var program in Programs)
        {
            if ((await TryAsync($"command -v {program}")).Code != 0)
            {
                return $"missing {program}: eng/install-test-servers.sh installs it where CI=true";
            }
        }

        return null;
    }

    private async Task<(int Code, string Output)> TryAsync(string command, string? directory = null)
    {
        var start = new ProcessStartInfo("timeout", ["-k", "5", "480", "bash", "-c", $"exec 2>&1 </dev/null; {command}"]) { RedirectStandardOutput = true, WorkingDirectory = directory ?? _directory };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["DOCKER_HOST"] = $"unix://{Home}/docker.sock",
            ["COMPOSE_PROJECT_NAME"] = "bounce",
            ["COMPOSE_HTTP_TIMEOUT"] = "300",
            ["SDK_IMAGE"] = "bounce-test/sdk:current",
            ["RUNTIME_IMAGE"] = "bounce-test/runtime:current",
            ["POSTGRES_IMAGE"] = "bounce-test/postgres:current",
            ["HAPROXY_IMAGE"] = "bounce-test/haproxy:current",
            ["PROMETHEUS_IMAGE"] = "bounce-test/prometheus:current",
        })
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}

/// <summary>After everything else: the machine is full then.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ContainerTests : ICollectionFixture<Containers>
{
    public const string Name = "containers";
}
