using Akka.Persistence.Sql.Journal.Types;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// The journal as projections read it: by tag, in the order of the ordering numbers, and never past a number that may still appear. PostgreSQL gives
/// numbers out before the commit, so a low one may become visible after a high one. Here nothing is waited for by the clock: a number counts as decided
/// when every transaction that was writing when it was seen is over, however long that takes. A write that is rolled back holds nobody up.
/// </summary>
public sealed class JournalFeed : IAsyncDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    private readonly IJournalTables _tables;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _watching;
    private long _decided;

    /// <summary>A feed; it connects when it is first asked.</summary>
    public JournalFeed(StorageOptions options, TimeProvider time)
        : this(JournalTables.Open(options), time)
    {
    }

    internal JournalFeed(IJournalTables tables, TimeProvider time) => (_tables, _time) = (tables, time);

    /// <summary>Events of a tag after a position; waits until there is something to say. The list may be empty although the position moves.</summary>
    internal async Task<FeedBatch> NextAsync(string tag, long after, int max, CancellationToken ct)
    {
        var decided = await DecidedAsync(after, ct);
        var rows = await _tables.TaggedAsync(tag, after, decided, max, ct);
        return new FeedBatch(rows.Count == max ? rows[^1].Ordering : decided, [.. rows.Where(r => !r.Deleted && r.Identifier is not null)]);
    }

    /// <summary>Events of one persistent actor between two sequence numbers, both included.</summary>
    internal async Task<IReadOnlyList<JournalRow>> HistoryAsync(string persistenceId, long from, long to, CancellationToken ct) =>
        (await _tables.ReplayAsync([new ReplayQuery(persistenceId, from, to, int.MaxValue)], ct))[0];

    /// <summary>Whether a tag has anything between two positions, the second included.</summary>
    internal async Task<bool> HasAsync(string tag, long after, long upTo, CancellationToken ct) =>
        after < upTo && (await _tables.TaggedAsync(tag, after, upTo, 1, ct)).Count > 0;

    /// <summary>Gives back its connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watching is { } watching)
        {
            await Task.WhenAny(watching);
        }

        await _tables.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>A number above the one given up to which everything is decided.</summary>
    private async Task<long> DecidedAsync(long above, CancellationToken ct)
    {
        while (true)
        {
            Task moved;
            Task watching;
            lock (_gate)
            {
                if (_decided > above)
                {
                    return _decided;
                }

                if (_watching is null or { IsCompleted: true })
                {
                    _watching = WatchAsync();
                }

                (moved, watching) = (_moved.Task, _watching);
            }

            // When the watch ends it has failed: whoever waits hears why, and the next one to ask begins it anew.
            await (await Task.WhenAny(moved, watching).WaitAsync(ct));
        }
    }

    /// <summary>One watch for all projections of the node.</summary>
    private async Task WatchAsync()
    {
        await Task.Yield();
        var pause = Shortest;
        Writers? waitedFor = null;
        while (true)
        {
            var now = await _tables.WritersAsync(_stop.Token);
            if (now.UnderWay.Count == 0)
            {
                waitedFor = null;
                pause = Move(now.Highest) ? Shortest : Longer(pause);
            }
            else if (waitedFor is null || !waitedFor.UnderWay.Overlaps(now.UnderWay))
            {
                // All who were writing when that number was seen are over; those of now are waited for next.
                pause = waitedFor is not null && Move(waitedFor.Highest) ? Shortest : Longer(pause);
                waitedFor = now;
            }

            await Task.Delay(waitedFor is null ? pause : Shortest, _time, _stop.Token);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < Longest ? pause * 2 : Longest;

    private bool Move(long decided)
    {
        TaskCompletionSource moved;
        lock (_gate)
        {
            if (decided <= _decided)
            {
                return false;
            }

            _decided = decided;
            (moved, _moved) = (_moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
        return true;
    }
}

/// <summary>Some events of the feed.</summary>
/// <param name="End">Position after them: nothing of the tag is missing up to here.</param>
/// <param name="Rows">In the order of their ordering numbers.</param>
internal sealed record FeedBatch(long End, IReadOnlyList<JournalRow> Rows);
