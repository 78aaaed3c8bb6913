using System.Globalization;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Hosting;

/// <summary>What belongs to a deployment as a whole; there once the storage is.</summary>
public sealed class Deployment
{
    private RecipientKeys? _keys;

    /// <summary>The deployment's keys. Throws <see cref="EngineUnavailableException"/> before the storage is ready.</summary>
    public RecipientKeys Keys => _keys ?? throw new EngineUnavailableException("the service is starting", null);

    internal void Open(byte[] secret) => _keys = new RecipientKeys(secret);
}

/// <summary>Brings the tables up to date and reads the deployment's secret, before any actor starts. Waits for a database that is not there yet.</summary>
internal sealed class StorageStartup(ReadStore store, Deployment deployment, TimeProvider time, ILogger<StorageStartup> log) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await store.MigrateAsync(cancellationToken);
                deployment.Open(await store.KeySecretAsync(cancellationToken));
                await store.RequireSameAsync("shard_count", Number(RecipientExtractor.ShardCount), cancellationToken);
                await store.RequireSameAsync("projection_slices", Number(ProjectionSlices.Count), cancellationToken);
                await store.RequireSameAsync("serializer_version", Number(WireSerializer.Version), cancellationToken);
                return;
            }
            catch (StorageUnavailableException cause) when (time.GetElapsedTime(started) < Patience)
            {
                log.LogWarning("The database is not there yet ({Reason}); trying again in {Seconds} s", cause.InnerException?.Message ?? cause.Message, Pause.TotalSeconds);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
