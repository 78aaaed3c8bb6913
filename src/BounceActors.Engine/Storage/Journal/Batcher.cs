using System.Threading.Channels;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// One call for many callers: what is submitted while a call is under way goes into the next one, together. Bounded in what may wait, and in what
/// goes into one call. Items of one key are done one after another, in the order they were submitted.
/// </summary>
internal sealed class Batcher<TItem, TResult>
{
    private readonly Lane[] _lanes;
    private readonly Limits _limits;
    private readonly Func<TItem, long> _weight;
    private readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> _run;
    private readonly Func<Exception, bool> _isOfOne;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>A batcher; it runs until <see cref="Stop"/>.</summary>
    /// <param name="limits">How much.</param>
    /// <param name="weight">What an item adds to the weight of a call.</param>
    /// <param name="run">Does it for many items; one result for each, in their order. All or nothing.</param>
    /// <param name="isOfOne">Whether an error is the fault of some item, so that the others are worth being done alone. Nothing may have been done when it says so.</param>
    public Batcher(
        Limits limits,
        Func<TItem, long> weight,
        Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> run,
        Func<Exception, bool> isOfOne)
    {
        _limits = limits;
        _weight = weight;
        _run = run;
        _isOfOne = isOfOne;
        _lanes = [.. Enumerable.Range(0, limits.Lanes).Select(_ => new Lane(Channel.CreateBounded<Waiting>(new BoundedChannelOptions(limits.Waiting) { SingleReader = true })))];
        foreach (var lane in _lanes)
        {
            _ = Task.Run(() => WorkAsync(lane));
        }
    }

    /// <summary>The result of one item. Fails at once when too many are waiting.</summary>
    public Task<TResult> SubmitAsync(string key, TItem item, CancellationToken cancel)
    {
        var waiting = new Waiting(item, cancel);
        var lane = _lanes[(key.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % _lanes.Length];
        return lane.Queue.Writer.TryWrite(waiting)
            ? waiting.Result.Task
            : Task.FromException<TResult>(_stop.IsCancellationRequested
                ? new OperationCanceledException("the journal is shutting down")
                : new BatcherFullException(_limits.Waiting));
    }

    /// <summary>Ends. What waits is cancelled; what is under way is cut off.</summary>
    public void Stop()
    {
        _stop.Cancel();
        foreach (var lane in _lanes)
        {
            lane.Queue.Writer.TryComplete();
        }
    }

    private async Task WorkAsync(Lane lane)
    {
        var batch = new List<Waiting>();
        while (await lane.Queue.Reader.WaitToReadAsync())
        {
            Fill(lane, batch);
            await RunAsync(batch);
            batch.Clear();
        }
    }

    private void Fill(Lane lane, List<Waiting> batch)
    {
        var weight = 0L;
        while (batch.Count < _limits.Items && lane.Queue.Reader.TryPeek(out var next))
        {
            // Who no longer waits need not be served; what a caller was told has failed should not be done afterwards.
            if (next.Cancel.IsCancellationRequested || _stop.IsCancellationRequested)
            {
                lane.Queue.Reader.TryRead(out _);
                next.Result.TrySetCanceled();
                continue;
            }

            weight += _weight(next.Item);
            if (batch.Count > 0 && weight > _limits.Weight)
            {
                return;
            }

            lane.Queue.Reader.TryRead(out _);
            batch.Add(next);
        }
    }

    private async Task RunAsync(IReadOnlyList<Waiting> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            var results = await _run([.. batch.Select(w => w.Item)], _stop.Token);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Result.TrySetResult(results[i]);
            }
        }
        catch (Exception cause) when (batch.Count > 1 && _isOfOne(cause))
        {
            foreach (var one in batch)
            {
                await RunAsync([one]);
            }
        }
        catch (Exception cause)
        {
            foreach (var one in batch)
            {
                one.Result.TrySetException(cause);
            }
        }
    }

    private sealed record Lane(Channel<Waiting> Queue);

    private sealed record Waiting(TItem Item, CancellationToken Cancel)
    {
        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Limits of a <see cref="Batcher{TItem,TResult}"/>.</summary>
/// <param name="Lanes">Calls at once; the items of a key share a lane.</param>
/// <param name="Waiting">Most items that wait in a lane.</param>
/// <param name="Items">Most items of a call.</param>
/// <param name="Weight">Most weight of a call; an item that is heavier goes alone.</param>
internal sealed record Limits(int Lanes, int Waiting, int Items, long Weight);

/// <summary>Too many callers wait already; nothing was done.</summary>
internal sealed class BatcherFullException(int waiting) : Exception($"{waiting} calls wait for the database already");
