using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>Where a follower's lines go and where its position is kept.</summary>
/// <param name="Append">Returns when a payload is durable.</param>
/// <param name="Load">The position as it was saved; null when none was.</param>
/// <param name="Save">Saves the position.</param>
internal sealed record LogStore(
    Func<InboxPayload, CancellationToken, Task> Append, Func<CancellationToken, Task<string?>> Load, Func<string, CancellationToken, Task> Save);

/// <summary>
/// Follows one log: reads what was added, puts the lines that report something into the inbox, and only then moves its position. A process that dies between the
/// two reads some lines again; they have the same ids and are known again. When the inbox is full, nothing is read until it has room.
/// </summary>
internal sealed class LogFollower(LogFollowerOptions options, LogStore store, TimeProvider time, ILogger log)
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxLines = 500;
    private const int WarmUpBytes = 4 * 1024 * 1024;
    private const int WarmUpFiles = 3;

    /// <summary>Lines longer than this are not even looked for their end.</summary>
    private const int MaxSkipped = 16 * 1024 * 1024;

    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SaveIdleEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly LogFiles _files = new(options.Path, options.From);
    private readonly byte[] _buffer = new byte[MaxBytes];
    private LogReader? _reader;
    private bool _restored;
    private IReadOnlyList<FilePosition> _saved = [];
    private DateTimeOffset _savedAt;

    public LogFollowerStatus Status { get; } = new(options);

    /// <summary>Messages span files; columns do not.</summary>
    private bool ReaderPerFile => options.Format is LogFormat.PowerMta or LogFormat.KumoMta;

    /// <summary>Follows until told to stop.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var pause = TimeSpan.FromMilliseconds(options.PollMilliseconds);
        while (!cancel.IsCancellationRequested)
        {
            var next = pause;
            try
            {
                await StepAsync(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // What was read but not stored has to be read again, by a reader that has not seen it
                _reader = null;
                _restored = false;
                next = Max(pause, TimeSpan.FromSeconds(5));
                Status.Failed(Reason(e), time.GetUtcNow());
                log.LogWarning("The log {Log} cannot be read for the moment: {Reason}", options.Name, Reason(e));
            }

            await Task.Delay(next, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads everything there is at the moment.</summary>
    public async Task StepAsync(CancellationToken cancel)
    {
        if (!_restored)
        {
            _files.Restore(LogPosition.Parse(await store.Load(cancel)));
            _restored = true;
        }

        var files = _files.Look(time.GetUtcNow());
        try
        {
            _reader ??= WarmedUp(files);
            foreach (var (file, position) in files)
            {
                await ReadAsync(file, position, cancel);
            }

            Status.Looked(files.Count, time.GetUtcNow());
            await SaveAsync(force: false, cancel);
        }
        finally
        {
            foreach (var (file, _) in files)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Saves the position where it stands, at the end.</summary>
    public Task StopAsync(CancellationToken cancel) => _restored ? SaveAsync(force: true, cancel) : Task.CompletedTask;

    private async Task ReadAsync(LogFile file, FilePosition position, CancellationToken cancel)
    {
        var reader = _reader!;
        if (ReaderPerFile && position.Offset < file.Length)
        {
            reader = new LogReader(options.Format!.Value, options.ReaderOptions);
            WarmUp(reader, file, 0, Math.Min(position.Offset, MaxBytes));
        }

        while (position.Offset < file.Length)
        {
            cancel.ThrowIfCancellationRequested();
            var count = file.Read(position.Offset, _buffer);
            if (count == 0)
            {
                break;
            }

            var (consumed, batch) = Take(reader, file, _buffer.AsSpan(0, count), position.Offset + count == file.Length);
            if (consumed == 0 && count == MaxBytes)
            {
                consumed = EndOfLongLine(file, position.Offset);
                Status.Malformed($"a line longer than {MaxBytes} bytes was passed over", time.GetUtcNow());
            }

            if (consumed == 0)
            {
                break;
            }

            if (batch.Lines > 0)
            {
                var place = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{file.Device:x}-{file.Inode:x}/{position.Offset}-{position.Offset + consumed}/{Convert.ToHexStringLower(SHA256.HashData(_buffer.AsSpan(0, (int)Math.Min(consumed, count))).AsSpan(0, 8))}");
                await AppendAsync(LogPayloads.Of(options.Tenant, options.Name, options.Format!.Value, options.ReaderOptions, batch.Text, place, file.LastWrite, time.GetUtcNow()), cancel);
            }

            var after = file.At(position.Offset + consumed);
            _files.Read(position, after);
            position = after;
            Status.Read(file, position);
            await SaveAsync(batch.Lines > 0, cancel);
        }

        Status.Read(file, position);
    }

    /// <summary>Reads whole lines off a piece of a file, as many as one payload takes.</summary>
    private (long Consumed, LogBatch Batch) Take(LogReader reader, LogFile file, ReadOnlySpan<byte> bytes, bool isEnd)
    {
        var batch = new LogBatch(reader);
        var at = 0;
        var now = time.GetUtcNow();
        while (at < bytes.Length && batch.Lines < MaxLines && batch.Length < MaxBytes)
        {
            var length = bytes[at..].IndexOf((byte)'\n');
            if (length < 0 && !(isEnd && _files.IsFinished(file, now)))
            {
                break;
            }

            var line = Encoding.UTF8.GetString(length < 0 ? bytes[at..] : bytes.Slice(at, length)).TrimEnd('\r');
            at = length < 0 ? bytes.Length : at + length + 1;
            Status.Line(batch.Add(line, file.LastWrite), now);
        }

        return (at, batch);
    }

    /// <summary>Puts a payload into the inbox, however long that takes: what follows waits, and with it the file.</summary>
    private async Task AppendAsync(InboxPayload payload, CancellationToken cancel)
    {
        for (var pause = TimeSpan.FromSeconds(1); ; pause = Min(2 * pause, LongestPause))
        {
            try
            {
                await store.Append(payload, cancel);
                Status.Appended();
                return;
            }
            catch (Exception e) when (e is InboxOverloadedException or StorageUnavailableException)
            {
                Status.Waits(Reason(e), time.GetUtcNow());
                await Task.Delay(e is InboxOverloadedException full ? Max(pause, full.RetryAfter) : pause, time, cancel);
            }
        }
    }

    private async Task SaveAsync(bool force, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var position = _files.Position;
        if (force || now - _savedAt >= (position.Files.SequenceEqual(_saved) ? SaveIdleEvery : SaveEvery))
        {
            await store.Save(position.ToText(), cancel);
            (_saved, _savedAt) = ([.. position.Files], now);
        }
    }

    /// <summary>A reader that has seen what was written last before the place to go on at: senders and message ids of mails on their way.</summary>
    private LogReader WarmedUp(IReadOnlyList<(LogFile File, FilePosition Position)> files)
    {
        var reader = new LogReader(options.Format!.Value, options.ReaderOptions);
        if (!ReaderPerFile)
        {
            foreach (var (file, position) in files.Where(f => f.Position.Offset > 0).TakeLast(WarmUpFiles))
            {
                WarmUp(reader, file, Math.Max(0, position.Offset - WarmUpBytes), position.Offset);
            }
        }

        return reader;
    }

    private static void WarmUp(LogReader reader, LogFile file, long from, long to)
    {
        var bytes = new byte[to - from];
        var count = 0;
        while (count < bytes.Length && file.Read(from + count, bytes.AsSpan(count)) is > 0 and var read)
        {
            count += read;
        }

        var text = bytes.AsSpan(0, count);
        if (from > 0)
        {
            text = text[(text.IndexOf((byte)'\n') + 1)..];
        }

        while (text.IndexOf((byte)'\n') is >= 0 and var end)
        {
            reader.Read(Encoding.UTF8.GetString(text[..end]), file.LastWrite);
            text = text[(end + 1)..];
        }
    }

    /// <summary>How many bytes a line has that does not fit; 0 when its end is not written yet.</summary>
    private static long EndOfLongLine(LogFile file, long from)
    {
        var bytes = new byte[MaxBytes];
        for (long skipped = 0; ;)
        {
            var count = file.Read(from + skipped, bytes);
            if (count == 0)
            {
                return skipped > MaxSkipped ? skipped : 0;
            }

            var end = bytes.AsSpan(0, count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return skipped + end + 1;
            }

            skipped += count;
        }
    }

    private static string Reason(Exception e) => e is UnauthorizedAccessException ? "it may not be read by the user the service runs as" : $"{e.GetType().Name}: {e.Message}";

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
