using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;

namespace BounceActors.Engine.Hosting;

/// <summary>
/// How everything is sharded: coordinator state in distributed data, no remembered entities (docs/decisions/no-remember-entities.md).
/// </summary>
internal static class Sharding
{
    public static ShardOptions Options(NodeOptions node) => new()
    {
        StateStoreMode = StateStoreMode.DData,
        RememberEntities = false,
        PassivateIdleEntityAfter = node.PassivateAfter,
    };

    public static ClusterDaemonOptions DaemonOptions() => new()
    {
        KeepAliveInterval = TimeSpan.FromSeconds(2),
    };
}
