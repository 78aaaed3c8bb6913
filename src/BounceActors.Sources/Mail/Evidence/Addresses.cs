using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Finds mail addresses in lines of text, without regular expressions: linear in the line.</summary>
internal static class Addresses
{
    /// <summary>All addresses of a line, in order, as written.</summary>
    public static List<string> In(ReadOnlySpan<char> line)
    {
        var found = new List<string>();
        var from = 0;
        while (TryNext(line, from, out var start, out var end))
        {
            found.Add(line[start..end].ToString());
            from = end;
        }

        return found;
    }

    /// <summary>The first address of a line; null when there is none.</summary>
    public static string? First(ReadOnlySpan<char> line) => TryNext(line, 0, out var start, out var end) ? line[start..end].ToString() : null;

    /// <summary>
    /// The address a line begins with, after bullets, quotes, "rfc822;" or an angle bracket, and what follows it.
    /// </summary>
    public static bool TryLeading(string line, out string address, out string rest)
    {
        address = rest = "";
        if (!TryNext(line, 0, out var start, out var end) || !IsLead(line.AsSpan(0, start)))
        {
            return false;
        }

        address = line[start..end];
        rest = line[end..].TrimStart('>', '"', '\'', ' ', '\t', ')', ']', '<').TrimStart(':', ' ', '\t', '-', '=', '.', ',', ';').Trim();
        return true;
    }

    /// <summary>Reads an address out of a header or status field: <c>rfc822; &lt;user@example.com&gt;</c>, <c>utf-8; …</c> (RFC 6533 section 3).</summary>
    public static EmailAddress? FromField(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        var semicolon = value.IndexOf(';');
        var isUtf8 = semicolon > 0 && value.AsSpan(0, semicolon).Trim().Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        var text = semicolon > 0 && value.AsSpan(0, semicolon).Trim().IndexOfAny('@', '"') < 0 ? value[(semicolon + 1)..] : value;
        text = text.Trim();
        if (isUtf8)
        {
            text = DecodeUtf8AddressXtext(text);
        }

        var bare = text.Trim('<', '>', ' ', '\t', '\'');
        if (EmailAddress.TryParse(bare, out var whole, out _) && !bare.Contains(' ') && !bare.Contains(':'))
        {
            return whole;
        }

        var inner = text.LastIndexOf('<') is var open and >= 0 && text.IndexOf('>', open) is var close and > 0 ? text[(open + 1)..close] : null;
        return (inner is not null && EmailAddress.TryParse(inner, out var angled, out _)) || EmailAddress.TryParse(First(text), out angled, out _) ? angled : null;
    }

    /// <summary>All addresses of a header such as <c>To</c>.</summary>
    public static IEnumerable<EmailAddress> InHeader(string? value)
    {
        if (value is null)
        {
            yield break;
        }

        foreach (var text in In(value.Length > 16384 ? value.AsSpan(0, 16384) : value))
        {
            if (EmailAddress.TryParse(text, out var address, out _))
            {
                yield return address;
            }
        }
    }

    private static bool TryNext(ReadOnlySpan<char> line, int from, out int start, out int end)
    {
        start = end = 0;
        while (from < line.Length)
        {
            var at = line[from..].IndexOf('@');
            if (at < 0)
            {
                return false;
            }

            at += from;
            end = at + 1;
            while (end < line.Length && IsDomainChar(line[end]))
            {
                end++;
            }

            if (end == at + 1 && end < line.Length && line[end] == '[' && line[end..].IndexOf(']') is > 2 and < 64 and var close)
            {
                end += close + 1;
            }

            while (end > at + 1 && line[end - 1] is '.' or '-' or '_')
            {
                end--;
            }

            start = at;
            if (at > from && line[at - 1] == '"')
            {
                var open = line[from..(at - 1)].LastIndexOf('"');
                start = open < 0 ? at : from + open;
            }
            else
            {
                while (start > from && at - start < 128 && IsLocalChar(line[start - 1]))
                {
                    start--;
                }

                // "mailto:user@…" and "SMTP:user@…" name a scheme, "'user@…'" is quoted
                while (start < at && line[start] is '\'' or '/' or '*' or '.' or '`' or '#')
                {
                    start++;
                }

                // "to=user@…" is a log line; "=?utf-8?…@…" is an address
                if (line[start..at].IndexOf('=') is > 0 and var equals && IsLogName(line.Slice(start, equals)))
                {
                    start += equals + 1;
                }
            }

            if (start < at && end > at + 1)
            {
                return true;
            }

            from = at + 1;
        }

        return false;
    }

    private static bool IsLogName(ReadOnlySpan<char> name) =>
        name is "to" or "rcpt" or "smtp" or "SMTP" or "from" or "email" or "mail" or "address" or "user" or "recipient" or "orig_to" or "RCPT" or "";

    private static bool IsLocalChar(char c) => c is not ('<' or '>' or '(' or ')' or '[' or ']' or ',' or ';' or ':' or '"' or '@' or '\\' or '|' or '\uff1a' or '\u3000' or '\u3001' or '\u300c' or '\uff08')
        && !char.IsWhiteSpace(c) && !char.IsControl(c) && (c < 0x2e80 || c > 0xffef);

    private static bool IsDomainChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' || (c > 0x7f && char.IsLetterOrDigit(c));

    private static bool IsLead(ReadOnlySpan<char> before)
    {
        before = before.Trim();
        foreach (var c in before)
        {
            if (c is not ('<' or '"' or '\'' or '*' or '-' or '+' or '>' or ' ' or '\t' or '[' or '(' or '#' or '.' or '\u2022' or '\u00b7' or '|' or '&'))
            {
                return before.Equals("rfc822;", StringComparison.OrdinalIgnoreCase) || before.Equals("smtp:", StringComparison.OrdinalIgnoreCase)
                    || before.Equals("mailto:", StringComparison.OrdinalIgnoreCase) || before.Equals("<mailto:", StringComparison.OrdinalIgnoreCase)
                    || before.Equals("to:", StringComparison.OrdinalIgnoreCase);
            }
        }

        return true;
    }

    /// <summary>utf-8-addr-xtext writes characters as <c>\x{hhhh}</c> (RFC 6533 section 3).</summary>
    private static string DecodeUtf8AddressXtext(string text)
    {
        for (var start = text.IndexOf("\\x{", StringComparison.Ordinal); start >= 0; start = text.IndexOf("\\x{", start + 1, StringComparison.Ordinal))
        {
            var end = text.IndexOf('}', start);
            if (end < 0 || !int.TryParse(text.AsSpan(start + 3, end - start - 3), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var code)
                || !System.Text.Rune.IsValid(code))
            {
                return text;
            }

            text = string.Concat(text.AsSpan(0, start), new System.Text.Rune(code).ToString(), text.AsSpan(end + 1));
        }

        return text;
    }
}
