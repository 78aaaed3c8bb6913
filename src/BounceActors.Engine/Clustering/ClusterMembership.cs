using Akka;
using Akka.Actor;
using Akka.Cluster;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Clustering;

/// <summary>
/// Joins this node to its cluster, and sees to it that one database has one cluster: two would each have an actor for the same recipient
/// (PITFALLS 2). Nodes that cannot reach each other still meet in the database.
/// </summary>
internal sealed class ClusterMembership(
    IServiceProvider services, INodeRegister register, NodeOptions node, NodeEnd end, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ClusterMembership> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Two readings of the register, after the ten seconds for which a node counts as seen.</summary>
    private static readonly TimeSpan PatienceWithBlind = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, DateTimeOffset> _blindSince = [];
    private Cluster _cluster = null!;
    private string _self = "";
    private IReadOnlyList<string> _joining = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _cluster = Cluster.Get(services.GetRequiredService<ActorSystem>());
        _self = HostPort(_cluster.SelfAddress);
        CoordinatedShutdown.Get(_cluster.System).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "say-why", () =>
        {
            if (CoordinatedShutdown.Get(_cluster.System).ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
            {
                end.Because = "the others downed this node: they could not reach it, or it could not reach the database";
                log.LogCritical("This node ends: {Reason}", end.Because);
            }

            return Task.FromResult(Done.Instance);
        });
        var (self, all) = await register.SeeAsync(_self, isUp: false, cancellationToken);
        if (node.SeedNodes.Length > 0)
        {
            Join(all);
        }
        else if (all.FirstOrDefault(n => n.Id != self.Id) is { } other)
        {
            throw new DeploymentException(
                $"the node {other.Address} already runs on this database, and Cluster:SeedNodes is empty, so this node would be a second cluster. "
                + "Give all nodes the same Cluster:SeedNodes, or stop the other node",
                mayPass: true);
        }
        else
        {
            _cluster.Join(_cluster.SelfAddress);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// Whom to join. A node that is up somewhere decides, so that the first seed never founds a second cluster beside one it cannot see. When none
    /// is up, the seeds as configured: the first of them founds the cluster.
    /// </summary>
    internal static IReadOnlyList<string> Targets(IReadOnlyList<string> seeds, string self, IEnumerable<RegisteredNode> all)
    {
        var up = all.Where(n => n.IsUp && n.Address != self).Select(n => n.Address).ToList();
        return up.Count == 0 ? seeds : [.. up.Concat(seeds).Where(n => n != self).Distinct()];
    }

    /// <summary>Nodes of a cluster that is not this one's, when this one has to make way for it: it came later.</summary>
    internal static IReadOnlyList<RegisteredNode> Strangers(RegisteredNode self, IReadOnlyList<RegisteredNode> all, IReadOnlyCollection<string> members) =>
        [.. all.Where(n => n.IsUp && n.Id != self.Id && !members.Contains(n.Address))];

    internal static bool CameLater(RegisteredNode self, IReadOnlyList<RegisteredNode> all, IReadOnlyCollection<string> members, IReadOnlyList<RegisteredNode> strangers) =>
        strangers.Min(s => s.Id) < all.Where(n => n.Id == self.Id || members.Contains(n.Address)).Min(n => n.Id);

    /// <summary>Members that are up and say nothing in the database although this node reads it: they cannot, and the recipients they hold answer nobody.</summary>
    internal static IReadOnlyList<string> Blind(IReadOnlyList<RegisteredNode> all, IEnumerable<string> membersUp) =>
        [.. membersUp.Except(all.Where(n => n.IsUp).Select(n => n.Address))];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        DateTimeOffset? strangeSince = null;
        var aloneSince = time.GetUtcNow();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    var isUp = _cluster.SelfMember.Status == MemberStatus.Up;
                    var (self, all) = await register.SeeAsync(_self, isUp, stoppingToken);
                    if (self.Drain is { } because)
                    {
                        log.LogWarning("This node hands over and ends: {Reason}", because);
                        lifetime.StopApplication();
                        return;
                    }

                    if (!isUp)
                    {
                        _blindSince.Clear();
                        strangeSince = null;
                        KeepJoining(all, ref aloneSince);
                        continue;
                    }

                    DownTheBlind(all);
                    var members = _cluster.State.Members.Select(m => HostPort(m.Address)).ToHashSet();
                    var strangers = Strangers(self, all, members);
                    strangeSince = strangers.Count == 0 ? null : strangeSince ?? time.GetUtcNow();
                    if (time.GetUtcNow() - strangeSince >= Patience)
                    {
                        Meet(strangers, CameLater(self, all, members, strangers));
                    }
                }
                catch (StorageUnavailableException)
                {
                    // Said by JournalHealth. Who does not see the register does not judge others by it.
                    _blindSince.Clear();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    internal static string HostPort(Address address) => $"{address.Host}:{address.Port}";

    /// <summary>A member cut off from the database would keep its recipients for as long as the others reach it. Downed, it ends and they live elsewhere.</summary>
    private void DownTheBlind(IReadOnlyList<RegisteredNode> all)
    {
        var blind = Blind(all, _cluster.State.Members.Where(m => m.Status == MemberStatus.Up && m.Address != _cluster.SelfAddress).Select(m => HostPort(m.Address)));
        foreach (var seesAgain in _blindSince.Keys.Except(blind).ToList())
        {
            _blindSince.Remove(seesAgain);
        }

        var now = time.GetUtcNow();
        foreach (var address in blind.Where(address => !_blindSince.TryAdd(address, now) && now - _blindSince[address] >= PatienceWithBlind))
        {
            log.LogError("{Node} is a member, but has said nothing in the database for {Seconds} s and more; it is downed, so that its recipients can live elsewhere", address, PatienceWithBlind.TotalSeconds);
            _cluster.Down(_cluster.State.Members.First(m => HostPort(m.Address) == address).Address);
        }
    }

    private void KeepJoining(IReadOnlyList<RegisteredNode> all, ref DateTimeOffset since)
    {
        if (node.SeedNodes.Length == 0 || _cluster.SelfMember.Status is not (MemberStatus.Removed or MemberStatus.Joining))
        {
            return;
        }

        Join(all);
        if (time.GetUtcNow() - since >= Patience)
        {
            since = time.GetUtcNow();
            log.LogWarning(
                "This node ({Self}) is in no cluster yet; none of {Targets} lets it in. Nodes on this database: {Nodes}",
                _self,
                _joining,
                all.Select(n => $"{n.Address} ({(n.IsUp ? "up" : "starting")})"));
        }
    }

    private void Join(IReadOnlyList<RegisteredNode> all)
    {
        var targets = Targets(node.SeedNodes, _self, all);
        if (_cluster.IsTerminated || targets.SequenceEqual(_joining))
        {
            return;
        }

        _joining = targets;
        log.LogInformation("Joining {Targets}", targets);
        _cluster.JoinSeedNodes(targets.Select(t => Address.Parse($"{_cluster.SelfAddress.Protocol}://{_cluster.SelfAddress.System}@{t}")));
    }

    private void Meet(IReadOnlyList<RegisteredNode> strangers, bool makeWay)
    {
        var addresses = strangers.Select(s => s.Address).ToList();
        if (!makeWay)
        {
            log.LogError("Another cluster runs on this database: {Nodes} do not belong to this one. They have to make way", addresses);
            return;
        }

        end.Because = $"another cluster, which came first, runs on this database: {string.Join(", ", addresses)}. One journal serves one cluster";
        log.LogCritical("This node ends: {Reason}", end.Because);
        lifetime.StopApplication();
    }
}

/// <summary>How this node ended.</summary>
public sealed class NodeEnd
{
    /// <summary>Why it ended without having been told to; null when it was told to, or runs.</summary>
    public string? Because { get; internal set; }
}
