namespace BounceActors.Service.MailIn.Smtp;

/// <summary>The path and parameters of MAIL and RCPT (RFC 5321 section 4.1.2).</summary>
/// <param name="Address">The address; empty for the null sender.</param>
/// <param name="Parameters">What follows the path: names in upper case, values as they came.</param>
internal sealed record SmtpPath(string Address, IReadOnlyList<(string Name, string Value)> Parameters)
{
    /// <summary>Longest path taken. Return paths that carry a recipient are longer than the 256 of RFC 5321.</summary>
    private const int LongestAddress = 512;

    private const int MostParameters = 16;

    public bool IsAscii => Address.All(char.IsAscii);

    /// <summary>Domain in lower case; empty when there is none.</summary>
    public string Domain => Address[(Address.LastIndexOf('@') + 1)..].ToLowerInvariant() is var domain && Address.Contains('@') ? domain : "";

    /// <summary>Reads what follows <c>MAIL FROM:</c> or <c>RCPT TO:</c>; null when it is no path.</summary>
    public static SmtpPath? Read(ReadOnlySpan<char> text)
    {
        text = text.Trim(' ');
        if (text is not ['<', ..] || Close(text) is not (> 0 and var close))
        {
            return null;
        }

        var address = text[1..close];
        if (address is ['@', ..])
        {
            // A source route; must be understood and ignored (RFC 5321 appendix C).
            var colon = address.IndexOf(':');
            if (colon < 0)
            {
                return null;
            }

            address = address[(colon + 1)..];
        }

        var rest = text[(close + 1)..];
        if (address.Length > LongestAddress || !IsAddress(address) || rest is [not ' ', ..])
        {
            return null;
        }

        var parameters = new List<(string, string)>();
        foreach (var range in rest.Split(' '))
        {
            var parameter = rest[range];
            if (parameter.IsEmpty)
            {
                continue;
            }

            var equals = parameter.IndexOf('=');
            var name = equals < 0 ? parameter : parameter[..equals];
            if (name.IsEmpty || parameters.Count == MostParameters)
            {
                return null;
            }

            parameters.Add((name.ToString().ToUpperInvariant(), equals < 0 ? "" : parameter[(equals + 1)..].ToString()));
        }

        return new SmtpPath(address.ToString(), parameters);
    }

    /// <summary>The closing bracket; those in quotes do not count.</summary>
    private static int Close(ReadOnlySpan<char> text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case '>' when !quoted:
                    return i;
            }
        }

        return -1;
    }

    private static bool IsAddress(ReadOnlySpan<char> address)
    {
        if (address.IsEmpty || address.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var at = address.LastIndexOf('@');
        if (at <= 0 || at == address.Length - 1 || address[(at + 1)..].ContainsAny(" <>\"(),;\\"))
        {
            return false;
        }

        var local = address[..at];
        return local is ['"', .., '"'] and not ['"'] || !local.ContainsAny(" <>\"(),;:\\@[]");
    }
}
