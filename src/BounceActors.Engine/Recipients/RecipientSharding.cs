using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Recipients;

/// <summary>Registry key of the region recipients live in.</summary>
public sealed class RecipientRegion;

/// <summary>Sends a command to the recipient it names.</summary>
public sealed class RecipientExtractor() : HashCodeMessageExtractor(ShardCount)
{
    /// <summary>Decided once (docs/decisions/shard-count.md).</summary>
    public const int ShardCount = 100;

    public override string? EntityId(object message) => (message as RecipientCommands.Command)?.Key.Value;
}

public static class RecipientSharding
{
    public const string TypeName = "recipient";

    /// <summary>One sharded persistent actor per recipient; idle ones leave memory after two minutes.</summary>
    public static AkkaConfigurationBuilder AddRecipients(this AkkaConfigurationBuilder builder, NodeOptions node) =>
        builder.AddRegion<RecipientRegion>(
            node,
            TypeName,
            resolver =>
            {
                // Arguments, not an expression: that would be compiled anew for every recipient.
                var policy = resolver.GetService<RecipientPolicy>();
                var time = resolver.GetService<TimeProvider>();
                return entityId => Props.Create<RecipientActor>(entityId, policy, time);
            },
            new RecipientExtractor());
}
