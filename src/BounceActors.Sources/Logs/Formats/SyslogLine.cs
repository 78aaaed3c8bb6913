using System.Globalization;
using System.Text;
using System.Text.Json;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>
/// A line of syslog: RFC 3164 (<c>Nov 23 21:04:05 host program[1]: text</c>), the same with an RFC 3339 time, RFC 5424, or an entry of the journal as JSON
/// (systemd, "Journal Export Formats").
/// </summary>
/// <param name="At">When it was written.</param>
/// <param name="Host">The host that wrote it.</param>
/// <param name="Program">The program without its process id, e.g. <c>postfix/smtp</c>.</param>
/// <param name="Text">What it says.</param>
internal readonly record struct SyslogLine(DateTimeOffset At, string Host, string Program, string Text)
{
    private const string Months = "JanFebMarAprMayJunJulAugSepOctNovDec";

    /// <summary>Longest journal entry looked into, in nested levels.</summary>
    private const int MaxDepth = 8;

    public static bool TryParse(string line, TimeZoneInfo zone, DateTimeOffset writtenBefore, out SyslogLine parsed)
    {
        if (line[0] == '{')
        {
            return TryParseJournal(line, out parsed);
        }

        parsed = default;
        var rest = WithoutPriority(line, out var version1);
        if (!TryTime(ref rest, zone, writtenBefore, out var at) || !TryWord(ref rest, out var host))
        {
            return false;
        }

        if (version1)
        {
            // APP-NAME PROCID MSGID STRUCTURED-DATA MSG (RFC 5424 section 6)
            if (!TryWord(ref rest, out var app) || !TryWord(ref rest, out _) || !TryWord(ref rest, out _) || !TrySkipData(ref rest))
            {
                return false;
            }

            parsed = new SyslogLine(at, host.ToString(), app.ToString(), rest.TrimStart(" \uFEFF").ToString());
            return true;
        }

        var colon = rest.IndexOf(": ");
        if (colon is <= 0 or > 128)
        {
            return false;
        }

        var program = rest[..colon];
        var bracket = program.IndexOf('[');
        program = bracket > 0 ? program[..bracket] : program;
        parsed = new SyslogLine(at, host.ToString(), program.ToString(), rest[(colon + 2)..].ToString());
        return !program.ContainsAny(" \t<>=");
    }

    /// <summary>Reads the time a line begins with; what is left begins behind it and its blank.</summary>
    public static bool TryTime(ref ReadOnlySpan<char> rest, TimeZoneInfo zone, DateTimeOffset writtenBefore, out DateTimeOffset at)
    {
        at = default;
        return rest.Length > 15 && (char.IsAsciiDigit(rest[0]) ? TryRfc3339(ref rest, zone, out at) : TryRfc3164(ref rest, zone, writtenBefore, out at));
    }

    /// <summary>A local time of a zone, in UTC. In the hour that an autumn has twice, the first.</summary>
    public static bool TryLocal(DateTime local, TimeZoneInfo zone, out DateTimeOffset at)
    {
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        at = default;
        var utc = local.Ticks - offset.Ticks;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        at = new DateTimeOffset(utc, TimeSpan.Zero);
        return true;
    }

    private static ReadOnlySpan<char> WithoutPriority(string line, out bool version1)
    {
        version1 = false;
        var rest = line.AsSpan();
        if (rest[0] == '<' && rest.IndexOf('>') is > 1 and <= 4 and var close && !rest[1..close].ContainsAnyExceptInRange('0', '9'))
        {
            rest = rest[(close + 1)..];
            version1 = rest.StartsWith("1 ");
            rest = version1 ? rest[2..] : rest;
        }

        return rest;
    }

    private static bool TryRfc3339(ref ReadOnlySpan<char> rest, TimeZoneInfo zone, out DateTimeOffset at)
    {
        at = default;
        var end = rest.IndexOf(' ');
        var text = end < 0 ? rest : rest[..end];
        if (text.Length is < 19 or > 40 || text[10] is not ('T' or 't'))
        {
            return false;
        }

        var hasZone = text[19..].ContainsAny("Zz+-");
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at)
            || (!hasZone && !TryLocal(at.DateTime, zone, out at)))
        {
            return false;
        }

        at = at.ToUniversalTime();
        rest = end < 0 ? [] : rest[(end + 1)..];
        return true;
    }

    /// <summary>A time without a year is the last one of that name that does not lie more than a day ahead.</summary>
    private static bool TryRfc3164(ref ReadOnlySpan<char> rest, TimeZoneInfo zone, DateTimeOffset writtenBefore, out DateTimeOffset at)
    {
        at = default;
        var month = Months.AsSpan().IndexOf(rest[..3]);
        if (month < 0 || month % 3 != 0 || rest[3] != ' '
            || !int.TryParse(rest[4..6], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var day)
            || rest[6] != ' '
            || !TimeSpan.TryParseExact(rest[7..15], "hh\\:mm\\:ss", CultureInfo.InvariantCulture, out var time))
        {
            return false;
        }

        var end = rest[15..].IndexOf(' ');
        if (end < 0)
        {
            return false;
        }

        // High precision times: rsyslog's and Postfix's are "21:04:05.123456"
        if (end > 0 && (rest[15] != '.' || !double.TryParse(rest[15..(15 + end)], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction) || !TryAdd(ref time, fraction)))
        {
            return false;
        }

        for (var year = writtenBefore.Year + 1; year >= writtenBefore.Year - 8 && year > 1; year--)
        {
            if (day >= 1 && day <= DateTime.DaysInMonth(Math.Min(year, 9999), (month / 3) + 1) && year <= 9999
                && TryLocal(new DateTime(year, (month / 3) + 1, day, 0, 0, 0, DateTimeKind.Unspecified) + time, zone, out at)
                && at <= Later(writtenBefore))
            {
                rest = rest[(16 + end)..];
                return true;
            }
        }

        return false;
    }

    private static bool TryAdd(ref TimeSpan time, double fraction)
    {
        time += TimeSpan.FromSeconds(fraction);
        return fraction < 1;
    }

    private static DateTimeOffset Later(DateTimeOffset time) => time > DateTimeOffset.MaxValue.AddDays(-2) ? time : time.AddDays(1);

    private static bool TryWord(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> word)
    {
        rest = rest.TrimStart(' ');
        var end = rest.IndexOf(' ');
        word = end < 0 ? default : rest[..end];
        rest = end < 0 ? rest : rest[(end + 1)..];
        return end is > 0 and <= 255;
    }

    private static bool TrySkipData(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(' ');
        if (rest is ['-', ..])
        {
            rest = rest[1..];
            return true;
        }

        var quoted = false;
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] == '\\')
            {
                i++;
            }
            else if (rest[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && rest[i] == ']' && (i + 1 == rest.Length || rest[i + 1] != '['))
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static bool TryParseJournal(string line, out SyslogLine parsed)
    {
        parsed = default;
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var entry = document.RootElement;
            var micros = entry.Text("_SOURCE_REALTIME_TIMESTAMP") ?? entry.Text("__REALTIME_TIMESTAMP");
            if (!long.TryParse(micros, NumberStyles.None, CultureInfo.InvariantCulture, out var time) || time > 253_402_300_799_000_000 || Message(entry) is not { } text)
            {
                return false;
            }

            parsed = new SyslogLine(DateTimeOffset.UnixEpoch.AddTicks(time * 10), entry.Text("_HOSTNAME") ?? "", entry.Text("SYSLOG_IDENTIFIER") ?? "", text);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>What is not UTF-8 or not printable stands as an array of bytes.</summary>
    private static string? Message(JsonElement entry)
    {
        if (entry.Get("MESSAGE") is not { } message)
        {
            return null;
        }

        return message.ValueKind switch
        {
            JsonValueKind.String => message.GetString(),
            JsonValueKind.Array => Encoding.UTF8.GetString([.. message.EnumerateArray().Take(LogReaderOptions.MaxLine).Select(b => b.TryGetByte(out var value) ? value : (byte)'?')]),
            _ => null,
        };
    }
}
