using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail;

/// <summary>Takes files of mail apart: mbox files into messages. A file of a Maildir is one message and needs no splitting.</summary>
public static class MailFiles
{
    /// <summary>Most bytes kept of one message unless the caller says otherwise.</summary>
    public const int DefaultMaxMessageBytes = 50 * 1024 * 1024;

    /// <summary>Whether a file is an mbox: it begins with a separator line (<c>From sender date</c>, RFC 4155).</summary>
    /// <param name="start">The first bytes of the file; 200 are enough.</param>
    public static bool LooksLikeMbox(ReadOnlySpan<byte> start)
    {
        while (start.Length > 0 && start[0] is (byte)'\r' or (byte)'\n')
        {
            start = start[1..];
        }

        return IsSeparator(start);
    }

    /// <summary>
    /// The messages of an mbox, without separator lines. A separator is a <c>From </c> line with a year in it after an empty line; <c>Content-Length</c> is not
    /// believed, because it is wrong wherever line ends were changed, and <c>&gt;From </c> within a message is unquoted.
    /// </summary>
    /// <param name="mbox">The file; read once, from front to back.</param>
    /// <param name="maxMessageBytes">Bytes kept of one message; the rest of it is passed over.</param>
    /// <param name="maxMessages">Messages returned at most.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> SplitMbox(Stream mbox, int maxMessageBytes = DefaultMaxMessageBytes, int maxMessages = int.MaxValue)
    {
        var lines = new LineReader(mbox);
        var message = new MemoryStream();
        var inMessage = false;
        var afterEmpty = true;
        var returned = 0;
        while (returned < maxMessages && lines.Next(out var line))
        {
            var span = line.Span;
            if (afterEmpty && IsSeparator(span))
            {
                if (inMessage && message.Length > 0)
                {
                    returned++;
                    yield return Taken(message);
                }

                message = new MemoryStream();
                inMessage = true;
                afterEmpty = false;
                continue;
            }

            afterEmpty = span.TrimEnd("\r\n"u8).IsEmpty;
            inMessage = inMessage || !afterEmpty;
            if (message.Length < maxMessageBytes)
            {
                var unquoted = IsQuotedSeparator(span) ? span[1..] : span;
                message.Write(unquoted[..(int)Math.Min(unquoted.Length, maxMessageBytes - message.Length)]);
            }
        }

        if (returned < maxMessages && inMessage && message.Length > 0)
        {
            yield return Taken(message);
        }
    }

    private static ReadOnlyMemory<byte> Taken(MemoryStream message) => message.GetBuffer().AsMemory(0, (int)message.Length);

    private static bool IsQuotedSeparator(ReadOnlySpan<byte> line)
    {
        var bare = line.TrimStart((byte)'>');
        return bare.Length < line.Length && bare.StartsWith("From "u8);
    }

    /// <summary>A text line may begin with "From " too; only a separator has a time of day or a year behind it.</summary>
    private static bool IsSeparator(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("From "u8))
        {
            return false;
        }

        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        line = end < 0 ? line : line[..end];
        for (var i = 5; i + 5 <= line.Length; i++)
        {
            if (char.IsAsciiDigit((char)line[i]) && char.IsAsciiDigit((char)line[i + 1]) && line[i + 2] == ':' && char.IsAsciiDigit((char)line[i + 3]) && char.IsAsciiDigit((char)line[i + 4]))
            {
                return true;
            }
        }

        return false;
    }
}
