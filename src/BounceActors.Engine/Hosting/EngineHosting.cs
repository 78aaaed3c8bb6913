using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Deliveries;
using BounceActors.Engine.Imports;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Retries;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Suppressions;
using BounceActors.Engine.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Hosting;

/// <summary>Everything the engine is made of, as a table of contents.</summary>
public static class EngineHosting
{
    public const string SystemName = "bounceactors";

    /// <summary>Adds the engine. The caller registers a <see cref="ClassifierHolder"/>. Throws <see cref="DeploymentException"/> when there is no place for its data.</summary>
    public static IServiceCollection AddBounceEngine(this IServiceCollection services, EngineOptions options)
    {
        options.Storage.MakeDirectory();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Storage);
        services.AddSingleton(options.Cluster);
        services.AddSingleton(options.Index);
        services.AddSingleton(options.RecipientPolicy());
        services.AddSingleton(sp => new ReadStore(
            options.Storage, sp.GetRequiredService<TimeProvider>(), e => new SerializedEvent(WireSerializer.ManifestOf(e), WireSerializer.Write(e))));
        services.AddSingleton(sp => new JournalFeed(options.Storage, sp.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Deployment>();
        services.AddSingleton<DirectoryWriter>();
        services.AddSingleton<ProjectionProgress>();
        services.AddSingleton<SuppressionIndex>();
        services.AddSingleton<IndexFeed>();
        services.AddSingleton<SuppressionCheck>();
        services.AddSingleton<DeliveryCounter>();
        services.AddSingleton<CountedDeliveries>();
        services.AddSingleton<JournalHealth>();
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<NodeEnd>();
        services.AddSingleton<EngineInspector>();
        services.AddSingleton<BounceEngine>();
        services.AddSingleton<SuppressionImport>();

        // In this order: tables and secret first, then the actors that need them.
        services.AddHostedService<StorageStartup>();
        services.AddInboxStorage(options.Inbox);
        services.AddHostedService(sp => sp.GetRequiredService<JournalHealth>());
        services.AddHostedService(sp => sp.GetRequiredService<IndexFeed>());
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
            .AddProjections(options.Cluster)
            .AddDeliveries(options.Cluster, options.Index)
            .AddRetryScheduler(options.Cluster, TimeSpan.FromMilliseconds(options.Retry.PollMilliseconds))
            .AddInboxSweepers(options.Cluster, options.Storage, options.Inbox));
        services.AddInboxWork();

        // Last: who joins takes its share of the work at once.
        services.AddSingleton<INodeRegister>(_ => options.Storage.Provider == StorageProvider.Postgres ? new PostgresNodeRegister(options.Storage) : new SqliteNodeRegister(options.Storage));
        services.AddSingleton(provider => new NodeDrain(provider.GetRequiredService<ActorSystem>(), provider.GetRequiredService<INodeRegister>(), provider.GetRequiredService<ILogger<NodeDrain>>()));
        services.AddHostedService<ClusterMembership>();
        return services;
    }

    /// <summary>Of Akka's own making, but not wanted.</summary>
    private static Config Defaults => ConfigurationFactory.ParseString(
        """
        akka.log-dead-letters = 10

        # The host ends the actors, after the door is closed and what came through it is answered. By itself the system would end them at the signal.
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        akka.log-dead-letters-during-shutdown = off
        """);
}
