namespace BounceActors.Sources.Mail.Opening;

/// <summary>Reads streams of unknown length without trusting them.</summary>
internal static class BoundedStream
{
    public static ReadOnlyMemory<byte> ReadAll(Stream stream, int limit)
    {
        var buffer = new byte[Math.Min(limit, stream.CanSeek ? (int)Math.Min(limit, Math.Max(stream.Length - stream.Position, 0) + 1) : 64 * 1024)];
        var length = 0;
        for (int read; length < limit && (read = stream.Read(buffer, length, buffer.Length - length)) > 0;)
        {
            length += read;
            if (length == buffer.Length && length < limit)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit, Math.Max(buffer.Length, 1024) * 2L));
            }
        }

        return buffer.AsMemory(0, length);
    }
}
