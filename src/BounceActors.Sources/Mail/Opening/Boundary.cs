using System.Text;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>Finds the boundary a multipart really uses when its header names none or another.</summary>
internal static class Boundary
{
    private const int Probe = 256 * 1024;

    /// <summary>The mail with a header that names the boundary found in it; null when none is to be seen.</summary>
    public static ReadOnlyMemory<byte>? Repair(ReadOnlyMemory<byte> mail)
    {
        var span = mail.Span[..Math.Min(mail.Length, Probe)];
        var body = BodyStart(span);
        if (body < 0 || Used(span[body..]) is not { } boundary)
        {
            return null;
        }

        var header = Encoding.Latin1.GetString(span[..body]);
        var kept = new StringBuilder(header.Length + 100);
        kept.Append("Content-Type: multipart/").Append(header.Contains("multipart/report", StringComparison.OrdinalIgnoreCase) ? "report" : "mixed")
            .Append("; boundary=\"").Append(boundary).Append("\"\n");
        var skipping = false;
        foreach (var line in header.AsSpan().EnumerateLines())
        {
            skipping = line.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase) || (skipping && line.Length > 0 && line[0] is ' ' or '\t');
            if (!skipping && line.Length > 0)
            {
                kept.Append(line).Append('\n');
            }
        }

        kept.Append('\n');
        var repaired = new byte[kept.Length + mail.Length - body];
        Encoding.Latin1.GetBytes(kept.ToString(), repaired);
        mail.Span[body..].CopyTo(repaired.AsSpan(kept.Length));
        return repaired;
    }

    private static int BodyStart(ReadOnlySpan<byte> mail)
    {
        var lf = mail.IndexOf("\n\n"u8);
        var crlf = mail.IndexOf("\n\r\n"u8);
        return lf >= 0 && (crlf < 0 || lf < crlf) ? lf + 2 : crlf >= 0 ? crlf + 3 : -1;
    }

    /// <summary>The first line "--x" that a Content- header follows.</summary>
    private static string? Used(ReadOnlySpan<byte> body)
    {
        string? candidate = null;
        foreach (var raw in Encoding.Latin1.GetString(body).AsSpan().EnumerateLines())
        {
            var line = raw.TrimEnd();
            if (candidate is not null && line.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                return candidate;
            }

            candidate = line.Length is > 4 and < 80 && line.StartsWith("--", StringComparison.Ordinal) && line[2] != '-' && line.IndexOfAny(' ', '"') < 0
                ? line[2..].ToString()
                : null;
        }

        return null;
    }
}
