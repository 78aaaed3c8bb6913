using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Inbox;

/// <summary>
/// Where raw payloads are durable before their sender hears "accepted". What is appended is worked on at once by this node if it has room, else by
/// the next sweeper that has.
/// </summary>
public sealed class Inbox : IAsyncDisposable
{
    private const int LongestKey = 200;
    private const int MostPerTransaction = 512;
    private const int MostBytesPerTransaction = 8 * 1024 * 1024;

    /// <summary>Longer than a busy database takes, shorter than most senders wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfterBacklog = TimeSpan.FromSeconds(60);

    private readonly InboxStore _store;
    private readonly InboxProcessor _processor;
    private readonly InboxBacklog _backlog;
    private readonly InboxMetrics _metrics;
    private readonly InboxOptions _options;
    private readonly TimeProvider _time;
    private readonly FairQueue<GroupCommit<NewPayload, Guid?>.Entry> _queue;
    private readonly GroupCommit<NewPayload, Guid?> _writer;

    public Inbox(InboxStore store, InboxProcessor processor, InboxBacklog backlog, InboxMetrics metrics, InboxOptions options, TimeProvider time)
    {
        _store = store;
        _processor = processor;
        _backlog = backlog;
        _metrics = metrics;
        _options = options;
        _time = time;
        _queue = new FairQueue<GroupCommit<NewPayload, Guid?>.Entry>(options.QueuePerSource, options.HalfOfMemory);
        _writer = new GroupCommit<NewPayload, Guid?>(store.IsSqlite ? 1 : 2, MostPerTransaction, MostBytesPerTransaction, _queue, WriteAsync);
        _writer.Start();
    }

    /// <summary>
    /// Returns when the payload is durable. Throws <see cref="InboxOverloadedException"/> when too much of its source is waiting already, and
    /// <see cref="StorageUnavailableException"/> when the database does not take it in time: then it may or may not be stored, and may be sent again.
    /// </summary>
    public async Task<InboxReceipt> AppendAsync(InboxPayload payload, CancellationToken cancel)
    {
        Check(payload.Source, nameof(payload.Source), least: 1);
        Check(payload.Account, nameof(payload.Account), least: 0);
        var lane = new Lane(payload.Tenant, payload.Source);
        if (_backlog.Of(lane) >= _options.MaxBacklog)
        {
            _metrics.Refused(payload.Source, "backlog");
            throw new InboxOverloadedException($"more than {_options.MaxBacklog} payloads of this source wait to be worked on", RetryAfterBacklog);
        }

        var size = payload.Body.Length;
        if (!_queue.TryEnter(lane, size))
        {
            _metrics.Refused(payload.Source, "queue");
            throw new InboxOverloadedException("too many payloads of this source wait to be stored", RetryAfter);
        }

        var now = _time.GetUtcNow();
        var keep = _processor.TryEnter(lane, size);
        var (encoding, bytes) = PayloadBytes.Pack(payload.Body);
        var headers = payload.Headers;
        var row = new NewPayload(
            Guid.CreateVersion7(payload.ReceivedAt),
            payload with { ContentType = Short(payload.ContentType) },
            KeyOf(payload.DedupeKey),
            JsonSerializer.Serialize(headers),
            encoding,
            bytes,
            keep ? now + _options.Lease : now);

        // Without the caller's token: its place is given back when it is written, and what is written must be worked on.
        var written = FollowAsync(lane, row, size, keep);
        Guid? known;
        try
        {
            known = await written.WaitAsync(Patience, _time, cancel);
        }
        catch (TimeoutException late)
        {
            _metrics.Refused(payload.Source, "slow");
            throw new StorageUnavailableException("the database does not store payloads in time", late);
        }

        _metrics.Appended(payload.Source, known is null, size);
        return new InboxReceipt(known ?? row.Id, known is not null);
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private async Task<Guid?> FollowAsync(Lane lane, NewPayload row, int size, bool keep)
    {
        Guid? known;
        try
        {
            known = await _writer.WriteAsync(lane, row, size);
        }
        catch
        {
            if (keep)
            {
                _processor.Leave(lane, size);
            }

            throw;
        }

        if (keep && known is null)
        {
            _processor.Add(new StoredPayload
            {
                Id = row.Id,
                Tenant = row.Payload.Tenant,
                Source = row.Payload.Source,
                Account = row.Payload.Account,
                ContentType = row.Payload.ContentType,
                Headers = row.Payload.Headers,
                Body = row.Payload.Body,
                ReceivedAt = row.Payload.ReceivedAt,
                Generation = 1,
            });
        }
        else if (keep)
        {
            _processor.Leave(lane, size);
        }

        return known;
    }

    private async Task<IReadOnlyList<Guid?>> WriteAsync(IReadOnlyList<NewPayload> rows)
    {
        var known = await _store.AppendAsync(rows, CancellationToken.None);
        return [.. rows.Select(r => known.TryGetValue(r.Id, out var id) ? id : (Guid?)null)];
    }

    private static string? KeyOf(string? dedupeKey) => dedupeKey is not { Length: > LongestKey }
        ? dedupeKey
        : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dedupeKey)))}";

    private static string? Short(string? text) => text is { Length: > 500 } ? text[..500] : text;

    private static void Check(string name, string what, int least)
    {
        if (name.Length < least || name.Length > InboxPayload.MaxName)
        {
            throw new ArgumentException($"must have {least} to {InboxPayload.MaxName} characters", what);
        }
    }
}
