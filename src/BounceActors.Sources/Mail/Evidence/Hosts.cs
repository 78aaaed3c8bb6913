namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Finds the host that answered in the words of the MTA that asked it.</summary>
internal static class Hosts
{
    private static readonly string[] Before =
        ["host ", "while talking to ", "rejected by the server for the recipient domain", "connected to ", "Remote host ", "remote server ", "Server ", "SMTP Server <", "from ", "by ", "server: "];

    /// <summary>The value of a <c>Remote-MTA</c> or <c>Reporting-MTA</c> field without its type and what else was added to it; null when it names no host.</summary>
    public static string? FromField(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        var semicolon = value.IndexOf(';');
        var name = value[(semicolon + 1)..].Trim().Trim('<', '>', '"', '\'').Trim();
        var end = name.IndexOfAny([' ', '\t', '(', ',']);
        name = (end > 0 ? name[..end] : name).TrimEnd('.', ':');
        return name.Length is > 0 and <= 255 ? name : null;
    }

    /// <summary>"host mx.example.com[192.0.2.1] said", "while talking to mx.example.com.:" and the like.</summary>
    public static string? In(string text)
    {
        foreach (var lead in Before)
        {
            for (var at = text.IndexOf(lead, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(lead, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                if (HostAt(text.AsSpan(at + lead.Length).TrimStart()) is { } host)
                {
                    return host;
                }
            }
        }

        return null;
    }

    private static string? HostAt(ReadOnlySpan<char> text)
    {
        var end = 0;
        var dots = 0;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '-' or '_'))
        {
            dots += text[end++] == '.' ? 1 : 0;
        }

        var host = text[..end].TrimEnd('.');
        var follows = text[end..].TrimStart();

        // Only what is written as a host counts: an address in brackets behind it, or the punctuation MTAs put there
        return dots > 0 && host.Contains('.') && host.Length is > 3 and <= 255 && !follows.StartsWith("@", StringComparison.Ordinal)
            && (follows.IsEmpty || follows[0] is '[' or '(' or ':' or '>' or '.' || follows.StartsWith("said", StringComparison.OrdinalIgnoreCase) || follows.StartsWith("by ", StringComparison.Ordinal))
            && char.IsAsciiLetter(host[^1])
            ? host.ToString()
            : null;
    }
}
