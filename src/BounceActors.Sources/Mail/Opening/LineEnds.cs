namespace BounceActors.Sources.Mail.Opening;

/// <summary>Makes bytes a single message with lines that end in LF or CRLF.</summary>
internal static class LineEnds
{
    private const int Probe = 64 * 1024;

    public static ReadOnlyMemory<byte> Normalise(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.StartsWith("\xEF\xBB\xBF"u8))
        {
            bytes = bytes[3..];
        }

        while (bytes.Length > 0 && bytes.Span[0] is (byte)'\r' or (byte)'\n')
        {
            bytes = bytes[1..];
        }

        bytes = WithLineFeeds(bytes);

        // The separator line of an mbox is no header
        while (bytes.Span.StartsWith("From "u8) || bytes.Span.StartsWith(">From "u8))
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            bytes = end < 0 ? ReadOnlyMemory<byte>.Empty : bytes[(end + 1)..];
        }

        return bytes;
    }

    /// <summary>Where the first line begins that is a header field; -1 when none does within the first lines.</summary>
    public static int FirstHeader(ReadOnlySpan<byte> mail)
    {
        var offset = 0;
        for (var lines = 0; lines < 20 && offset < mail.Length; lines++)
        {
            var end = mail[offset..].IndexOf((byte)'\n');
            var line = end < 0 ? mail[offset..] : mail.Slice(offset, end);
            if (lines > 0 && Fields.NameLength(System.Text.Encoding.Latin1.GetString(line[..Math.Min(line.Length, 100)])) > 0)
            {
                return offset;
            }

            offset = end < 0 ? mail.Length : offset + end + 1;
        }

        return -1;
    }

    /// <summary>Classic Mac OS and some gateways end lines with CR alone; every parser takes such a mail for one line.</summary>
    private static ReadOnlyMemory<byte> WithLineFeeds(ReadOnlyMemory<byte> bytes)
    {
        var probe = bytes.Span[..Math.Min(bytes.Length, Probe)];
        var carriage = probe.IndexOf((byte)'\r');
        if (carriage < 0 || 2 * (probe.Count((byte)'\r') - probe.Count("\r\n"u8)) <= probe.Count((byte)'\n'))
        {
            return bytes;
        }

        var copy = bytes.ToArray();
        for (var i = carriage; i < copy.Length; i++)
        {
            if (copy[i] == '\r' && (i + 1 == copy.Length || copy[i + 1] != '\n'))
            {
                copy[i] = (byte)'\n';
            }
        }

        return copy;
    }
}
