using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Finds the reply that belongs to a recipient in a text of unknown shape: by session transcript, else by nearness.</summary>
internal static class ReplyFinder
{
    private const int Near = 8;
    private const int MaxLines = 30;

    /// <summary>Words of a sentence that gives a reason without a code.</summary>
    private static readonly Phrases ReasonWords = new(
        "unknown", "not found", "does not exist", "doesn't exist", "no such", "full", "quota", "exceed", "disabled", "inactive", "reject", "refused", "denied", "blocked", "spam", "virus", "timed out", "timeout",
        "too large", "too big", "unable to", "could not", "couldn't", "cannot", "can't", "not allowed", "not accept", "expired", "invalid", "unavailable", "failed", "not listed", "not recognized", "not known", "suspended", "over limit", "loop", "unrouteable", "unreachable", "undeliverable");

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

            return Reason(notice, Math.Max(at, 0)) ?? Reason(notice, 0) ?? "";
        }

        return at >= 0 ? Reason(notice, at, at + Near) ?? "" : "";
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

    private static string? Reason(Notice notice, int from, int to = int.MaxValue)
    {
        for (var i = from; i < Math.Min(to, notice.Lines.Count); i++)
        {
            if (ReasonWords.In(notice.Lines[i]))
            {
                return Extended(notice, i);
            }
        }

        return null;
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
