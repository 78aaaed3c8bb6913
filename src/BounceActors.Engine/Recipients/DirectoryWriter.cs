using System.Threading.Channels;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace BounceActors.Engine.Recipients;

/// <summary>
/// Writes addresses into the directory, the one table that holds them, before their recipients are told anything. Many waiting
/// callers share one statement; a recipient that is known to be there costs nothing.
/// </summary>
public sealed class DirectoryWriter : IAsyncDisposable
{
    private const int BatchSize = 500;
    private const int KnownKeys = 200_000;

    private readonly ReadStore _store;
    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = KnownKeys });
    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(5_000);
    private readonly Task _writing;

    public DirectoryWriter(ReadStore store)
    {
        _store = store;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Returns when the address is in the directory.</summary>
    public async Task EnsureAsync(RecipientKey key, string tenant, EmailAddress address, DateTimeOffset now, CancellationToken cancel)
    {
        if (_known.TryGetValue(key, out _))
        {
            return;
        }

        var entry = new Entry(new DirectoryEntry(key, tenant, address.Display, now));
        await _queue.Writer.WriteAsync(entry, cancel);
        await entry.Written.Task.WaitAsync(cancel);
        _known.Set(key, true, new MemoryCacheEntryOptions { Size = 1 });
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        _known.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Entry>(BatchSize);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchSize && _queue.Reader.TryRead(out var entry))
            {
                batch.Add(entry);
            }

            try
            {
                await _store.AddAddressesAsync([.. batch.Select(e => e.Row)], CancellationToken.None);
                batch.ForEach(e => e.Written.TrySetResult());
            }
            catch (Exception cause)
            {
                batch.ForEach(e => e.Written.TrySetException(cause));
            }
        }
    }

    private sealed record Entry(DirectoryEntry Row)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
