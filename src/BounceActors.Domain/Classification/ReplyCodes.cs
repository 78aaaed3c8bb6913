using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>Codes that stand in a text, where the report gives none.</summary>
internal static class ReplyCodes
{
    private static readonly string[] Introductions = ["said: ", "says: ", "smtp; ", "smtp;", "<<< ", "response: ", "response was: ", "reply: ", "replied: ", "error: ", "answer: ", "returned: ", "code: ", "reason: ", "failure: ", "with: ", "(", "\"", "#", ": "];

    /// <summary>The reply code of the text: one at its beginning, one before an enhanced code, or one after words that introduce a reply.</summary>
    public static int? Smtp(ReadOnlySpan<char> masked)
    {
        for (var at = 0; at + 3 <= masked.Length; at++)
        {
            if (masked[at] is not ('4' or '5') || !IsCode(masked, at))
            {
                continue;
            }

            var before = masked[..at];
            if (before.IsEmpty || EnhancedAt(masked[(at + 3)..].TrimStart(" -#")) is not null || Introduced(before))
            {
                return int.Parse(masked.Slice(at, 3), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    /// <summary>
    /// The one reply in a text that quotes it amid other words (a notice's prose, a session's log): from its code to the next reply with another
    /// code. The reply with the report's own code when there is one, else the first. The whole text when it is one reply or quotes none.
    /// </summary>
    public static Range Reply(ReadOnlySpan<char> masked, int? given)
    {
        int? start = null;
        int? code = null;
        for (var at = 0; at + 3 <= masked.Length; at++)
        {
            if (!BeginsReply(masked, at))
            {
                continue;
            }

            var found = masked[at + 1] == '.' ? 0 : int.Parse(masked.Slice(at, 3), System.Globalization.CultureInfo.InvariantCulture);
            if (start is null || (found == given && code != given))
            {
                (start, code) = (at, found);
            }
            else if (found != code && found != 0 && (given is null || code == given))
            {
                return start.Value..at;
            }
        }

        if (start is > 0 && masked[start.Value - 1] == '\'')
        {
            // The quote ends the reply, unless it is an apostrophe.
            for (var at = start.Value + 1; at < masked.Length; at++)
            {
                if (masked[at] == '\'' && (at + 1 == masked.Length || !char.IsLetterOrDigit(masked[at + 1])))
                {
                    return start.Value..at;
                }
            }
        }

        return (start ?? 0)..masked.Length;
    }

    private static bool BeginsReply(ReadOnlySpan<char> masked, int at)
    {
        if (masked[at] is not ('4' or '5'))
        {
            return false;
        }

        if (IsCode(masked, at))
        {
            var rest = masked[(at + 3)..].TrimStart(" -#");
            return at == 0 || EnhancedAt(rest) is not null || Introduced(masked[..at]) || (masked[at - 1] == ' ' && rest.Length > 8 && masked[at + 3] == ' ' && char.IsLetter(rest[0]));
        }

        // Cisco's gateways quote the reply behind their own summary: 5.1.0 - Unknown address error '5.7.1 …'.
        return at > 0 && masked[at - 1] == '\'' && EnhancedAt(masked[at..]) is not null;
    }

    /// <summary>The first enhanced code in the text that names a subject, else the first at all.</summary>
    public static EnhancedStatusCode? Enhanced(ReadOnlySpan<char> masked)
    {
        EnhancedStatusCode? general = null;
        for (var at = 0; at + 5 <= masked.Length; at++)
        {
            if (masked[at] is not ('4' or '5') || masked[at + 1] != '.' || (at > 0 && (char.IsLetterOrDigit(masked[at - 1]) || masked[at - 1] == '.')))
            {
                continue;
            }

            if (EnhancedAt(masked[at..]) is { } code)
            {
                if (code.Subject != 0)
                {
                    return code;
                }

                general ??= code;
            }
        }

        return general;
    }

    private static bool IsCode(ReadOnlySpan<char> masked, int at) =>
        char.IsAsciiDigit(masked[at + 1]) && masked[at + 1] <= '5' && char.IsAsciiDigit(masked[at + 2])
        && (at == 0 || !(char.IsLetterOrDigit(masked[at - 1]) || masked[at - 1] is '.' or '-' or '_' or '='))
        && (at + 3 == masked.Length || masked[at + 3] is ' ' or '-' or ':' or ';' or ',' or ')' or '"' or '#' or '.' or '\'' or ']');

    private static bool Introduced(ReadOnlySpan<char> before)
    {
        foreach (var introduction in Introductions)
        {
            if (before.EndsWith(introduction, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static int Number(ReadOnlySpan<char> digits) => int.Parse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);

    private static EnhancedStatusCode? EnhancedAt(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
        {
            end++;
        }

        var code = text[..end].TrimEnd('.');
        if (!DiagnosticText.IsEnhancedCode(code))
        {
            return null;
        }

        var dot = 2 + code[2..].IndexOf('.');
        return new EnhancedStatusCode(code[0] - '0', Number(code[2..dot]), Number(code[(dot + 1)..]));
    }
}
