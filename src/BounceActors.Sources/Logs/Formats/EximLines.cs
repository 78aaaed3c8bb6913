using System.Globalization;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;
using MailAddresses = BounceActors.Sources.Webhooks.Reading.Addresses;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>
/// Exim's main log (Exim specification, chapter "Log files"): <c>TIME [ZONE] [PID] MESSAGEID FLAG ADDRESS FIELDS[: TEXT]</c> with the flags <c>&lt;=</c> arrival,
/// <c>=&gt;</c> <c>-&gt;</c> <c>&gt;&gt;</c> delivery, <c>**</c> failure, <c>==</c> deferral. Message ids are those before and since 4.97 (16 and 23 characters).
/// </summary>
internal sealed class EximLines(LogReaderOptions options) : LogLines(LogFormat.Exim, options)
{
    private const string GivenUp = "retry timeout exceeded";
    private const string Deferred = "== ";

    private readonly EarlierLines<Facts> _earlier = new(options.MemoryCharacters);

    private sealed class Facts
    {
        public string? Sender { get; set; }

        public bool IsNotice { get; set; }

        public string? MessageId { get; set; }

        /// <summary>Recipients who still wait, by address, with what the last attempt said.</summary>
        public Dictionary<string, BounceReport> Waiting { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>A line taken apart.</summary>
    private readonly record struct Entry(DateTimeOffset At, string? Host, string Id, string Flag, string Rest);

    public override IReadOnlyList<string> ContextOf(IEnumerable<string> lines)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var context = new List<string>();
        foreach (var line in lines)
        {
            if (line.Length is > 0 and <= LogReaderOptions.MaxLine && TryEntry(line, TimeZoneInfo.Utc, DateTimeOffset.UnixEpoch.AddYears(60), out var entry) && seen.Add(entry.Id))
            {
                context.AddRange(_earlier.Of(entry.Id));
            }
        }

        return context;
    }

    protected override LogLine ReadLine(string line, DateTimeOffset writtenBefore)
    {
        if (!TryEntry(line, Options.TimeZone, writtenBefore, out var entry))
        {
            return LogLine.Other();
        }

        switch (entry.Flag)
        {
            case "<=":
                Arrival(line, entry);
                return LogLine.Context(entry.At);
            case "Completed":
                _earlier.Forget(entry.Id);
                return LogLine.Context(entry.At);
            case "=>" or "->" or ">>":
                return Delivered(line, entry);
            case "**":
                return Failed(line, entry, ReportOutcome.Bounce);
            case "==":
                return Failed(line, entry, ReportOutcome.Delay);
            default:
                return LogLine.Other(entry.At);
        }
    }

    private void Arrival(string line, Entry entry)
    {
        // Ids are not used again, but a log may be read twice
        _earlier.Forget(entry.Id);
        if (_earlier.Add(entry.Id, "<=", line, entry.At) is not { } facts)
        {
            return;
        }

        var sender = Token(entry.Rest, 0);
        facts.IsNotice = sender is "<>";
        facts.Sender = MailAddresses.Sender(sender);
        facts.MessageId = MailAddresses.MessageId(Fields(entry.Rest, sender.Length).GetValueOrDefault("id"));
    }

    private LogLine Delivered(string line, Entry entry)
    {
        if (!TryAddress(entry.Rest, out var final, out var recipient, out var fields, out var problem))
        {
            return problem is null ? LogLine.Other(entry.At) : LogLine.Malformed(problem, entry.At);
        }

        var facts = _earlier.Find(entry.Id, entry.At);
        if (IsNotice(facts, fields))
        {
            return LogLine.Other(entry.At, "about a notice of the mail system itself");
        }

        if (final.Equals(":blackhole:", StringComparison.OrdinalIgnoreCase) || final is "/dev/null")
        {
            return LogLine.Other(entry.At, "thrown away");
        }

        Settle(entry, facts, final);
        var host = fields.GetValueOrDefault("H") ?? "";
        var transport = fields.GetValueOrDefault("T") ?? "";
        if (AddressOf(host) is { } address && Options.InternalRelays.Contains(address) && !transport.Contains("lmtp", StringComparison.OrdinalIgnoreCase))
        {
            return LogLine.Other(entry.At, "handed to a host of our own");
        }

        var reply = Unescaped(fields.GetValueOrDefault("C") ?? "");
        var (smtp, enhanced) = CodesOf(reply, null);
        return Complete(line, entry.At, Report(entry, facts, fields, final, recipient!) with
        {
            Outcome = ReportOutcome.Delivered,
            SmtpCode = smtp,
            EnhancedCode = enhanced,
            Diagnostic = reply,
        });
    }

