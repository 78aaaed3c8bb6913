using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;
using MailAddresses = BounceActors.Sources.Webhooks.Reading.Addresses;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>
/// Postfix. A delivery attempt is one line whoever made it (<c>smtp</c>, <c>lmtp</c>, <c>local</c>, <c>virtual</c>, <c>pipe</c>, <c>error</c> …):
/// <c>QUEUEID: to=&lt;…&gt;, orig_to=&lt;…&gt;, relay=…, delay=…, delays=…, dsn=…, status=… (…)</c> (<c>src/global/log_adhoc.c</c>). The sender stands in lines of
/// <c>qmgr</c>, the message id in one of <c>cleanup</c>. A message that waited too long is one line of <c>qmgr</c> without a recipient: those whose last
/// attempt was deferred are meant.
/// </summary>
internal sealed class PostfixLines(LogReaderOptions options) : LogLines(LogFormat.Postfix, options)
{
    private const string Deferred = "deferred ";

    private readonly EarlierLines<Facts> _earlier = new(options.MemoryCharacters);

    private sealed class Facts
    {
        public string? Sender { get; set; }

        public bool IsNotice { get; set; }

        public string? MessageId { get; set; }

        /// <summary>Recipients who still wait, by address, with what the last attempt said.</summary>
        public Dictionary<string, BounceReport> Waiting { get; } = new(StringComparer.Ordinal);
    }

    public override IReadOnlyList<string> ContextOf(IEnumerable<string> lines)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var context = new List<string>();
        foreach (var line in lines)
        {
            if (line.Length is > 0 and <= LogReaderOptions.MaxLine
                && SyslogLine.TryParse(line, TimeZoneInfo.Utc, DateTimeOffset.UnixEpoch.AddYears(60), out var syslog)
                && TryQueueId(syslog.Text, out var id, out _)
                && seen.Add(id))
            {
                context.AddRange(_earlier.Of(id));
            }
        }

