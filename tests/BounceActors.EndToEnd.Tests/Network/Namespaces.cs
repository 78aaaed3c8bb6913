using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>Which packets of a node are lost.</summary>
[Flags]
internal enum Lost
{
    Outgoing = 1,
    Incoming = 2,
    Both = Outgoing | Incoming,
}

/// <summary>
/// A machine per node as far as its network goes: namespaces at one switch, which is a namespace too, and this machine at the same switch. Packets that are
/// cut off are dropped without a word, as by a broken cable; nobody is told.
/// </summary>
internal sealed class Namespaces : IDisposable
{
    private const int Nodes = 5;
    private static readonly string[] Programs = ["ip", "iptables", "haproxy", "setsid"];

    private readonly string _name = "ba" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"10.{RandomNumberGenerator.GetInt32(120, 250)}.{RandomNumberGenerator.GetInt32(256)}");

    public Namespaces()
    {
        RemoveWhenThisProcessEnds();
        Must($"ip netns add {Switch}");
        Must($"ip -n {Switch} link set lo up");
        Must($"ip -n {Switch} link add switch type bridge");
        Must($"ip -n {Switch} addr add {Balancer}/24 dev switch");
        Must($"ip -n {Switch} link set switch up");
        Must($"ip link add {_name} type veth peer name test netns {Switch}");
        Must($"ip addr add {Here}/24 dev {_name}");
        Must($"ip link set {_name} up");
        Must($"ip -n {Switch} link set test master switch up");
        for (var node = 1; node <= Nodes; node++)
        {
            Must($"ip netns add {NameOf(node)}");
            Must($"ip -n {NameOf(node)} link set lo up");
            Must($"ip -n {Switch} link add node{node} type veth peer name eth0 netns {NameOf(node)}");
            Must($"ip -n {Switch} link set node{node} master switch up");
            Must($"ip -n {NameOf(node)} addr add {AddressOf(node)}/24 dev eth0");
            Must($"ip -n {NameOf(node)} link set eth0 up");
        }
    }

    /// <summary>Numbers of the nodes there is room for.</summary>
    public static IEnumerable<int> All => Enumerable.Range(1, Nodes);

    /// <summary>Where this process is reached; the database listens here.</summary>
    public string Here => $"{_network}.254";

    /// <summary>Address of the switch's own namespace, where the balancer runs.</summary>
    public string Balancer => $"{_network}.253";

    private string Switch => $"{_name}-switch";

    /// <summary>Skips the calling test (a SkippableFact) when this machine cannot do this; fails it where CI is set.</summary>
    public static void SkipUnlessThere()
    {
        var missing = Environment.UserName != "root" ? "network namespaces need root"
            : Programs.FirstOrDefault(p => Find(p) is null) is { } program ? $"no {program}: eng/install-test-servers.sh installs it"
            : null;
        if (missing is null)
        {
            return;
        }

        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", missing);
        Skip.If(true, missing);
    }

    public static string? Find(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/sbin", "/bin" }.Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    public string AddressOf(int node) => $"{_network}.{node}";

    /// <summary>What a command is put behind to run as a node. It becomes that command: same process, same signals.</summary>
    public string[] Within(int node) => ["ip", "netns", "exec", NameOf(node)];

    /// <summary>What a command is put behind to run at the switch.</summary>
    public string[] WithinSwitch() => ["ip", "netns", "exec", Switch];

    /// <summary>Loses what a node sends to some address, gets from it, or both, from now on.</summary>
    /// <param name="node">The node.</param>
    /// <param name="lost">What is lost, as the node sees it.</param>
    /// <param name="address">The other end.</param>
    /// <param name="port">Only what concerns this TCP port of the other end.</param>
    public void Cut(int node, Lost lost, string address, int? port = null)
    {
        if (lost.HasFlag(Lost.Outgoing))
        {
            Rule(node, $"OUTPUT -d {address} {(port is null ? "" : $"-p tcp --dport {port} ")}-j DROP");
        }

        if (lost.HasFlag(Lost.Incoming))
        {
            Rule(node, $"INPUT -s {address} {(port is null ? "" : $"-p tcp --sport {port} ")}-j DROP");
        }
    }

    /// <summary>Loses everything a node sends or gets, but what it tells itself.</summary>
    public void CutEverything(int node)
    {
        Rule(node, "OUTPUT ! -o lo -j DROP");
        Rule(node, "INPUT ! -i lo -j DROP");
    }

    /// <summary>Nothing is lost any more.</summary>
    public void Heal()
    {
        foreach (var node in All)
        {
            Must($"ip netns exec {NameOf(node)} iptables -w -F");
        }
    }

    public void Dispose() => Run("sh", ["-c", Removal()]);

    private string NameOf(int node) => $"{_name}-{node}";

    private void Rule(int node, string rule) => Must($"ip netns exec {NameOf(node)} iptables -w -A {rule}");

    /// <summary>Ends what still runs in the namespaces, and takes them away; their links go with them.</summary>
    private string Removal() => $"""
        for namespace in $(ip netns list | cut -d ' ' -f 1 | grep '^{_name}-'); do
            ip netns pids "$namespace" | xargs -r kill -9
            ip netns delete "$namespace"
        done
        ip link delete {_name} 2>/dev/null
        true
        """;

    /// <summary>A test run may be killed, and ends too fast for its own clean-up: a process outside of it waits for its end.</summary>
    private void RemoveWhenThisProcessEnds()
    {
        var script = $"""
            exec </dev/null >/dev/null 2>&1
            cd /
            while kill -0 {Environment.ProcessId} && sleep 1; do
                [ -z "$seen" ] || ip netns list | grep -q '^{_name}-' || exit 0
                ip netns list | grep -q '^{_name}-' && seen=yes
            done
            {Removal()}
            """;
        Process.Start("setsid", ["sh", "-c", script]).Dispose();
    }

    private static void Must(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Run(words[0], words[1..]) is { Code: not 0 } wrong)
        {
            throw new InvalidOperationException($"{command}: {wrong.Code} {wrong.Output}");
        }
    }

    private static (int Code, string Output) Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var output = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Trim());
    }
}
