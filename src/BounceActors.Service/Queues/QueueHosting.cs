using Amazon.SQS;
using BounceActors.Engine.Inbox;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;

namespace BounceActors.Service.Queues;

/// <summary>Reads the queues of all accounts while the process runs. Every node does: SQS gives each message to one of them.</summary>
internal sealed class QueueReaders(WebhookAccounts accounts, Inbox inbox, SourceMonitor monitor, TimeProvider time, ILogger<QueueReaders> log) : BackgroundService
{
    private readonly IReadOnlyList<(QueueReader Reader, IAmazonSQS Client)> _readers =
    [
        .. accounts.All.Where(a => a.Queue is not null).Select(a =>
        {
            var client = a.Queue!.Client();
            return (new QueueReader(a, client, inbox.AppendAsync, monitor, time, log), client);
        }),
    ];

    /// <summary>How the queue of an account is; null when it has none.</summary>
    public QueueStatus? Find(WebhookAccountSettings account) => _readers.FirstOrDefault(r => r.Reader.Account == account).Reader?.Status;

    public override void Dispose()
    {
        foreach (var (_, client) in _readers)
        {
            client.Dispose();
        }

        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_readers.Select(r => Task.Run(() => r.Reader.RunAsync(stoppingToken), CancellationToken.None)));
}

internal static class QueueHosting
{
    /// <summary>The readers; after the engine, so that they end before it.</summary>
    public static WebApplicationBuilder AddQueues(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<QueueReaders>();
        builder.Services.AddHostedService(services => services.GetRequiredService<QueueReaders>());
        return builder;
    }
}
