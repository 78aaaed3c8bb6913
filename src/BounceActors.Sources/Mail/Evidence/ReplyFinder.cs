using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Finds the reply that belongs to a recipient in a text of unknown shape: by session transcript, else by nearness.</summary>
internal static class ReplyFinder
{
    private const int Near = 8;
    private const int MaxLines = 30;

    /// <summary>How many lines of its paragraph in front of a telling line are taken with it: sentences are wrapped.</summary>
    private const int LinesBefore = 3;

    /// <param name="notice">The notice.</param>
    /// <param name="address">The recipient; empty when it is not known.</param>
    /// <param name="alone">Whether the notice speaks of one recipient only.</param>
    public static string For(Notice notice, string address, bool alone)
    {
        if (Transcript.ReplyFor(notice, address, alone) is { Length: > 0 } reply)
        {
            return reply;
        }

        var at = address.Length == 0 ? -1 : IndexOf(notice, address, 0);
        for (var i = at; i >= 0 && i < notice.Lines.Count; i = IndexOf(notice, address, i + 1))
        {
            if (ReplyText.HasReply(notice.Lines[i]))
            {
                return Extended(notice, i);
            }
        }

        if (at >= 0 && FirstReply(notice, at, at + Near) is { } near)
        {
            return Extended(notice, near);
        }

        if (alone)
        {
            if (FirstReply(notice, 0, notice.Lines.Count) is { } any)
            {
                return Extended(notice, any);
            }

            return Reason(notice, at, 0, notice.Lines.Count);
        }

        return at >= 0 ? Reason(notice, at, at, at + Near) : "";
    }

    private static int IndexOf(Notice notice, string address, int from)
    {
        for (var i = from; i < notice.Lines.Count; i++)
        {
            if (notice.Lines[i].Contains(address, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private static int? FirstReply(Notice notice, int from, int to)
    {
        for (var i = from; i < Math.Min(to, notice.Lines.Count); i++)
        {
            if (ReplyText.HasReply(notice.Lines[i]))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>The most telling lines; of equal ones those that stand nearest behind the address.</summary>
    private static string Reason(Notice notice, int address, int from, int to)
    {
        var best = 0;
        var line = -1;
        for (var i = from; i < Math.Min(to, notice.Lines.Count); i++)
        {
            var said = Reasons.Score(notice.Lines[i]);
            var score = said <= 0 ? 0 : (said * 3) + (address >= 0 && i >= address && i <= address + Near ? 2 : 0);
            if (score > best)
            {
                best = score;
                line = i;
            }
        }

        return line < 0 ? "" : Extended(notice, Begin(notice, line));
    }

    /// <summary>Where the sentence begins that goes on in a line: not in front of the address, nor of words of courtesy.</summary>
    private static int Begin(Notice notice, int line)
    {
        var begin = line;
        while (begin > 0 && line - begin < LinesBefore && notice.Lines[begin - 1] is { Length: > 0 } before && !before.Contains('@') && !before.EndsWith(':') && Reasons.Score(before) >= 0)
        {
            begin--;
        }

        return begin;
    }

    /// <summary>The line and the rest of its paragraph.</summary>
    private static string Extended(Notice notice, int line)
    {
        var end = line + 1;
        while (end < notice.Lines.Count && end - line < MaxLines && notice.Lines[end].Trim().Trim('-', '=', '_', '*').Length > 0)
        {
            end++;
        }

        return string.Join('\n', notice.Lines.Skip(line).Take(end - line).Select(l => l.Trim()));
    }
}
