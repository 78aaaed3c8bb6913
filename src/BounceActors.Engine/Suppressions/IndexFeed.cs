using BounceActors.Engine.Hosting;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Suppressions;

/// <summary>
/// Fills the index from the read tables, whole at start and then with what changed. It asks for changes by number: what this or another node wrote is seen at the
/// next look, and nothing is ever passed over, however long a look was not possible.
/// </summary>
public sealed class IndexFeed(SuppressionIndex index, ReadStore store, JournalFeed journal, IndexOptions options, TimeProvider time, ILogger<IndexFeed> log) : BackgroundService
{
    /// <summary>Rows of one statement.</summary>
    private const int PageSize = 5_000;

    private const int LoggedEvery = 250_000;

    /// <summary>
    /// How long a row's way into the read tables says something about the next one's. Short: after an outage of the database, rows come late once, on all
    /// nodes, and none of them would be ready meanwhile.
    /// </summary>
    private static readonly TimeSpan LagMemory = TimeSpan.FromSeconds(5);

    private readonly long[] _seen = new long[ProjectionSlices.Count];
    private TimeSpan _lag;
    private DateTimeOffset _lagAt;
    private long? _journalAtStart;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not in the caller's thread: the host waits for the first await of each service.
        await Task.Yield();
        var every = TimeSpan.FromMilliseconds(options.PollMilliseconds);
        var failed = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
                failed = false;
            }
            catch (Exception cause) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failed)
                {
                    log.LogWarning(cause, "The suppression index cannot look at the read tables; it tries again");
                }

                failed = true;
            }

            await Task.Delay(every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes in all there is.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var hasWholeJournal = index.HasWholeJournal || await AreProjectionsPastStartAsync(ct);
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
        if (hasWholeJournal)
        {
            index.TookWholeJournal();
        }
    }

    /// <summary>Whether everything that was in the journal when this node started is in the read tables. What came later this node knows by itself.</summary>
    private async Task<bool> AreProjectionsPastStartAsync(CancellationToken ct)
    {
        _journalAtStart ??= await journal.HeadAsync(ct);
        for (var slice = 0; slice < ProjectionSlices.Count; slice++)
        {
            var offset = await store.OffsetAsync(ProjectionActor.NameOf(slice), ct);
            if (await journal.HasAsync(ProjectionSlices.TagOf(slice), offset, _journalAtStart.Value, ct))
            {
                return false;
            }
        }

        return true;
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
