namespace BounceActors.Engine.Inbox;

/// <summary>Many that write at the same time share one transaction.</summary>
/// <param name="writers">Transactions at the same time.</param>
/// <param name="mostItems">Most items of one.</param>
/// <param name="mostBytes">About the most bytes of one.</param>
/// <param name="queue">Where items wait; each leaves its place when it is written.</param>
/// <param name="write">Writes items; its results, in their order, go to those who wait.</param>
internal sealed class GroupCommit<TItem, TResult>(
    int writers, int mostItems, long mostBytes, FairQueue<GroupCommit<TItem, TResult>.Entry> queue, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> write)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _writing = Task.CompletedTask;

    internal sealed record Entry(TItem Item)
    {
        public TaskCompletionSource<TResult> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Start() => _writing = Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(WriteAsync)));

    /// <summary>Returns when the item is written. Its place must have been taken.</summary>
    public Task<TResult> WriteAsync(Lane lane, TItem item, long size)
    {
        var entry = new Entry(item);
        queue.Add(lane, entry, size);
        return entry.Written.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<(Lane Lane, Entry Item, long Size)>();
        while (await NextAsync() is { } first)
        {
            batch.Clear();
            batch.Add(first);
            var bytes = first.Size;
            while (batch.Count < mostItems && bytes < mostBytes && queue.TryTake(out var next))
            {
                batch.Add(next);
                bytes += next.Size;
            }

            try
            {
                var results = await write(batch.ConvertAll(e => e.Item.Item));
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Item.Written.TrySetResult(results[i]);
                }
            }
            catch (Exception cause)
            {
                batch.ForEach(e => e.Item.Written.TrySetException(cause));
            }
            finally
            {
                batch.ForEach(e => queue.Leave(e.Lane, e.Size));
            }
        }
    }

    /// <summary>The next item; null when it is over and nothing waits.</summary>
    private async Task<(Lane Lane, Entry Item, long Size)?> NextAsync()
    {
        try
        {
            return await queue.TakeAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return queue.TryTake(out var last) ? last : null;
        }
    }
}