        return context;
    }

    protected override LogLine ReadLine(string line, DateTimeOffset writtenBefore)
    {
        if (!SyslogLine.TryParse(line, Options.TimeZone, writtenBefore, out var syslog))
        {
            return line.Contains(", status=", StringComparison.Ordinal) ? LogLine.Malformed("a delivery without a syslog header that can be read") : LogLine.Other();
        }

        if (!TryQueueId(syslog.Text, out var id, out var text))
        {
            return LogLine.Other(syslog.At);
        }

        if (text.StartsWith("to=<", StringComparison.Ordinal))
        {
            return Delivery(line, syslog, id, text);
        }

        if (text.StartsWith("from=<", StringComparison.Ordinal))
        {
            return From(line, syslog, id, text);
        }

        if (text.StartsWith("message-id=", StringComparison.Ordinal))
        {
            if (_earlier.Add(id, "message-id", line, syslog.At) is { } facts)
            {
                facts.MessageId = MailAddresses.MessageId(text["message-id=".Length..]);
            }

            return LogLine.Context(syslog.At);
        }

        // A new message under an id that was used before (ids are inode numbers unless enable_long_queue_ids is set)
        if (text is "removed" || text.StartsWith("client=", StringComparison.Ordinal) || text.StartsWith("uid=", StringComparison.Ordinal))
        {
            _earlier.Forget(id);
            return LogLine.Context(syslog.At);
        }

        return LogLine.Other(syslog.At);
    }

    private LogLine From(string line, SyslogLine syslog, string id, string text)
    {
        if (!TryAngle(text, "from=<".Length, out var sender, out var end))
        {
            return LogLine.Other(syslog.At);
        }

        var status = Field(text, end, "status=");
        if (status is "expired" or "force-expired")
        {
            return Expired(line, syslog, id, sender);
        }

        if (_earlier.Add(id, "from", line, syslog.At) is { } facts)
        {
            facts.Sender = MailAddresses.Sender(sender);
            facts.IsNotice = sender.Length == 0;
        }

        return LogLine.Context(syslog.At);
    }

    private LogLine Expired(string line, SyslogLine syslog, string id, string sender)
    {
        if (sender.Length == 0)
        {
            return LogLine.Other(syslog.At, "about a notice of the mail system itself");
        }

        var waiting = _earlier.Find(id, syslog.At)?.Waiting.Values.ToList() ?? [];
        _earlier.Forget(id);
        return waiting.Count == 0
            ? LogLine.Malformed("a message was given up, but the lines that name its recipients were not read", syslog.At)
            : Complete(line, syslog.At, [.. waiting.Select(r => r with
            {
                Sender = MailAddresses.Sender(sender) ?? r.Sender,
                Outcome = ReportOutcome.Bounce,
                SourceClass = "expired",
                SourceCategory = BounceCategory.MessageExpired,
                OccurredAt = null,
                SourceEventId = null,
            })]);
    }

    private LogLine Delivery(string line, SyslogLine syslog, string id, string text)
    {
        if (!TryAngle(text, "to=<".Length, out var to, out var at))
        {
            return LogLine.Malformed("the address behind to= does not end", syslog.At);
        }

        var original = "";
        if (text.AsSpan(at).StartsWith(", orig_to=<") && !TryAngle(text, at + ", orig_to=<".Length, out original, out at))
        {
            return LogLine.Malformed("the address behind orig_to= does not end", syslog.At);
        }

        var status = Field(text, at, "status=");
        if (status is null)
        {
            return LogLine.Malformed("a delivery without status=", syslog.At);
        }

        var outcome = Outcome(status);
        if (outcome is null)
        {
            // deliverable, undeliverable: address verification probes, no mail
            return LogLine.Other(syslog.At, $"status {(status.Length > 20 ? status[..20] : status)}");
        }

        var facts = _earlier.Find(id, syslog.At);
        if (outcome != ReportOutcome.Delay)
        {
            facts?.Waiting.Remove(to);
            _earlier.Forget(id, Deferred + to);
        }

        if (facts?.IsNotice == true)
        {
            return LogLine.Other(syslog.At, "about a notice of the mail system itself");
        }

        var relay = Field(text, at, "relay=") ?? "";
        var said = Said(text, at);
        var passedOn = outcome == ReportOutcome.Delivered ? PassedOn(syslog, relay, said) : null;
        if (passedOn is not null)
        {
            return LogLine.Other(syslog.At, passedOn);
        }

        // An alias is what the sender wrote; where it leads is the receiver's business
        var recipient = MailAddresses.Read(original) ?? MailAddresses.Read(to);
        if (recipient is null)
        {
            return to.Contains('@', StringComparison.Ordinal) ? LogLine.Malformed("the address behind to= is none", syslog.At) : LogLine.Other(syslog.At, "to a user without a domain");
        }

        var (host, reply) = Reply(said);
        var (smtp, enhanced) = CodesOf(reply, Field(text, at, "dsn="));
        var report = new BounceReport
        {
            Recipient = recipient,
            Sender = facts?.Sender,
            MessageId = facts?.MessageId,
            Outcome = outcome,
            SmtpCode = smtp,
            EnhancedCode = enhanced,
            Diagnostic = reply,
            SourceClass = status,
            SourceCategory = status == "expired" ? BounceCategory.MessageExpired : null,
            RemoteMta = host ?? (relay is "none" or "local" or "virtual" ? null : HostOf(relay)),
            ReportingMta = syslog.Host is { Length: > 0 and <= 255 } ? syslog.Host : null,
            Metadata = new Metadata()
                .Add("queue_id", id)
                .Add("final_recipient", original.Length > 0 && to != original ? to : null)
                .Add("relay", relay)
                .Add("service", syslog.Program)
                .Add("conn_use", Field(text, at, "conn_use="))
                .Add("delay", Field(text, at, "delay="))
                .Add("delays", Field(text, at, "delays="))
                .Build(),
        };
        if (outcome == ReportOutcome.Delay && _earlier.Add(id, Deferred + to, line, syslog.At) is { } known)
        {
            known.Waiting[to] = report;
        }

        return Complete(line, syslog.At, report);
    }

    private static ReportOutcome? Outcome(string status) => status switch
    {
        "bounced" or "expired" => ReportOutcome.Bounce,
        "deferred" or "SOFTBOUNCE" => ReportOutcome.Delay,
        "sent" => ReportOutcome.Delivered,
        _ => null,
    };

    /// <summary>Why a mail that was "sent" has not arrived anywhere yet; null when it has.</summary>
    private string? PassedOn(SyslogLine syslog, string relay, string said)
    {
        if (said.StartsWith("forwarded as ", StringComparison.Ordinal))
        {
            return "forwarded under another queue id";
        }

        if (said.StartsWith("discard", StringComparison.Ordinal) || syslog.Program.EndsWith("/discard", StringComparison.Ordinal))
        {
            return "thrown away";
        }

        return !syslog.Program.EndsWith("/lmtp", StringComparison.Ordinal) && AddressOf(relay) is { } address && Options.InternalRelays.Contains(address)
            ? "handed to a host of our own"
            : null;
    }

    /// <summary>Takes a reply out of the words around it: <c>host NAME[IP] said: REPLY (in reply to RCPT TO command)</c>.</summary>
    private static (string? Host, string Reply) Reply(string said)
    {
        var text = said.AsSpan();
        var suspended = "delivery temporarily suspended: ";
        if (text.StartsWith(suspended, StringComparison.Ordinal))
        {
            text = text[suspended.Length..];
        }

        if (!text.StartsWith("host ", StringComparison.Ordinal))
        {
            return (null, said);
        }

        foreach (var words in (ReadOnlySpan<string>)[" said: ", " refused to talk to me: "])
        {
            var at = text.IndexOf(words, StringComparison.Ordinal);
            if (at > 0 && at <= 400)
            {
                var reply = text[(at + words.Length)..];
                var command = reply.LastIndexOf(" (in reply to ", StringComparison.Ordinal);
                return (HostOf(text["host ".Length..at]), (command > 0 ? reply[..command] : reply).Trim().ToString());
            }
        }

        return (null, said);
    }

    /// <summary>What stands in the brackets at the end. A line that syslog cut has no closing one.</summary>
    private static string Said(string text, int from)
    {
        var status = text.IndexOf(", status=", from, StringComparison.Ordinal);
        var open = status < 0 ? -1 : text.IndexOf(" (", status, StringComparison.Ordinal);
        if (open < 0)
        {
            return "";
        }

        var said = text.AsSpan(open + 2).TrimEnd();
        return (said.EndsWith(")") ? said[..^1] : said).Trim().ToString();
    }

    /// <summary>The value of a field that ends at a comma or a blank; null when it is missing.</summary>
    private static string? Field(string text, int from, string name)
    {
        // Not in the reply: that is the remote server's, who may write what it likes
        var status = text.IndexOf(", status=", from, StringComparison.Ordinal);
        var limit = status < 0 ? text.Length : name == "status=" ? text.Length : status;
        var at = text.IndexOf(", " + name, from, limit - from, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var value = text.AsSpan(at + 2 + name.Length);
        var end = value.IndexOfAny(',', ' ');
        return (end < 0 ? value : value[..end]).ToString();
    }

    /// <summary>An address in angle brackets; its local part may be quoted, brackets and all.</summary>
    private static bool TryAngle(string text, int start, out string address, out int end)
    {
        var quoted = false;
        for (var i = start; i < text.Length && i - start <= 1_000; i++)
        {
            if (quoted && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (text[i] == '>' && !quoted)
            {
                address = text[start..i];
                end = i + 1;
                return true;
            }
        }

        address = "";
        end = start;
        return false;
    }

    private static bool TryQueueId(string text, out string id, out string rest)
    {
        var colon = text.IndexOf(':');
        id = "";
        rest = "";
        if (colon is < 5 or > 40 || colon + 1 >= text.Length)
        {
            return false;
        }

        foreach (var c in text.AsSpan(0, colon))
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        id = text[..colon];
        rest = text[(colon + 1)..].TrimStart(' ');
        // Words such as "warning" and "NOQUEUE" stand there too; no queue id is without a digit or all lower case
        return id is not "NOQUEUE" && !id.All(char.IsAsciiLetterLower);
    }
}
