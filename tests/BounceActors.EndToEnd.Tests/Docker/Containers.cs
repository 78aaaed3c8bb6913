using System.Diagnostics;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>docker/compose.yaml, up and running in an engine of the tests' own (engine.sh).</summary>
public sealed class Containers : IAsyncLifetime
{
    private static readonly string Home = Environment.GetEnvironmentVariable("BOUNCE_TEST_DOCKER") ?? "/var/tmp/bounce-docker";
    private static readonly string[] Programs = ["dockerd", "docker", "docker-compose", "haproxy", "iptables", "nsenter", "openssl"];

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

        _engine = Process.Start(new ProcessStartInfo("bash", [Script, "start", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = _engine.StandardError.ReadToEndAsync();
        _engine.OutputDataReceived += (_, _) => { };
        _engine.BeginOutputReadLine();
        await Eventually.TrueAsync(
            async () => _engine.HasExited || await TryAsync("docker info") is { Code: 0 }, TimeSpan.FromMinutes(15), () => "the engine does not answer");
        if (_engine.HasExited)
        {
            _missing = $"no container engine can run here: {(await said).Trim().Split('\n')[^1]}. "
                + "The same services run as plain processes in the tests of the cluster";
            return;
        }

        await RunAsync("docker ps -aq | xargs -r docker rm -f -v; docker volume prune -f; docker network prune -f");
        await RunAsync($"'{Script}' images");
        await RunAsync(
            "docker build -q -f docker/Dockerfile --build-arg SDK_IMAGE=bounce-test/sdk:current --build-arg RUNTIME_IMAGE=bounce-test/runtime:current -t bounceactors:test .",
            ReadmeSpecs.Repository());

        await RunAsync($"cp -r '{ReadmeSpecs.Repository()}/docker' '{_directory}/' && rm -rf '{Secrets}'");
        Key = (await RunAsync("docker/init.sh", _directory)).Trim().Split('\n')[^1];
        SecondInit = await RunAsync("docker/init.sh", _directory);
        await ComposeAsync("up -d --no-build");
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

    /// <summary>docker-compose with docker/compose.yaml.</summary>
    public Task<string> ComposeAsync(string arguments) => RunAsync($"docker-compose --ansi never -f compose.yaml {arguments}", Path.Combine(_directory, "docker"));

    /// <summary>Runs a script of docker/.</summary>
    public Task<string> ScriptAsync(string command) => RunAsync($"./{command}", Path.Combine(_directory, "docker"));

    /// <summary>A command as the README has it, where HAProxy's ports are.</summary>
    public Task<string> OutsideAsync(string command) => RunAsync($"nsenter --net=/run/netns/bounce-docker bash -c {Quote($"shopt -s expand_aliases\nalias curl=\"curl -H 'Authorization: Bearer {Key}'\"\n{command}")}");

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = JsonDocument.Parse(await OutsideAsync($"curl -s --fail-with-body localhost:8080{path}"));
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
            await TryAsync("docker-compose -f compose.yaml --profile scale down -v -t 5", Path.Combine(_directory, "docker"));
            await TryAsync($"kill $(cat '{Home}/pid')");
            await _engine.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
            await TryAsync("ip netns del bounce-docker");
        }

        _engine?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Script => Path.Combine(ReadmeSpecs.Repository(), "tests", "BounceActors.EndToEnd.Tests", "Docker", "engine.sh");

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
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1; {command}"]) { RedirectStandardOutput = true, WorkingDirectory = directory ?? _directory };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["DOCKER_HOST"] = $"unix://{Home}/docker.sock",
            ["COMPOSE_PROJECT_NAME"] = "bounce",
            ["BOUNCEACTORS_IMAGE"] = "bounceactors:test",
            ["POSTGRES_IMAGE"] = "bounce-test/postgres:current",
            ["HAPROXY_IMAGE"] = "bounce-test/haproxy:current",
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
