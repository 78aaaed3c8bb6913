namespace BounceActors.Sources.Mail.Opening;

/// <summary>Finds the fields of a delivery status notification (RFC 3464) in plain text.</summary>
internal static class StatusText
{
    private static readonly string[] Names =
        ["Reporting-MTA", "Arrival-Date", "Original-Envelope-Id", "Received-From-MTA", "DSN-Gateway", "Final-Recipient", "Original-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until"];

    /// <summary>The block from its first field on; null unless it names a recipient and says what happened.</summary>
    public static string? In(string text)
    {
        if (!text.Contains("-Recipient:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var start = -1;
        var recipient = false;
        var fate = false;
        var offset = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var length = Fields.NameLength(line);
            if (length > 0 && IsStatusField(line[..length].TrimEnd()))
            {
                var name = line[..length].TrimEnd();
                start = start < 0 ? offset : start;
                recipient |= name.EndsWith("-Recipient", StringComparison.OrdinalIgnoreCase);
                fate |= name.Equals("Action", StringComparison.OrdinalIgnoreCase) || name.Equals("Status", StringComparison.OrdinalIgnoreCase);
            }

            offset += line.Length;
            offset += offset < text.Length && text[offset] == '\r' ? 1 : 0;
            offset += offset < text.Length && text[offset] == '\n' ? 1 : 0;
        }

        return recipient && fate ? text[start..] : null;
    }

    private static bool IsStatusField(ReadOnlySpan<char> name)
    {
        foreach (var known in Names)
        {
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
