using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>What came instead of, or as, a command.</summary>
internal enum LineKind
{
    Command,

    /// <summary>Longer than any command; nothing of it is kept.</summary>
    TooLong,

    /// <summary>A CR or LF alone, or another control character: nobody who means well sends it.</summary>
    Malformed,

    /// <summary>The client has gone.</summary>
    End,
}

/// <summary>A command line without its end. Text that is no UTF-8 is malformed.</summary>
internal readonly record struct SmtpLine(LineKind Kind, string Text = "");

/// <summary>How the transfer of a mail's text ended.</summary>
internal enum TransferEnd
{
    Complete,

    /// <summary>It is whole, but has a CR or LF alone in it: another server might see another end (RFC 5321 section 2.3.8).</summary>
    BareLineEnd,

    /// <summary>The client has gone, or sent far more than allowed.</summary>
    Broken,
}

/// <summary>Commands and mails out of the bytes of a connection. Only CR LF ends a line, only CR LF . CR LF ends a mail.</summary>
/// <param name="reader">The bytes.</param>
/// <param name="beforeWaiting">Called when nothing complete is there and the client has to send: answers have to be on their way by then.</param>
internal sealed class SmtpInput(PipeReader reader, Func<CancellationToken, ValueTask> beforeWaiting)
{
    /// <summary>RFC 5321 asks for 512, and what extensions add to MAIL is about as much again.</summary>
    public const int LongestLine = 2_048;

    /// <summary>What of a line that is too long is waited out.</summary>
    private const int LongestWaste = 64 * 1024;

    /// <summary>How much more than is allowed a client may send before it is cut off; up to there it hears why.</summary>
    private const long MostBeyond = 64 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private enum At
    {
        LineStart,
        InLine,
        Cr,
        Dot,
        DotCr,
    }

    /// <summary>Whether bytes are there already, for which nobody has waited.</summary>
    public bool HasMore()
    {
        if (!reader.TryRead(out var read))
        {
            return false;
        }

        reader.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    /// <summary>The next command.</summary>
    public async ValueTask<SmtpLine> ReadLineAsync(CancellationToken cancel)
    {
        var wasted = 0L;
        while (true)
        {
            var read = await NextAsync(cancel);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end);
                var length = wasted + line.Length;
                var kind = length > LongestWaste ? new SmtpLine(LineKind.End) : length > LongestLine ? new SmtpLine(LineKind.TooLong) : Command(line);
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return kind;
            }

            if (read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.End);
                return new SmtpLine(LineKind.End);
            }

            if (read.Buffer.Length <= LongestLine)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            wasted += read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
            if (wasted > LongestWaste)
            {
                return new SmtpLine(LineKind.End);
            }
        }
    }

    /// <summary>The text of a mail up to CR LF . CR LF, dots taken away (RFC 5321 section 4.5.2).</summary>
    public async ValueTask<TransferEnd> ReadDataAsync(MailBuffer mail, CancellationToken cancel)
    {
        var at = At.LineStart;
        var bare = false;
        var seen = 0L;
        while (true)
        {
            var read = await NextAsync(cancel);
            var consumed = Unstuff(read.Buffer, mail, ref at, ref bare, out var ended);
            seen += read.Buffer.Slice(0, consumed).Length;
            reader.AdvanceTo(consumed);
            if (ended)
            {
                return bare ? TransferEnd.BareLineEnd : TransferEnd.Complete;
            }

            if (read.IsCompleted || seen > mail.Most + MostBeyond)
            {
                return TransferEnd.Broken;
            }
        }
    }

    /// <summary>A chunk of a known size (RFC 3030); <paramref name="mail"/> is null when nobody wants it.</summary>
    public async ValueTask<TransferEnd> ReadChunkAsync(long size, MailBuffer? mail, CancellationToken cancel)
    {
        if (size > (mail?.Most ?? 0) + MostBeyond)
        {
            return TransferEnd.Broken;
        }

        for (var left = size; left > 0;)
        {
            var read = await NextAsync(cancel);
            var part = read.Buffer.Slice(0, Math.Min(left, read.Buffer.Length));
            foreach (var piece in part)
            {
                mail?.Write(piece.Span);
            }

            left -= part.Length;
            reader.AdvanceTo(part.End);
            if (left > 0 && read.IsCompleted)
            {
                return TransferEnd.Broken;
            }
        }

        return TransferEnd.Complete;
    }

    private static SmtpLine Command(ReadOnlySequence<byte> line)
    {
        var bytes = line.ToArray();
        if (bytes is not [.. var text, (byte)'\r'] || bytes.AsSpan(0, bytes.Length - 1).ContainsAnyInRange((byte)0, (byte)31) || bytes.Contains((byte)127))
        {
            return new SmtpLine(LineKind.Malformed);
        }

        try
        {
            return new SmtpLine(LineKind.Command, Strict.GetString(text));
        }
        catch (DecoderFallbackException)
        {
            return new SmtpLine(LineKind.Malformed);
        }
    }

    private static SequencePosition Unstuff(ReadOnlySequence<byte> bytes, MailBuffer mail, ref At at, ref bool bare, out bool ended)
    {
        var consumed = 0L;
        foreach (var piece in bytes)
        {
            var text = piece.Span;
            for (var i = 0; i < text.Length;)
            {
                var c = text[i];
                switch (at)
                {
                    case At.Cr when c == '\n':
                        mail.Write("\r\n"u8);
                        at = At.LineStart;
                        i++;
                        break;
                    case At.Cr:
                        mail.Write("\r"u8);
                        bare = true;
                        at = At.InLine;
                        break;
                    case At.DotCr when c == '\n':
                        ended = true;
                        return bytes.GetPosition(consumed + i + 1);
                    case At.DotCr:
                        mail.Write("\r"u8);
                        bare = true;
                        at = At.InLine;
                        break;
                    case At.LineStart when c == '.':
                        at = At.Dot;
                        i++;
                        break;
                    case At.Dot when c == '\r':
                        at = At.DotCr;
                        i++;
                        break;
                    case At.LineStart or At.Dot:
                        at = At.InLine;
                        break;
                    default:
                        var rest = text[i..];
                        var stop = rest.IndexOfAny((byte)'\r', (byte)'\n');
                        var plain = stop < 0 ? rest : rest[..stop];
                        mail.Write(plain);
                        i += plain.Length;
                        if (stop >= 0)
                        {
                            if (text[i] == '\n')
                            {
                                mail.Write("\n"u8);
                                bare = true;
                            }
                            else
                            {
                                at = At.Cr;
                            }

                            i++;
                        }

                        break;
                }
            }

            consumed += piece.Length;
        }

        ended = false;
        return bytes.End;
    }

    private async ValueTask<ReadResult> NextAsync(CancellationToken cancel)
    {
        // What is there is looked at before anybody is waited for: commands come many at a time (RFC 2920).
        if (reader.TryRead(out var there))
        {
            return there;
        }

        await beforeWaiting(cancel);
        return await reader.ReadAsync(cancel);
    }
}
