using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;

namespace BounceActors.Engine.Hosting;

/// <summary>Looks into the running engine, for health checks, metrics and the admin pages.</summary>
public sealed class EngineInspector(
    ActorSystem system,
    IRequiredActor<RecipientRegion> recipients,
    IRequiredActor<SenderRegion> senders,
    ReadStore store,
    JournalHealth journal,
    ProjectionProgress progress,
    SuppressionIndex index,
    TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);
    private static readonly RecipientExtractor Extractor = new();

    /// <summary>Why the cluster cannot be used; null when this node is up in it.</summary>
    public string? ClusterProblem()
    {
        var status = Cluster.Get(system).SelfMember.Status;
        return status == MemberStatus.Up ? null : $"this node is {status.ToString().ToLowerInvariant()} in the cluster";
    }

    /// <summary>Why the journal cannot be used; null when it can.</summary>
    public string? JournalProblem() => journal.Problem;

    /// <summary>Why the read side cannot be relied on; null when the projections of this node move.</summary>
    public string? ProjectionProblem(TimeSpan lagLimit)
    {
        var now = time.GetUtcNow();
        foreach (var slice in progress.Slices)
        {
            if (slice.LastError is { } error && now - (slice.WrittenAt ?? slice.LastErrorAt) > StuckAfter)
            {
                return $"projection {slice.Slice} does not move: {error}";
            }

            if (slice.Lag > lagLimit && now - slice.WrittenAt < StuckAfter)
            {
                return $"projection {slice.Slice} is {slice.Lag.TotalSeconds:0} s behind";
            }
        }

        return null;
    }

    /// <summary>Why suppression checks are slow or old; null when the index of this node follows the read tables.</summary>
    public string? IndexProblem(TimeSpan lagLimit) =>
        !index.IsLoaded ? $"the suppression index is loading: {index.Count} recipients so far; the read tables answer meanwhile"
        : index.Staleness is var behind && behind > lagLimit ? $"the suppression index is {behind.TotalSeconds:0} s behind"
        : null;

    /// <summary>The projections as this node sees them, and every stored offset.</summary>
    public async Task<(IReadOnlyCollection<SliceProgress> Here, IReadOnlyList<ProjectionOffset> Stored)> ProjectionsAsync(CancellationToken cancel) =>
        (progress.Slices, await store.OffsetsAsync(cancel));

    /// <summary>Members of the cluster.</summary>
    public ClusterView ClusterView()
    {
        var cluster = Cluster.Get(system);
        var state = cluster.State;
        return new ClusterView(
            cluster.SelfAddress.ToString(),
            state.Leader?.ToString(),
            [
                .. state.Members.Select(m => new ClusterMember(
                    m.Address.ToString(), m.Status.ToString().ToLowerInvariant(), [.. m.Roles.Order()], !state.Unreachable.Contains(m))),
            ]);
    }

    /// <summary>Shards of recipients and senders, by node, with the number of live entities.</summary>
    public async Task<IReadOnlyList<ShardView>> ShardsAsync(CancellationToken cancel)
    {
        var views = new List<ShardView>();
        foreach (var (type, region) in new[] { (RecipientSharding.TypeName, await recipients.GetAsync(cancel)), (SenderSharding.TypeName, await senders.GetAsync(cancel)) })
        {
            var stats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(Patience), Patience * 2, cancel);
            views.AddRange(stats.Regions
                .SelectMany(r => r.Value.Stats.Select(shard => new ShardView(type, shard.Key, r.Key.ToString(), shard.Value)))
                .OrderBy(v => int.Parse(v.Shard, System.Globalization.CultureInfo.InvariantCulture)));
        }

        return views;
    }

    /// <summary>Which node runs each worker the cluster keeps alive; empty when asked on a node without the role engine.</summary>
    public async Task<IReadOnlyList<WorkerView>> WorkersAsync(CancellationToken cancel)
    {
        var cluster = Cluster.Get(system);
        var workers = new List<WorkerView>();
        foreach (var name in cluster.SelfMember.HasRole(NodeOptions.Engine) ? ClusterHosting.Workers : [])
        {
            // Each worker is an entity, alone in the shard of its number
            var region = ClusterSharding.Get(system).ShardRegion($"sharded-daemon-process-{name}");
            var stats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(Patience), Patience * 2, cancel);
            workers.AddRange(stats.Regions
                .SelectMany(r => r.Value.Stats.Where(s => s.Value > 0).Select(s => new WorkerView(name, int.Parse(s.Key, System.Globalization.CultureInfo.InvariantCulture), r.Key.ToString())))
                .OrderBy(w => w.Number));
        }

        return workers;
    }

    /// <summary>The node a recipient's actor lives on; null when it does not live just now.</summary>
    public async Task<string?> NodeOfAsync(RecipientKey key, CancellationToken cancel)
    {
        var location = await (await recipients.GetAsync(cancel)).Ask<EntityLocation>(new GetEntityLocation(key.Value, Patience), Patience * 2, cancel);
        return location.EntityRef.HasValue ? location.ShardRegion?.ToString() : null;
    }

    /// <summary>The shard a recipient lives in.</summary>
    public static string ShardOf(RecipientKey key) => Extractor.ShardId(key.Value, null);
}

/// <summary>The cluster as one node sees it.</summary>
public sealed record ClusterView(string Self, string? Leader, IReadOnlyList<ClusterMember> Members);

/// <summary>One node.</summary>
public sealed record ClusterMember(string Address, string Status, IReadOnlyList<string> Roles, bool Reachable);

/// <summary>A worker the cluster keeps alive.</summary>
/// <param name="Name">What it does: <c>projections</c>, <c>retries</c>, <c>inbox</c>, <c>deliveries</c>.</param>
/// <param name="Number">Its slice or partition, from 0.</param>
/// <param name="Node">Where it runs.</param>
public sealed record WorkerView(string Name, int Number, string Node);

/// <summary>One shard.</summary>
/// <param name="Type">What lives in it: <c>recipient</c> or <c>sender</c>.</param>
/// <param name="Shard">Its id.</param>
/// <param name="Node">Where it is.</param>
/// <param name="Entities">Live entities in it.</param>
public sealed record ShardView(string Type, string Shard, string Node, int Entities);
