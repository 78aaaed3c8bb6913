using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Reads SMTP sessions as MTAs print them: <c>&gt;&gt;&gt; RCPT</c> / <c>&lt;&lt;&lt; 550</c> (Sendmail), <c>In:</c> / <c>Out:</c> (Postfix), <c>--&gt;</c> / <c>&lt;--</c> (MDaemon), <c>Sent</c> / <c>Received</c> (Trend Micro).</summary>
internal static class Transcript
{
    /// <summary>Who speaks on a line; the longer marks come first.</summary>
    private static readonly (string Mark, bool IsServer)[] Marks =
    [
        ("Sent <<<", false), ("Received >>>", true), ("Sent >>>", false), ("Received <<<", true),
        ("<<<", true), (">>>", false), ("<--", true), ("-->", false), ("<-", true), ("->", false), ("Out:", true), ("In:", false), ("S:", true), ("C:", false),
    ];

    /// <summary>The last refusal a recipient got: after its RCPT, else after any command; empty when there is no transcript.</summary>
    public static string ReplyFor(Notice notice, string address, bool alone)
    {
        var command = "";
        var reply = new List<string>();
        string? own = null;
        string? last = null;

        void End()
        {
            if (reply.Count == 0)
            {
                return;
            }

            var text = string.Join('\n', reply);
            reply.Clear();
            if (text[0] is not ('4' or '5') || ReplyText.Code(text) is null)
            {
                return;
            }

            // 503 only says that the command before it had failed
            last = last is not null && text.StartsWith("503", StringComparison.Ordinal) ? last : text;
            if (address.Length > 0 && (command.Contains(address, StringComparison.OrdinalIgnoreCase) || text.Contains(address, StringComparison.OrdinalIgnoreCase)))
            {
                own = text;
            }
        }

        foreach (var raw in notice.Lines)
        {
            var line = StripTime(raw.AsSpan().Trim());
            if (!TrySpeaker(line, out var isServer, out var said))
            {
                continue;
            }

            if (isServer)
            {
                // Another code begins another reply (RFC 5321 section 4.2.1)
                if (reply.Count > 0 && (said.Length < 3 || !reply[^1].AsSpan(0, Math.Min(3, reply[^1].Length)).Equals(said.AsSpan(0, 3), StringComparison.Ordinal)))
                {
                    End();
                }

                reply.Add(said);
            }
            else
            {
                End();
                command = said;
            }
        }

        End();
        return own ?? (alone ? last : null) ?? "";
    }

    private static bool TrySpeaker(ReadOnlySpan<char> line, out bool isServer, out string said)
    {
        foreach (var (mark, server) in Marks)
        {
            if (line.StartsWith(mark, StringComparison.OrdinalIgnoreCase))
            {
                isServer = server;
                said = line[mark.Length..].Trim().ToString();
                return said.Length > 0;
            }
        }

        isServer = false;
        said = "";
        return false;
    }

    /// <summary>MDaemon puts day and time in front of every line.</summary>
    private static ReadOnlySpan<char> StripTime(ReadOnlySpan<char> line)
    {
        var colon = line.IndexOf(": ");
        if (colon is > 8 and < 30 && line[..colon].IndexOfAnyInRange('0', '9') >= 0 && line[..colon].IndexOf(':') > 0)
        {
            line = line[(colon + 2)..].TrimStart();
        }

        return line.TrimStart('*').TrimStart();
    }
}