    private LogLine Failed(string line, Entry entry, ReportOutcome outcome)
    {
        if (!TryAddress(entry.Rest, out var final, out var recipient, out var fields, out var problem))
        {
            return problem is null ? LogLine.Other(entry.At) : LogLine.Malformed(problem, entry.At);
        }

        var facts = _earlier.Find(entry.Id, entry.At);
        if (IsNotice(facts, fields))
        {
            return LogLine.Other(entry.At, "about a notice of the mail system itself");
        }

        var text = Unescaped(fields.GetValueOrDefault("") ?? "");
        if (outcome == ReportOutcome.Delay && text.StartsWith("retry time not reached", StringComparison.Ordinal))
        {
            // Nothing was tried: Exim only passed the message over
            return LogLine.Other(entry.At, "retry time not reached");
        }

        var (host, reply) = Reply(text);
        var (smtp, enhanced) = CodesOf(reply, null);
        var report = Report(entry, facts, fields, final, recipient!);
        report = report with { Outcome = outcome, SmtpCode = smtp, EnhancedCode = enhanced, Diagnostic = reply, RemoteMta = report.RemoteMta ?? host };
        if (outcome == ReportOutcome.Delay)
        {
            if (_earlier.Add(entry.Id, Deferred + final, line, entry.At) is { } known)
            {
                known.Waiting[final] = report;
            }
        }
        else if (reply == GivenUp)
        {
            // The reply stands in the deferral of the last attempt
            var last = facts?.Waiting.GetValueOrDefault(final) ?? report;
            report = last with
            {
                Outcome = outcome,
                SourceClass = GivenUp,
                SourceCategory = BounceCategory.MessageExpired,
                Diagnostic = last == report ? reply : $"{last.Diagnostic}: {GivenUp}",
                OccurredAt = null,
                SourceEventId = null,
            };
        }

        if (outcome != ReportOutcome.Delay)
        {
            Settle(entry, facts, final);
        }

        return Complete(line, entry.At, report);
    }

    /// <summary>A recipient waits no longer.</summary>
    private void Settle(Entry entry, Facts? facts, string final)
    {
        facts?.Waiting.Remove(final);
        _earlier.Forget(entry.Id, Deferred + final);
    }

    private static bool IsNotice(Facts? facts, Dictionary<string, string> fields) => facts?.IsNotice == true || fields.GetValueOrDefault("F") is "<>";

    private BounceReport Report(Entry entry, Facts? facts, Dictionary<string, string> fields, string final, EmailAddress recipient) => new()
    {
        Recipient = recipient,
        Sender = facts?.Sender ?? MailAddresses.Sender(fields.GetValueOrDefault("F")) ?? MailAddresses.Sender(fields.GetValueOrDefault("P")),
        MessageId = facts?.MessageId,
        RemoteMta = HostOf(fields.GetValueOrDefault("H") ?? ""),
        ReportingMta = entry.Host,
        SendingIp = AddressOf(fields.GetValueOrDefault("I") ?? ""),
        Metadata = new Metadata()
            .Add("queue_id", entry.Id)
            .Add("final_recipient", final.Contains('@', StringComparison.Ordinal) && !final.Equals(recipient.Display, StringComparison.OrdinalIgnoreCase) ? final : null)
            .Add("router", fields.GetValueOrDefault("R"))
            .Add("transport", fields.GetValueOrDefault("T"))
            .Add("relay", fields.GetValueOrDefault("H"))
            .Build(),
    };

