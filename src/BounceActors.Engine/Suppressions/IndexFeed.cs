using BounceActors.Engine.Hosting;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Suppressions;

/// <summary>
/// Fills the index from the read tables, whole at start and then with what changed. It asks for changes by number: what this or another node wrote is seen at the
/// next look, and nothing is ever passed over, however long a look was not possible.
/// </summary>
public sealed class IndexFeed(SuppressionIndex index, ReadStore store, IndexOptions options, TimeProvider time, ILogger<IndexFeed> log) : BackgroundService
{
    /// <summary>Rows of one statement.</summary>
    private const int PageSize = 5_000;

    private const int LoggedEvery = 250_000;
    private const string Ending = "the service is ending";

    /// <summary>
    /// How long a row's way into the read tables says something about the next one's. Short: after an outage of the database, rows come late once, on all
    /// nodes, and none of them would be ready meanwhile.
    /// </summary>
    private static readonly TimeSpan LagMemory = TimeSpan.FromSeconds(5);

    private readonly long[] _seen = new long[ProjectionSlices.Count];
    private TimeSpan _lag;
    private DateTimeOffset _lagAt;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _asked;
    private TaskCompletionSource _wake = New();
    private bool _hasEnded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not in the caller's thread: the host waits for the first await of each service.
        await Task.Yield();
        var every = TimeSpan.FromMilliseconds(options.PollMilliseconds);
        var failed = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var (asked, wake) = Begin();
            try
            {
                await LookAsync(stoppingToken);
                asked?.SetResult();
                failed = false;
            }
            catch (Exception cause)
            {
                asked?.SetException(stoppingToken.IsCancellationRequested ? new EngineUnavailableException(Ending, cause) : cause);
                if (!failed && !stoppingToken.IsCancellationRequested)
                {
                    log.LogWarning(cause, "The suppression index cannot look at the read tables; it tries again");
                }

                failed = true;
            }

            await Task.WhenAny(Task.Delay(every, time, stoppingToken), wake);
        }

        lock (_gate)
        {
            _hasEnded = true;
            _asked?.SetException(new EngineUnavailableException(Ending, null));
        }
    }

    /// <summary>Returns when everything is taken in that was in the read tables when this was called; throws what a look threw.</summary>
    public Task LookAgainAsync()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
            return _hasEnded ? throw new EngineUnavailableException(Ending, null) : (_asked ??= New()).Task;
        }
    }

    /// <summary>Those who asked before a look begins wait for it; those who ask meanwhile for the next.</summary>
    private (TaskCompletionSource? Asked, Task Wake) Begin()
    {
        lock (_gate)
        {
            var asked = _asked;
            (_asked, _wake) = (null, New());
            return (asked, _wake.Task);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes in all there is.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var last = new Dictionary<int, long>(await store.LastChangesAsync(ct));
        if (last.Remove(ReadStore.DeliverySlice, out var counted) && counted > 0)
        {
            index.ExpectDeliveries();
        }

        if (time.GetUtcNow() - _lagAt > LagMemory)
        {
            _lag = TimeSpan.Zero;
        }

        if (!index.IsLoaded)
        {
            await LoadAsync(ct);
            foreach (var (slice, number) in last)
            {
                _seen[slice] = number;
            }

            log.LogInformation("The suppression index is loaded: {Count} recipients, {Bytes} bytes, {Elapsed:0.0} s", index.Count, index.Bytes, time.GetElapsedTime(began).TotalSeconds);
        }

        foreach (var (slice, number) in last)
        {
            while (_seen[slice] < number)
            {
                var page = await store.ChangesAsync(slice, _seen[slice], PageSize, ct);
                foreach (var change in page)
                {
                    Take(change);
                }

                if (page.Count > 0)
                {
                    Lagged(time.GetUtcNow() - page.Min(c => c.RecordedAt));
                }

                // A row that changed again has a later number now, and will come with it.
                _seen[slice] = page.Count < PageSize ? Math.Max(number, page.Count > 0 ? page[^1].ChangeNr : 0) : page[^1].ChangeNr;
            }
        }

        index.IsCurrent(began, _lag);
    }

    private async Task LoadAsync(CancellationToken ct)
    {
        var count = 0L;
        await store.AllChangesAsync(
            change =>
            {
                Take(change);
                if (++count % LoggedEvery == 0)
                {
                    log.LogInformation("The suppression index is loading: {Count} recipients so far", count);
                }
            },
            ct);
    }

    private void Take(RecipientChange change) => index.Put(change.Key.Mark, IndexEntry.Of(change.Strongest, change.Alone, index.Reasons));

    private void Lagged(TimeSpan lag)
    {
        if (lag >= _lag || time.GetUtcNow() - _lagAt > LagMemory)
        {
            (_lag, _lagAt) = (lag, time.GetUtcNow());
        }
    }
}
