using BounceActors.Engine.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BounceActors.Engine.Inbox;

internal static class InboxHosting
{
    /// <summary>The inbox's table; before the actors, which sweep it.</summary>
    public static IServiceCollection AddInboxStorage(this IServiceCollection services, InboxOptions options) => services
        .AddSingleton(options)
        .AddSingleton<InboxStore>()
        .AddSingleton<InboxBacklog>()
        .AddSingleton<InboxMetrics>()
        .AddSingleton<InboxProcessor>()
        .AddSingleton<Inbox>()
        .AddHostedService<InboxTables>();

    /// <summary>The work on payloads; after the actors, so that it ends before them.</summary>
    public static IServiceCollection AddInboxWork(this IServiceCollection services) => services.AddHostedService<InboxWork>();

    private sealed class InboxTables(InboxStore store, TimeProvider time) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await store.MigrateAsync(cancellationToken);
            if (store.IsSqlite)
            {
                // Nobody else can hold anything here: what the process before had taken is free at once.
                await store.ReleaseAllAsync(time.GetUtcNow(), cancellationToken);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class InboxWork(InboxProcessor processor) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            processor.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => processor.StopAsync();
    }
}