    /// <summary>
    /// The addresses an entry begins with: where the mail went (an address, a local user, a file or a pipe), its parents in round brackets, and the address of the
    /// envelope in angle ones when that is another.
    /// </summary>
    private static bool TryAddress(string rest, out string final, out EmailAddress? recipient, out Dictionary<string, string> fields, out string? problem)
    {
        final = Token(rest, 0);
        recipient = null;
        problem = null;
        string? envelope = null;
        var at = final.Length;
        var end = final.EndsWith(':') && !final.Equals(":blackhole:", StringComparison.OrdinalIgnoreCase);
        final = end ? final[..^1] : final;
        while (!end && at + 1 < rest.Length && rest[at + 1] is '<' or '(')
        {
            var token = Token(rest, at + 1);
            at += 1 + token.Length;
            end = token.EndsWith(':');
            envelope = token[0] == '<' ? token.TrimEnd(':') : envelope;
        }

        fields = Fields(rest, end ? at - 1 : at);
        recipient = MailAddresses.Read(envelope) ?? MailAddresses.Read(final);
        if (recipient is null)
        {
            problem = final.Contains('@', StringComparison.Ordinal) && final[0] is not ('|' or '/') ? "the address is none" : final.Length == 0 ? "there is no address" : null;
        }

        return recipient is not null;
    }

    /// <summary>
    /// The fields <c>X=value</c>; under the empty name the text behind the first colon that is followed by a blank. Quoted values may hold anything.
    /// </summary>
    private static Dictionary<string, string> Fields(string text, int start)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var name = "";
        var valueStart = start;
        var at = start;
        while (at < text.Length && fields.Count < 32)
        {
            switch (text[at])
            {
                case '"':
                    at = SkipQuoted(text, at);
                    continue;
                case ':' when at + 1 < text.Length && text[at + 1] == ' ':
                    Keep(at);
                    fields[""] = text[(at + 2)..].Trim();
                    return fields;
                case ' ' when TryName(text, at + 1, out var next, out var afterName):
                    Keep(at);
                    name = next;
                    valueStart = at = afterName;
                    continue;
                default:
                    at++;
                    continue;
            }
        }

        Keep(text.Length);
        return fields;

        void Keep(int valueEnd)
        {
            if (name.Length > 0)
            {
                fields.TryAdd(name, Value(text.AsSpan(valueStart, Math.Max(0, valueEnd - valueStart)).Trim()).ToString());
            }
        }
    }

    /// <summary>A value without the words that may follow it (<c>defer (-44)</c>, <c>for</c> …). A host is two words: its name and its address.</summary>
    private static ReadOnlySpan<char> Value(ReadOnlySpan<char> value)
    {
        if (value is ['"', .., '"'] and { Length: > 1 })
        {
            return value[1..^1];
        }

        var bracket = value.IndexOf(" [");
        var from = bracket > 0 && value[..bracket].IndexOf(' ') < 0 ? bracket + 1 : 0;
        var end = value[from..].IndexOf(' ');
        return end < 0 ? value : value[..(from + end)];
    }

    /// <summary>A field's name: one to four letters and an equals sign.</summary>
    private static bool TryName(string text, int at, out string name, out int after)
    {
        var end = at;
        while (end < text.Length && end - at < 5 && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        var found = end > at && end - at <= 4 && end < text.Length && text[end] == '=';
        name = found ? text[at..end] : "";
        after = end + 1;
        return found;
    }

    private static int SkipQuoted(string text, int at)
    {
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == '"')
            {
                return at + 1;
            }
        }

