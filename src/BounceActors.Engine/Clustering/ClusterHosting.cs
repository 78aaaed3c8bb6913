using Akka.Cluster.Hosting;
using Akka.Cluster.Hosting.SBR;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Clustering;

/// <summary>How nodes talk to each other, and what happens when they cannot.</summary>
public static class ClusterHosting
{
    /// <summary>The kinds of workers that <see cref="AddWorkers"/> was given.</summary>
    internal static readonly IReadOnlyList<string> Workers = ["projections", "retries", "inbox", "deliveries"];

    /// <summary>Remoting, membership and the split-brain resolver. Joining is <see cref="ClusterMembership"/>'s.</summary>
    public static AkkaConfigurationBuilder AddCluster(this AkkaConfigurationBuilder builder, NodeOptions node)
    {
        var remoting = new RemoteOptions { HostName = node.BindAddress, PublicHostName = node.HostName, Port = node.Port, PublicPort = node.Port };
        if (node.TlsCertificateFile is not null)
        {
            remoting.EnableSsl = true;
            remoting.Ssl = MutualTls.Options(node);
        }

        return builder
            .AddHocon(Settings, HoconAddMode.Append)
            .WithRemoting(remoting)
            .WithClustering(new Akka.Cluster.Hosting.ClusterOptions { Roles = node.Roles, SplitBrainResolver = new KeepMajorityOption() });
    }

    /// <summary>A region of sharded entities on nodes with the role engine, and the way to it on the others.</summary>
    public static AkkaConfigurationBuilder AddRegion<TKey>(
        this AkkaConfigurationBuilder builder,
        NodeOptions node,
        string typeName,
        Func<Akka.DependencyInjection.IDependencyResolver, Func<string, Akka.Actor.Props>> entities,
        IMessageExtractor extractor) => node.IsEngine
        ? builder.WithShardRegion<TKey>(typeName, (_, _, resolver) => entities(resolver), extractor, new ShardOptions
        {
            Role = NodeOptions.Engine,
            StateStoreMode = StateStoreMode.DData,
            RememberEntities = false,
            PassivateIdleEntityAfter = node.PassivateAfter,
        })
        : builder.WithShardRegionProxy<TKey>(typeName, NodeOptions.Engine, extractor);

    /// <summary>Workers that the cluster keeps alive, spread over the nodes with the role engine.</summary>
    public static AkkaConfigurationBuilder AddWorkers<TKey>(
        this AkkaConfigurationBuilder builder,
        NodeOptions node,
        string name,
        int count,
        Func<IReadOnlyActorRegistry, Akka.DependencyInjection.IDependencyResolver, Func<int, Akka.Actor.Props>> worker) => node.IsEngine
        ? builder.WithShardedDaemonProcess<TKey>(
            name,
            count,
            (_, registry, resolver) => worker(registry, resolver),
            new ClusterDaemonOptions { Role = NodeOptions.Engine, KeepAliveInterval = TimeSpan.FromSeconds(2) })
        : builder;

    /// <summary>What Akka.Hosting has no option for.</summary>
    private static Config Settings => ConfigurationFactory.ParseString(
        """
        akka {
          # The cluster's own daemons shard too; they take their store from here (PITFALLS 2). No durable keys: LMDB never starts (PITFALLS 1).
          cluster.sharding.state-store-mode = ddata
          cluster.sharding.distributed-data.durable.keys = []
          cluster.distributed-data.durable.keys = []

          # A killed node is noticed after the pause, and its shards start elsewhere after the cluster was stable for so long (docs/decisions/cluster.md).
          # A full collection of a busy node takes up to two seconds (MEASUREMENTS, trap 5).
          cluster.failure-detector.acceptable-heartbeat-pause = 4s
          cluster.split-brain-resolver.stable-after = 4s

          # A region hands its entities over within its phase; the host's ShutdownTimeout is longer than all phases together (PITFALLS 10).
          coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 15s
          # Downed or shut down by itself: the process ends, so that whoever runs it starts it again.
          coordinated-shutdown.exit-clr = off
        }
        """);
}
