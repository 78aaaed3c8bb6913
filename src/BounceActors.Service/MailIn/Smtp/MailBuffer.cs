using System.Buffers;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>Memory all connections share for mails on their way in.</summary>
internal sealed class MailMemory(long bytes)
{
    private long _free = bytes;

    public bool TryTake(long count)
    {
        if (Interlocked.Add(ref _free, -count) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _free, count);
        return false;
    }

    public void Give(long count) => Interlocked.Add(ref _free, count);
}

/// <summary>A mail on its way in. Keeps nothing once it is too large, or there is no memory left.</summary>
internal sealed class MailBuffer(int most, MailMemory memory) : IDisposable
{
    private const int Block = 64 * 1024;

    private ArrayBufferWriter<byte>? _bytes = new();
    private long _taken;

    /// <summary>Most bytes it may have.</summary>
    public int Most { get; } = most;

    public bool IsTooLarge { get; private set; }

    public bool IsOutOfMemory { get; private set; }

    /// <summary>What was written; empty when it could not be kept.</summary>
    public ReadOnlyMemory<byte> Written => _bytes?.WrittenMemory ?? default;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_bytes is null)
        {
            return;
        }

        var length = (long)_bytes.WrittenCount + bytes.Length;
        if (length > Most)
        {
            IsTooLarge = true;
            Dispose();
            return;
        }

        if (length > _taken)
        {
            // Twice, because the buffer grows by doubling.
            var more = Math.Max(Block, (length * 2) - _taken);
            if (!memory.TryTake(more))
            {
                IsOutOfMemory = true;
                Dispose();
                return;
            }

            _taken += more;
        }

        _bytes.Write(bytes);
    }

    public void Dispose()
    {
        _bytes = null;
        memory.Give(Interlocked.Exchange(ref _taken, 0));
    }
}
