using System.Buffers;
using System.Globalization;
using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Reads codes and hosts out of a reply. What it cannot see for certain it does not say.</summary>
internal static class ReplyText
{
    /// <summary>Words a reply code may follow within a sentence.</summary>
    private static readonly string[] CodeWords =
        ["said:", "replied:", "returned:", "responded:", "response:", "error:", "error", "errors:", "code:", "code", "reason:", "status:", "smtp:", "smtp;", "<<<", "(", "'", "\"", "#", "[", "was:", "with:", "answer:", "with", "failed:", "returned", "reply:", "command:", "ended", "smtp", "result:", "->", ">>>", "ssmtp;", "text:", "host:", "server:", ">:", "]:", "],", ";", "reported", "dot:", "data:", "rejected", "message:", "transcript:", "error_code", ":"];

    /// <summary>Joins the lines of a reply into one, white space collapsed.</summary>
    public static string Collapse(string text, int limit)
    {
        var buffer = ArrayPool<char>.Shared.Rent(Math.Min(text.Length, limit));
        var length = 0;
        foreach (var c in text)
        {
            if (length >= limit)
            {
                break;
            }

            if (!char.IsWhiteSpace(c) && !char.IsControl(c))
            {
                buffer[length++] = c;
            }
            else if (length > 0 && buffer[length - 1] != ' ')
            {
                buffer[length++] = ' ';
            }
        }

        var collapsed = buffer.AsSpan(0, length).TrimEnd().ToString();
        ArrayPool<char>.Shared.Return(buffer);
        return collapsed;
    }

    /// <summary>The SMTP reply code of a text (RFC 5321 section 4.2): three digits right before an enhanced code, else where a reply begins.</summary>
    public static int? Code(string text) => Find(text).Code;

    /// <summary>The enhanced code that stands right behind a reply code of its class: the words of a server, not of those who report them.</summary>
    public static EnhancedStatusCode? Paired(string text) => Find(text).Enhanced;

    /// <summary>The enhanced status code (RFC 3463) of a reply: one that follows a reply code, stands in brackets or after a hash, else the first in the text.</summary>
    public static EnhancedStatusCode? Enhanced(string text)
    {
        EnhancedStatusCode? first = null;
        EnhancedStatusCode? zero = null;
        for (var i = NextClass(text, 0); i + 5 <= text.Length; i = NextClass(text, i + 1))
        {
            if (text[i + 1] != '.' || !IsEnhancedAt(text, i, out var code) || IsVersion(text, i))
            {
                continue;
            }

            if (code.Subject == 0 && code.Detail == 0)
            {
                zero ??= code;
            }
            else
            {
                first ??= code;
            }
        }

        return first ?? zero;
    }

    /// <summary>Whether a line holds a reply: a code where one belongs.</summary>
    public static bool HasReply(string line) => Code(line) is not null || Enhanced(line) is not null;

    private static (int? Code, EnhancedStatusCode? Enhanced) Find(string text)
    {
        int? alone = null;
        for (var i = NextClass(text, 0); i + 3 <= text.Length; i = NextClass(text, i + 1))
        {
            if (!IsCodeAt(text, i))
            {
                continue;
            }

            var code = int.Parse(text.AsSpan(i, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            if (code is > 200 and < 300 and not (250 or 251 or 252 or 253))
            {
                continue;
            }

            if (IsEnhancedAt(text, AfterSeparator(text, i + 3), out var enhanced) && enhanced.Class == code / 100)
            {
                return (code, enhanced);
            }

            // A success within a text is part of some story; only a text that begins with it tells of a success
            if (code >= 400 ? BeginsReply(text, i) : text.AsSpan(0, i).Trim().IsEmpty)
            {
                alone ??= code;
            }
        }

        return (alone, null);
    }

    /// <summary>Where the next digit stands that a code may begin with; the end of the text when there is none.</summary>
    private static int NextClass(string text, int from) => text.AsSpan(from).IndexOfAny('2', '4', '5') is >= 0 and var next ? from + next : text.Length;

    private static bool IsCodeAt(string text, int i)
    {
        if (text[i + 1] is < '0' or > '7' || !char.IsAsciiDigit(text[i + 2]))
        {
            return false;
        }

        if (i > 0 && (char.IsLetterOrDigit(text[i - 1]) || text[i - 1] is '.' or '_' or '@' or '$' or '/' or '%' or '+' or '&'
            || (text[i - 1] == '-' && i > 1 && (char.IsLetterOrDigit(text[i - 2]) || text[i - 2] == '-'))))
        {
            return false;
        }

        if (i + 3 == text.Length)
        {
            return true;
        }

        return text[i + 3] switch
        {
            '.' => i + 4 == text.Length || !char.IsAsciiDigit(text[i + 4]),
            ' ' or '\t' or '-' or ':' or ',' or ';' or '<' or '"' or '\'' or ']' or ')' or '#' or '(' or '[' => true,
            _ => false,
        };
    }

    private static int AfterSeparator(string text, int i)
    {
        for (var skipped = 0; i < text.Length && skipped < 4 && text[i] is ' ' or '-' or '\t' or '#' or '(' or ':' or '[' or ',' or ';' or '\'' or '"'; skipped++)
        {
            i++;
        }

        return i;
    }

    private static bool BeginsReply(string text, int i)
    {
        var before = text.AsSpan(0, i).TrimEnd(" \t\r\n-=");
        if (before.IsEmpty)
        {
            return true;
        }

        if (i + 3 < text.Length && text.AsSpan(i + 3).TrimStart() is var after && StartsWithUnit(after))
        {
            return false;
        }

        foreach (var word in CodeWords)
        {
            if (before.EndsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsWithUnit(ReadOnlySpan<char> after)
    {
        foreach (var unit in (ReadOnlySpan<string>)["bytes", "byte", "kb", "mb", "gb", "k ", "seconds", "secs", "minutes", "hours", "days", "times", "messages", "recipients", "connections", "users", "bucks"])
        {
            if (after.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsEnhancedAt(string text, int i, out EnhancedStatusCode code)
    {
        code = default;
        if (i + 5 > text.Length || text[i] is not ('2' or '4' or '5') || text[i + 1] != '.' || (i > 0 && (char.IsAsciiLetterOrDigit(text[i - 1]) || text[i - 1] is '.')))
        {
            return false;
        }

        var at = i + 2;
        if (!TryNumber(text, ref at, out var subject) || at >= text.Length || text[at] != '.')
        {
            return false;
        }

        at++;
        if (!TryNumber(text, ref at, out var detail)
            || (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || (text[at] == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))))
        {
            return false;
        }

        if (subject > 7)
        {
            return false;
        }

        code = new EnhancedStatusCode(text[i] - '0', subject, detail);
        return true;
    }

    private static bool TryNumber(string text, ref int at, out int number)
    {
        var start = at;
        number = 0;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at]))
        {
            number = (number * 10) + text[at++] - '0';
        }

        return at > start;
    }

    /// <summary>"version 5.1.2" and "Postfix 2.1.5" are no status codes.</summary>
    private static bool IsVersion(string text, int i)
    {
        var before = text.AsSpan(0, i).TrimEnd();
        foreach (var word in (ReadOnlySpan<string>)["version", "postfix", "exim", "release", "ver.", "exchange", "v", "build", "sendmail", "qmail"])
        {
            if (before.EndsWith(word, StringComparison.OrdinalIgnoreCase) && (before.Length == word.Length || !char.IsLetter(before[^(word.Length + 1)])))
            {
                return true;
            }
        }

        return false;
    }
}
