using System.Text;

namespace BounceActors.Cli.Input;

/// <summary>Lines of a stream, each bounded in length, so that no input can fill the memory.</summary>
internal static class InputLines
{
    /// <summary>Longest line taken, in bytes. The longest SMTP replies seen are a few thousand.</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>The lines without their ends (LF or CRLF), with their number from 1. The text is null when the line was longer than <see cref="MaxLength"/>.</summary>
    public static IEnumerable<(long Number, string? Text)> Read(Stream stream)
    {
        var block = new byte[64 * 1024];
        var line = new MemoryStream();
        var tooLong = false;
        long number = 1;
        int count;
        while ((count = stream.Read(block, 0, block.Length)) > 0)
        {
            var start = 0;
            while (start < count)
            {
                var end = Array.IndexOf(block, (byte)'\n', start, count - start);
                var length = (end < 0 ? count : end) - start;
                tooLong |= line.Length + length > MaxLength;
                if (!tooLong)
                {
                    line.Write(block, start, length);
                }

                start += length + 1;
                if (end >= 0)
                {
                    yield return (number++, tooLong ? null : Text(line));
                    line.SetLength(0);
                    tooLong = false;
                }
            }
        }

        if (tooLong || line.Length > 0)
        {
            yield return (number, tooLong ? null : Text(line));
        }
    }

    private static string Text(MemoryStream line)
    {
        var bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        return Encoding.UTF8.GetString(bytes.EndsWith("\r"u8) ? bytes[..^1] : bytes);
    }
}
