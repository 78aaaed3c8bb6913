using System.Threading.Channels;

namespace BounceActors.Engine.Storage;

/// <summary>Lets many callers share one statement: what waits while one runs goes together into the next.</summary>
internal sealed class Batcher<T, TResult> : IAsyncDisposable
{
    private readonly int _size;
    private readonly Func<IReadOnlyList<T>, Task<IReadOnlyList<TResult>>> _run;
    private readonly Channel<Waiting> _queue;
    private readonly Task _running;

    /// <param name="size">Most items of one statement.</param>
    /// <param name="queue">Most items that wait; more wait at the door.</param>
    /// <param name="run">Runs the statement and gives a result for each item, in order.</param>
    public Batcher(int size, int queue, Func<IReadOnlyList<T>, Task<IReadOnlyList<TResult>>> run)
    {
        _size = size;
        _run = run;
        _queue = Channel.CreateBounded<Waiting>(queue);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Returns the item's result once its statement has run; throws what the statement threw.</summary>
    public async Task<TResult> RunAsync(T item, CancellationToken cancel)
    {
        var waiting = new Waiting(item);
        await _queue.Writer.WriteAsync(waiting, cancel);
        return await waiting.Done.Task.WaitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(_size);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _size && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            try
            {
                var results = await _run(batch.ConvertAll(w => w.Item));
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Done.TrySetResult(results[i]);
                }
            }
            catch (Exception cause)
            {
                batch.ForEach(w => w.Done.TrySetException(cause));
            }
        }
    }

    private sealed record Waiting(T Item)
    {
        public TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
