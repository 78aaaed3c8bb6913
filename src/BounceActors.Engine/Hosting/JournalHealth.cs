using BounceActors.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Hosting;

/// <summary>
/// Asks the database once a second whether it is there, so that the door refuses at once while it is not, instead of letting every
/// report wait for the journal's own time limits.
/// </summary>
public sealed class JournalHealth(ReadStore store, TimeProvider time, ILogger<JournalHealth> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private volatile string? _problem;

    /// <summary>Why the database cannot be used; null when it can.</summary>
    public string? Problem => _problem;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            string? problem = null;

            // Ended, not only no longer waited for: each would keep a connection of the pool for as long as the network is silent.
            using var patience = new CancellationTokenSource(Timeout, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
            try
            {
                await store.PingAsync(ending.Token).WaitAsync(Timeout, time, stoppingToken);
            }
            catch (Exception cause) when (cause is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                problem = cause is TimeoutException or OperationCanceledException ? "the database does not answer" : "the database cannot be reached";
                if (_problem is null)
                {
                    log.LogError(cause, "The database cannot be used; reports are refused with 503 until it is back");
                }
            }

            if (problem is null && _problem is not null)
            {
                log.LogInformation("The database is back");
            }

            _problem = problem;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