        return text.Length;
    }

    /// <summary>The word at a place; quotes may hold blanks.</summary>
    private static string Token(string text, int start)
    {
        var at = start;
        while (at < text.Length && text[at] != ' ')
        {
            at = text[at] == '"' ? SkipQuoted(text, at) : at + 1;
        }

        return text[start..at];
    }

    /// <summary>
    /// Takes a reply out of the words around it: <c>SMTP error from remote mail server after RCPT TO:&lt;…&gt;: REPLY</c>, and as it was before 4.83 or so,
    /// <c>SMTP error from remote mailer after RCPT TO:&lt;…&gt;: host NAME [IP]: REPLY</c>.
    /// </summary>
    private static (string? Host, string Reply) Reply(string text)
    {
        var error = text.IndexOf("error from remote mail", StringComparison.Ordinal);
        var after = error < 0 ? -1 : text.IndexOf(" after ", error, StringComparison.Ordinal);
        var colon = after < 0 ? -1 : text.IndexOf(": ", after, StringComparison.Ordinal);
        if (colon < 0)
        {
            return (null, text);
        }

        var reply = text.AsSpan(colon + 2);
        if (reply.StartsWith("host ") && reply.IndexOf("]: ") is > 0 and < 400 and var bracket)
        {
            return (HostOf(reply["host ".Length..bracket]), reply[(bracket + 3)..].Trim().ToString());
        }

        return (null, reply.Trim().ToString());
    }

    /// <summary>Exim writes line ends and other control characters as escapes.</summary>
    private static string Unescaped(string text) =>
        text.Contains('\\', StringComparison.Ordinal) ? text.Replace("\\r\\n", " ", StringComparison.Ordinal).Replace("\\n", " ", StringComparison.Ordinal).Replace("\\t", " ", StringComparison.Ordinal) : text;

    private static bool TryEntry(string line, TimeZoneInfo zone, DateTimeOffset writtenBefore, out Entry entry)
    {
        entry = default;
        string? host = null;
        DateTimeOffset at = default;
        string text;
        if (!char.IsAsciiDigit(line[0]) || (line.Length > 10 && line[10] == 'T'))
        {
            if (!SyslogLine.TryParse(line, zone, writtenBefore, out var syslog))
            {
                return false;
            }

            (at, host, text) = (syslog.At, syslog.Host, syslog.Text);
        }
        else
        {
            text = line;
        }

        var rest = text.AsSpan();
        if (!TryTime(ref rest, zone, ref at) && host is null)
        {
            return false;
        }

        if (rest is ['[', ..] && rest.IndexOf(' ') is > 2 and < 16 and var pid && rest[pid - 1] == ']')
        {
            rest = rest[(pid + 1)..];
        }

        if (!TryId(rest, out var length) || rest.Length < length + 4)
        {
            return false;
        }

        var id = rest[..length].ToString();
        rest = rest[(length + 1)..];
        var end = rest.IndexOf(' ');
        entry = new Entry(at, host, id, (end < 0 ? rest : rest[..end]).ToString(), end < 0 ? "" : rest[(end + 1)..].ToString());
        return true;
    }

    /// <summary><c>2026-11-23 21:04:05[.123] [+0100]</c>.</summary>
    private static bool TryTime(ref ReadOnlySpan<char> rest, TimeZoneInfo zone, ref DateTimeOffset at)
    {
        if (rest.Length < 20 || !DateTime.TryParseExact(rest[..19], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        var end = rest.IndexOf(' ') + 1;
        var blank = rest[end..].IndexOf(' ');
        if (blank < 0)
        {
            return false;
        }

        var time = rest[end..(end + blank)];
        if (time.Length > 9 && time[8] == '.' && double.TryParse(time[8..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction) && fraction < 1)
        {
            local += TimeSpan.FromSeconds(fraction);
        }
        else if (time.Length != 8)
        {
            return false;
        }

        var left = rest[(end + blank + 1)..];
        if (left.Length > 6 && left[0] is '+' or '-' && left[5] == ' ' && TryNumber(left[1..3], out var hours) && TryNumber(left[3..5], out var minutes) && hours <= 14 && minutes < 60)
        {
            var offset = new TimeSpan(hours, minutes, 0) * (left[0] == '-' ? -1 : 1);
            if (local.Ticks - offset.Ticks < 0 || local.Ticks - offset.Ticks > DateTime.MaxValue.Ticks)
            {
                return false;
            }

            at = new DateTimeOffset(local.Ticks - offset.Ticks, TimeSpan.Zero);
            rest = left[6..];
            return true;
        }

        if (!SyslogLine.TryLocal(local, zone, out var found))
        {
            return false;
        }

        at = found;
        rest = left;
        return true;
    }

    /// <summary>Base-62 groups of 6-6-2, or 6-11-4 since 4.97.</summary>
    private static bool TryId(ReadOnlySpan<char> text, out int length)
    {
        length = 0;
        foreach (var (middle, last) in (ReadOnlySpan<(int, int)>)[(6, 2), (11, 4)])
        {
            var all = 6 + 1 + middle + 1 + last;
            if (text.Length > all && text[6] == '-' && text[7 + middle] == '-' && text[all] == ' '
                && IsBase62(text[..6]) && IsBase62(text.Slice(7, middle)) && IsBase62(text.Slice(8 + middle, last)))
            {
                length = all;
                return true;
            }
        }

        return false;
    }

    private static bool IsBase62(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
