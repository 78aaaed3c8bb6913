using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using BounceActors.EndToEnd.Tests.Docker;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>Nodes, each in a network namespace, PostgreSQL on this machine, and docker/haproxy.cfg in front of the nodes.</summary>
internal sealed class Site : IAsyncDisposable
{
    public const string Key = "the-key-of-the-network-test";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly PostgresServer _server;
    private readonly Process _balancer;
    private readonly string _configuration = Path.Combine(Path.GetTempPath(), $"bounceactors-haproxy-{Guid.NewGuid():N}.cfg");

    /// <param name="program">What the nodes run at first.</param>
    public Site(string program)
    {
        Network = new Namespaces();
        _server = PostgresServer.Own(alsoAt: Network.Here);
        var database = _server.CreateDatabase();
        Storage = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = database };
        string[] settings =
        [
            "--Storage:Provider=postgres",
            $"--Storage:ConnectionString={new NpgsqlConnectionStringBuilder(database) { Host = Network.Here, MaxPoolSize = 20 }.ConnectionString}",
            $"--Cluster:SeedNodes={string.Join(',', Enumerable.Range(1, 3).Select(n => $"{Network.AddressOf(n)}:{Node.RemotingPort}"))}",
            "--Auth:Keys:0:Name=test", "--Auth:Keys:0:Scopes=admin", "--Auth:Keys:0:Tenant=default", $"--Auth:Keys:0:Hash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}",
            "--Service:LogLevel=Warning", "--Service:DrainSeconds=6", "--Retry:MaxDelaySeconds=1", "--Inbox:LeaseSeconds=5", "--Inbox:Workers=2",
            $"--Sources:Webhooks:kumomta:default:Tokens:0={Faults.Traffic.Token}",
        ];
        Nodes = [.. Namespaces.All.Select(n => new Node(Network, n, Key, settings) { Program = program })];
        File.WriteAllText(_configuration, Balancing());
        string[] command = [.. Network.WithinSwitch(), Namespaces.Find("haproxy")!, "-q", "-db", "-f", _configuration];
        _balancer = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _balancer.OutputDataReceived += (_, _) => { };
        _balancer.ErrorDataReceived += (_, _) => { };
        _balancer.BeginOutputReadLine();
        _balancer.BeginErrorReadLine();
    }

    public Namespaces Network { get; }

    /// <summary>All there may be; those that are wanted run.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<Node> Running => [.. Nodes.Where(n => n.IsWanted)];

    public Uri Door => new($"http://{Network.Balancer}:8080");

    public int DatabasePort => _server.Port;

    /// <summary>The database as this process reaches it, whatever is cut.</summary>
    public StorageOptions Storage { get; }

    public string Logs => string.Join("\n\n", Running.Select(n => n.Log));

    /// <summary>Starts nodes, one of which may have to found the cluster, and waits until all is well.</summary>
    public async Task StartAsync(params IEnumerable<int> numbers)
    {
        foreach (var number in numbers)
        {
            Nodes[number - 1].Start();
        }

        await WellAsync();
    }

    /// <summary>Waits until all nodes that are to run are ready and see each other, and nobody else.</summary>
    public async Task WellAsync()
    {
        string? problem = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var running = Running;
                problem = (await Task.WhenAll(running.Select(n => n.ProblemAsync(running.Count)))).FirstOrDefault(p => p is not null);
                return problem is null;
            },
            Patience,
            () => $"{problem}\n{Logs}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(async n => await n.DisposeAsync()));
        if (!_balancer.HasExited)
        {
            _balancer.Kill();
            await _balancer.WaitForExitAsync();
        }

        _balancer.Dispose();
        _server.Dispose();
        Network.Dispose();
        File.Delete(_configuration);
    }

    /// <summary>docker/haproxy.cfg with these nodes' addresses, and their ports as they are there.</summary>
    private string Balancing()
    {
        var configuration = Regex.Replace(ThreeTerminalsSpecs.WithoutNameServer(), @"^ +(#.*--scale.*|server node[23] .*|server-template .*)\n", "", RegexOptions.Multiline);
        return Regex.Replace(
            configuration,
            @"^ +server node1 node1:(\d+)\n",
            line => string.Concat(Namespaces.All.Select(n => string.Create(CultureInfo.InvariantCulture, $"    server node{n} {Network.AddressOf(n)}:{line.Groups[1]}\n"))),
            RegexOptions.Multiline);
    }
}
