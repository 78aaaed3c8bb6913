using System.Globalization;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Webhooks.Reading;
using MailAddresses = BounceActors.Sources.Webhooks.Reading.Addresses;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>
/// PowerMTA's accounting file (User's Guide, "Accounting records"): <c>d</c> delivered, <c>b</c> bounced, <c>t</c> transient, <c>rb</c> and <c>rs</c> what came back
/// by mail afterwards, <c>f</c> a complaint; <c>tq</c> (a whole queue) and <c>r</c> (received) name nobody. The header line decides the columns, and may come
/// again. Times are seconds since 1970, or dates with or without a zone.
/// </summary>
internal sealed class PowerMtaLines(LogReaderOptions options) : LogLines(LogFormat.PowerMta, options)
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);
    private string? _header;

    public override IReadOnlyList<string> ContextOf(IEnumerable<string> lines) => _header is null ? [] : [_header];

    protected override LogLine ReadLine(string line, DateTimeOffset writtenBefore)
    {
        if (Csv.Read(line) is not { } values)
        {
            return LogLine.Malformed($"a quote is not closed, or there are more than {Csv.MaxColumns} columns");
        }

        if (values[0].Equals("type", StringComparison.OrdinalIgnoreCase))
        {
            _header = line;
            _columns.Clear();
            for (var i = 0; i < values.Count; i++)
            {
                _columns.TryAdd(values[i].Trim(), i);
            }

            return LogLine.Context(null);
        }

        if (_header is null)
        {
            return LogLine.Malformed("no header line (type,timeLogged,…) was read before it");
        }

        var row = new Row(_columns, values);
        var at = Time(row["timeLogged"]);
        var report = values[0].Trim() switch
        {
            "d" => new BounceReport { Outcome = ReportOutcome.Delivered },
            "b" or "rb" => Bounce(row["bounceCat"]),
            "t" => new BounceReport { Outcome = ReportOutcome.Delay, SourceClass = row["bounceCat"] },
            "rs" => OfAction(row["dsnAction"], row["bounceCat"]),
            "f" => Feedback.Report(row["feedbackType"]),
            _ => null,
        };
        if (report is null)
        {
            return LogLine.Other(at, $"record {Masking.Diagnostic(values[0].Length > 20 ? values[0][..20] : values[0])}");
        }

        if (values[0].Trim() is "d" or "b" or "t" && _columns.ContainsKey("orig") && row["orig"] is null or "<>")
        {
            return LogLine.Other(at, "about a notice of the mail system itself");
        }

        if (at is null && row["timeLogged"] is not null)
        {
            return LogLine.Malformed("timeLogged is no time");
        }

        return Complete(line, at, Complete(report, row, values[0].Trim(), out var problem)) is var read && problem is null ? read : LogLine.Malformed(problem!, at);
    }

    private static BounceReport Complete(BounceReport report, Row row, string type, out string? problem)
    {
        // A complaint may be without the one who complained (RFC 6590); the mail's To then tells
        var recipient = type == "f" ? MailAddresses.Read(row["rcpt"]) ?? MailAddresses.Read(row["header_To"]) : MailAddresses.Read(row["rcpt"]);
        var original = MailAddresses.Read(MailAddresses.Host(row["orcpt"]));
        problem = recipient is not null || type == "f" ? null : row["rcpt"] is null ? "the column rcpt is missing or empty" : "rcpt is no address";
        var reply = ReplyText.Collapse(WithoutType(row["dsnDiag"] ?? ""), Json.MaxText);
        var status = row["dsnStatus"];
        var blank = status?.IndexOf(' ') ?? -1;
        var (smtp, enhanced) = CodesOf(reply, blank < 0 ? status : status![..blank]);
        return report with
        {
            Recipient = recipient,
            Sender = MailAddresses.Sender(row["orig"]) ?? MailAddresses.Sender(row["header_Return-Path"]) ?? MailAddresses.Sender(row["header_From"]),
            MessageId = MailAddresses.MessageId(row["header_Message-Id"]),
            SmtpCode = smtp,
            EnhancedCode = enhanced,
            Diagnostic = reply,
            RemoteMta = Hosts.FromField(row["dsnMta"]),
            ReportingMta = Hosts.FromField(row["dsnReportingMta"] ?? row["reportingMta"]),
            SendingIp = row["dlvSourceIp"],
            Campaign = row["jobId"],
            Metadata = new Metadata()
                .Add("record", type)
                .Add("original_recipient", original is not null && !original.Equals(recipient) ? original.Display : null)
                .Add("envelope_id", row["envId"])
                .Add("vmta", row["vmta"])
                .Add("vmta_pool", row["vmtaPool"])
                .Add("queue", row["queue"])
                .Add("bounce_category", row["bounceCat"])
                .Add("dsn_action", row["dsnAction"])
                .Add("feedback_type", row["feedbackType"])
                .AddHeaders(row)
                .Build(),
        };
    }

    private static BounceReport Bounce(string? category) =>
        new() { Outcome = ReportOutcome.Bounce, SourceClass = category, SourceCategory = FailureClasses.OfName(category) };

    private static BounceReport? OfAction(string? action, string? category) => action?.ToLowerInvariant() switch
    {
        "failed" => Bounce(category) with { Action = DsnAction.Failed },
        "delayed" => new BounceReport { Outcome = ReportOutcome.Delay, Action = DsnAction.Delayed },
        "delivered" => new BounceReport { Outcome = ReportOutcome.Delivered, Action = DsnAction.Delivered },
        "relayed" => new BounceReport { Outcome = ReportOutcome.Delivered, Action = DsnAction.Relayed },
        "expanded" => new BounceReport { Outcome = ReportOutcome.Delivered, Action = DsnAction.Expanded },
        _ => null,
    };

    private static string WithoutType(string diagnostic) => diagnostic.StartsWith("smtp;", StringComparison.OrdinalIgnoreCase) ? diagnostic[5..].TrimStart() : diagnostic;

    /// <summary>Seconds since 1970, or a date; without a zone it is the machine's.</summary>
    private DateTimeOffset? Time(string? text)
    {
        if (text is null || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) || text.Length < 19)
        {
            return Json.ToTime(text);
        }

        return text.AsSpan(19).ContainsAny("Zz+-") ? Json.ToTime(text)
            : DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && SyslogLine.TryLocal(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), Options.TimeZone, out var at) ? at
            : null;
    }

    /// <summary>A record, by the names of its columns. An empty value is none.</summary>
    internal readonly struct Row(Dictionary<string, int> columns, List<string> values)
    {
        public string? this[string column] => columns.TryGetValue(column, out var at) && at < values.Count ? Json.Clean(values[at]) : null;

        /// <summary>Headers of the mail that are logged, but those that are read otherwise.</summary>
        public IEnumerable<(string Name, string? Value)> Headers()
        {
            foreach (var (column, at) in columns)
            {
                if (column.StartsWith("header_", StringComparison.OrdinalIgnoreCase) && at < values.Count
                    && column["header_".Length..].ToLowerInvariant() is var name and not ("message-id" or "to" or "from" or "return-path" or "subject"))
                {
                    yield return (name, Json.Clean(values[at]));
                }
            }
        }
    }
}

/// <summary>The headers of a record, as metadata.</summary>
internal static class PowerMtaHeaders
{
    public static Metadata AddHeaders(this Metadata metadata, PowerMtaLines.Row row)
    {
        foreach (var (name, value) in row.Headers())
        {
            metadata.Add(name, value);
        }

        return metadata;
    }
}
