using BounceActors.Sources.Mail.Evidence;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>Parts the words of the reporting MTA from the original message that follows them in the same text.</summary>
internal static class OriginalSplitter
{
    /// <summary>What MTAs write above the original; compared without the rules and dashes around it.</summary>
    private static readonly Phrases Markers = new(
        "below this line is a copy of the message",
        "below the next line is a copy of the message",
        "below this line is the original bounce",
        "below this line is the original message",
        "below is a copy of the original message",
        "enclosed is a copy of the message",
        "original message follows",
        "the original message follows",
        "message headers follow",
        "message header follows",
        "original message headers",
        "original message header",
        "original headers follow",
        "the original message headers",
        "headers of the original message",
        "the header of the original message is following",
        "the headers of the original message",
        "included is a copy of the message header",
        "this is a copy of the message, including all the headers",
        "this is a copy of the message's headers",
        "this is a copy of your message, including all the headers",
        "this is a copy of the headers",
        "a copy of the original message",
        "the body of the message is",
        "the first",
        "unsent message follows",
        "message text follows",
        "message header is as follows",
        "returned message",
        "returned message follows",
        "undelivered message follows",
        "undelivered message",
        "original message",
        "begin original message",
        "original mail",
        "originalnachricht",
        "ursprüngliche nachricht",
        "kopfzeilen der originalnachricht",
        "ursprüngliche nachrichtenkopfzeilen",
        "message d'origine",
        "en-têtes de message d'origine",
        "mensaje original",
        "encabezados de mensaje originales",
        "mensagem original",
        "cabeçalhos de mensagens originais",
        "messaggio originale",
        "intestazioni originali del messaggio",
        "oorspronkelijk bericht",
        "oryginalna wiadomość",
        "исходное сообщение",
        "копия письма",
        "元のメッセージ",
        "原始邮件",
        "原始郵件",
        "원본 메시지",
        "possibly truncated original message follows",
        "start of returned message",
        "copy of your message",
        "copy of the message",
        "here is a copy of the original message",
        "original message header follows",
        "mensaje devuelto",
        "forwarded message",
        "begin forwarded message",
        "weitergeleitete nachricht",
        "message transféré",
        "mensaje reenviado",
        "mensagem encaminhada",
        "messaggio inoltrato",
        "doorgestuurd bericht",
        "wiadomość przekazana",
        "пересылаемое сообщение");

    private static readonly System.Collections.Frozen.FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> HeaderNames =
        System.Collections.Frozen.FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Received", "Return-Path", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "DKIM-Signature", "X-Mailer", "Content-Type", "Sender", "Reply-To", "Delivered-To").GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Splits at the first marker that an original really follows, or at a block of header lines nobody announced.</summary>
    public static (string Notice, string Original) Split(string text)
    {
        var marked = Markers.In(text);
        var lines = new List<(int Start, int End)>();
        var offset = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            lines.Add((offset, offset + line.Length));
            offset += line.Length;
            offset += offset < text.Length && text[offset] == '\r' ? 1 : 0;
            offset += offset < text.Length && text[offset] == '\n' ? 1 : 0;
        }

        ReadOnlySpan<char> Line(int i) => text.AsSpan(lines[i].Start..lines[i].End);

        for (var i = 0; i < lines.Count; i++)
        {
            var line = Line(i);
            if (marked && IsMarker(line) && HeaderAfter(i + 1) is { } header)
            {
                return (text[..lines[i].Start], text[lines[header].Start..]);
            }

            if (IsHeaderBlock(i))
            {
                return (text[..lines[i].Start], text[lines[i].Start..]);
            }
        }

        return (text, "");

        int? HeaderAfter(int from)
        {
            // Explanations and rules may stand between marker and header
            for (var i = from; i < Math.Min(from + 8, lines.Count); i++)
            {
                if (Fields.NameLength(Line(i)) > 0)
                {
                    return i;
                }
            }

            // A marker that nothing follows still ends the notice
            return from < lines.Count ? from : null;
        }

        bool IsHeaderBlock(int from)
        {
            if (!IsHeaderLine(Line(from)))
            {
                return false;
            }

            var strong = 0;
            var fields = 0;
            for (var i = from; i < Math.Min(from + 40, lines.Count); i++)
            {
                var line = Line(i);
                if (line.IsEmpty || (Fields.NameLength(line) == 0 && line[0] is not (' ' or '\t')))
                {
                    break;
                }

                fields += Fields.NameLength(line) > 0 ? 1 : 0;
                strong += line.StartsWith("Received:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Message-ID:", StringComparison.OrdinalIgnoreCase)
                    || line.StartsWith("Return-Path:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("MIME-Version:", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            }

            return fields >= 3 && strong >= 1;
        }
    }

    private static bool IsMarker(ReadOnlySpan<char> line)
    {
        var bare = line.Trim().Trim("-=_*# \t><|:.~+").Trim();
        if (bare.Length is < 8 or > 120)
        {
            return false;
        }

        // "The first 20 lines of the message follow" and the like, not any sentence that happens to begin so
        return Markers.IndexIn(bare) == 0 && (!bare.StartsWith("the first", StringComparison.OrdinalIgnoreCase) || bare.Contains("lines", StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsHeaderLine(ReadOnlySpan<char> line)
    {
        var length = Fields.NameLength(line);
        if (length == 0)
        {
            return false;
        }

        return HeaderNames.Contains(line[..length].TrimEnd()) || line.StartsWith("X-", StringComparison.OrdinalIgnoreCase);
    }
}
