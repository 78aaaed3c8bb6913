using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Cluster.Hosting.SBR;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Retries;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace BounceActors.Engine.Hosting;

/// <summary>Everything the engine is made of, as a table of contents.</summary>
public static class EngineHosting
{
    public const string SystemName = "bounceactors";

    /// <summary>Adds the engine. The caller registers a <see cref="ClassifierHolder"/>.</summary>
    public static IServiceCollection AddBounceEngine(this IServiceCollection services, EngineOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Storage);
        services.AddSingleton(options.Cluster);
        services.AddSingleton(options.RecipientPolicy());
        services.AddSingleton(sp => new ReadStore(
            options.Storage, sp.GetRequiredService<TimeProvider>(), e => new SerializedEvent(WireSerializer.ManifestOf(e), WireSerializer.Write(e))));
        services.AddSingleton(sp => new JournalFeed(options.Storage, sp.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Deployment>();
        services.AddSingleton<DirectoryWriter>();
        services.AddSingleton<ProjectionProgress>();
        services.AddSingleton<JournalHealth>();
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<EngineInspector>();
        services.AddSingleton<BounceEngine>();

        // In this order: tables and secret first, then the actors that need them.
        services.AddHostedService<StorageStartup>();
        services.AddInboxStorage(options.Inbox);
        services.AddHostedService(sp => sp.GetRequiredService<JournalHealth>());
        services.AddAkka(SystemName, builder => builder
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .AddHocon(PersistenceConfig.Hocon(options.Storage), HoconAddMode.Prepend)
            .AddSetup(PersistenceConfig.Setup(options.Storage))
            .AddHocon(Defaults, HoconAddMode.Append)
            .WithCustomSerializer("bounceactors", WireSerializer.Types, system => new WireSerializer(system))
            .AddCluster(options.Cluster)
            .AddClassifiers()
            .AddRecipients(options.Cluster)
            .AddSenders(options.Cluster)
            .AddProjections()
            .AddRetryScheduler(TimeSpan.FromMilliseconds(options.Retry.PollMilliseconds))
            .AddInboxSweepers(options.Storage, options.Inbox));
        services.AddInboxWork();
        return services;
    }

    private static AkkaConfigurationBuilder AddCluster(this AkkaConfigurationBuilder builder, NodeOptions node)
    {
        builder
            .WithRemoting(new RemoteOptions { HostName = node.HostName, PublicHostName = node.HostName, Port = node.Port })
            .WithClustering(new Akka.Cluster.Hosting.ClusterOptions
            {
                SeedNodes = [.. node.SeedNodes.Select(seed => $"akka.tcp://{SystemName}@{seed}")],
                SplitBrainResolver = SplitBrainResolverOption.Default,
            });
        return node.SeedNodes.Length > 0
            ? builder
            : builder.AddStartup((system, _) =>
            {
                var self = Cluster.Get(system);
                self.Join(self.SelfAddress);
            });
    }

    /// <summary>What Akka.Hosting has no option for.</summary>
    private static Config Defaults => ConfigurationFactory.ParseString(
        """
        akka {
          # The cluster's own daemons shard too; they take their store from here (PITFALLS 2). No durable keys: LMDB never starts (PITFALLS 1).
          cluster.sharding.state-store-mode = ddata
          cluster.sharding.distributed-data.durable.keys = []
          cluster.distributed-data.durable.keys = []

          # A region hands its entities over within its phase; the host's ShutdownTimeout is longer than all phases together (PITFALLS 10).
          coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 15s
          # Downed or shut down by itself: the process ends, so that whoever runs it starts it again.
          coordinated-shutdown.exit-clr = off

          log-dead-letters = 10
          log-dead-letters-during-shutdown = off
        }
        """);
}
