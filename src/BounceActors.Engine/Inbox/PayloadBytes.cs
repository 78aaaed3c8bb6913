using System.Buffers;
using System.IO.Compression;

namespace BounceActors.Engine.Inbox;

/// <summary>A body as it is stored: compressed where that pays.</summary>
internal static class PayloadBytes
{
    public const string Raw = "raw";
    public const string Brotli = "br";

    /// <summary>Below this a row is as small as it gets.</summary>
    private const int WorthTrying = 512;

    // The fastest level: JSON and mails shrink to a fifth with it, and a door must not wait for the last percent.
    private const int Quality = 1;
    private const int Window = 22;

    public static (string Encoding, byte[] Bytes) Pack(ReadOnlyMemory<byte> body)
    {
        if (body.Length >= WorthTrying)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(body.Length);
            try
            {
                if (BrotliEncoder.TryCompress(body.Span, buffer, out var written, Quality, Window) && written < body.Length * 9L / 10)
                {
                    return (Brotli, buffer.AsSpan(0, written).ToArray());
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return (Raw, body.ToArray());
    }

    public static byte[] Unpack(string encoding, byte[] bytes, long size)
    {
        if (encoding == Raw)
        {
            return bytes;
        }

        var body = new byte[size];
        return encoding == Brotli && BrotliDecoder.TryDecompress(bytes, body, out var written) && written == size
            ? body
            : throw new InvalidDataException($"a stored payload of encoding {encoding} cannot be unpacked");
    }
}
