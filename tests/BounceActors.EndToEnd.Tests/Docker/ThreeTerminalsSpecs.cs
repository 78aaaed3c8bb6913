using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>
/// What docs/operations.md says of three nodes without Docker, done as it says, on a network of its own; with docker/haproxy.cfg in front, and the
/// README's demonstration through it.
/// </summary>
public class ThreeTerminalsSpecs
{
    private const char Next = '\u001e';

    [SkippableFact]
    public async Task Should_come_to_three_nodes_behind_a_balancer_without_Docker()
    {
        PostgresServer.SkipUnlessThere();
        Skip.If(Environment.UserName != "root", "a network namespace needs root");
        var haproxy = new[] { "/usr/sbin/haproxy", "/usr/bin/haproxy" }.FirstOrDefault(File.Exists);
        Assert.False(haproxy is null && Environment.GetEnvironmentVariable("CI") == "true", "no haproxy: eng/install-test-servers.sh installs it");
        Skip.If(haproxy is null, "no haproxy");

        var directory = Directory.CreateTempSubdirectory("bounce-three-").FullName;
        Directory.CreateSymbolicLink(Path.Combine(directory, "src"), Path.Combine(ReadmeSpecs.Repository(), "src"));
        await File.WriteAllTextAsync(Path.Combine(directory, "haproxy.cfg"), Balancer());
        var readme = await File.ReadAllTextAsync(Path.Combine(ReadmeSpecs.Repository(), "README.md"));
        var demonstrations = ReadmeSpecs.Demonstration().Matches(readme);
        await File.WriteAllTextAsync(Path.Combine(directory, "run.sh"), Script(haproxy!, demonstrations));
        await File.WriteAllTextAsync(Path.Combine(directory, "log"), "");

        var start = new ProcessStartInfo(
            "timeout", ["-k", "5", "300", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "setsid", "-w", "bash", "run.sh"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{output}\n{string.Join('\n', File.ReadLines(Path.Combine(directory, "log")).TakeLast(60))}");

        var answers = output.Split(Next);
        Assert.Equal(3, Regex.Count(answers[1], "\"status\":\"up\"", RegexOptions.IgnoreCase));
        foreach (var (demonstration, answer) in demonstrations.Zip(answers.Skip(2)))
        {
            using var written = JsonDocument.Parse(demonstration.Groups["answer"].Value);
            using var got = JsonDocument.Parse(answer);
            Assert.Equal(ReadmeSpecs.WithoutWhatDiffers(written.RootElement), ReadmeSpecs.WithoutWhatDiffers(got.RootElement));
        }

        Assert.Equal("2 application/grpc", answers[^1].Trim());
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>The two blocks of "Three terminals". The service is built already: the build is left out, and taken from where the tests' is.</summary>
    private static string Script(string haproxy, MatchCollection demonstrations)
    {
        var operations = File.ReadAllText(Path.Combine(ReadmeSpecs.Repository(), "docs", "operations.md"));
        var blocks = operations.Split("### Three terminals\n")[1].Split("```sh\n").Skip(1).Select(b => b.Split("\n```")[0]).ToList();
        var lines = blocks[0].Split('\n');
        Assert.StartsWith("dotnet build -c Release", lines[^1], StringComparison.Ordinal);
        var exports = string.Join('\n', lines[1..^1]).Replace("Password=…", "Password=secret", StringComparison.Ordinal);
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var node = blocks[1].Replace("/Release/", $"/{configuration}/", StringComparison.Ordinal);

        return $$"""
            set -eu
            ip link set lo up
            mount -t tmpfs tmpfs /run
            mkdir /run/postgresql
            bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
            install -d -o postgres /run/postgresql /run/data
            sudo() { shift 2; (cd / && exec runuser -u postgres -- env PATH="$bin:$PATH" "$@"); }
            {
                sudo -u postgres initdb --auth-local=peer --auth-host=scram-sha-256 --no-sync -D /run/data
                sudo -u postgres pg_ctl -w -D /run/data -l /run/data/log start
            } >>log
            printf 'secret\nsecret\n' >/run/password
            { {{lines[0]}}; } </run/password >>log 2>&1
            {{exports}}
            {{string.Join('\n', Enumerable.Range(1, 3).Select(n => Regex.Replace(node, @"(?<=\d)N", $"{n}") + " >>log 2>&1 &"))}}
            {{haproxy}} -db -f haproxy.cfg >>log 2>&1 &

            until [ "$(command curl -s localhost:8081/admin/cluster | grep -o '"status":"[Uu]p"' | wc -l)" = 3 ] \
                && [ "$(for n in 1 2 3; do command curl -s -o /dev/null -w '%{http_code} ' localhost:808$n/healthz/ready; done)" = "200 200 200 " ] \
                && [ "$(command curl -s -o /dev/null -w '%{http_code}' localhost:8080/healthz/live)" = 200 ]; do sleep 0.5; done
            printf '{{Next}}'
            curl -s localhost:8081/admin/cluster
            {{string.Join('\n', demonstrations.Select(d => $"printf '{Next}'\n{d.Groups["command"].Value}"))}}
            printf '{{Next}}'
            curl -s --http2-prior-knowledge -o /dev/null -w '%{http_version} %{content_type}' -X POST -H 'content-type: application/grpc' -H 'te: trailers' localhost:8091/bounceactors.v1.Ingest/Report
            """;
    }

    /// <summary>docker/haproxy.cfg without the engine's name server, with the addresses of three nodes on one machine.</summary>
    private static string Balancer()
    {
        var configuration = WithoutNameServer().Replace("bind :8081", "bind :8091", StringComparison.Ordinal);
        configuration = Regex.Replace(configuration, @"^ +(#.*--scale.*|server-template .*)\n", "", RegexOptions.Multiline);
        configuration = Regex.Replace(configuration, @"server node(\d) node\d:808(\d)", m => m.Groups[2].Value == "0" ? $"server node{m.Groups[1]} 127.0.0.1:808{m.Groups[1]}" : $"server node{m.Groups[1]} 127.0.0.1:818{m.Groups[1]} port 808{m.Groups[1]}");
        return configuration.Replace("http-check connect port 8080", "http-check connect", StringComparison.Ordinal);
    }

    /// <summary>docker/haproxy.cfg without the engine's name server.</summary>
    internal static string WithoutNameServer()
    {
        var configuration = File.ReadAllText(Path.Combine(ReadmeSpecs.Repository(), "docker", "haproxy.cfg"));
        configuration = Regex.Replace(configuration, @"^resolvers docker\n(?: .*\n)+", "", RegexOptions.Multiline);
        return configuration.Replace(" resolvers docker init-addr none", "", StringComparison.Ordinal);
    }
}
