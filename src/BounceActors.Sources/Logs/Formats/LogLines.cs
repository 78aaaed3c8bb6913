using System.Globalization;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>The lines of one format, with what is remembered of earlier ones.</summary>
internal abstract class LogLines(LogFormat format, LogReaderOptions options)
{
    private readonly HashSet<string> _senderDomains = new(options.SenderDomains, StringComparer.OrdinalIgnoreCase);

    protected LogReaderOptions Options => options;

    protected string Source { get; } = LogReader.SourceOf(format);

    public LogLine Read(string line, DateTimeOffset writtenBefore)
    {
        if (line.Length > LogReaderOptions.MaxLine)
        {
            return LogLine.Malformed($"longer than {LogReaderOptions.MaxLine} characters");
        }

        // A byte order mark, a carriage return, zeros that a crash of the machine leaves at the end of a file
        var bare = line.Trim('\uFEFF', '\0', '\r', '\n', ' ', '\t');
        return bare.Length == 0 ? LogLine.Other() : ReadLine(bare, writtenBefore);
    }

    public virtual IReadOnlyList<string> ContextOf(IEnumerable<string> lines) => [];

    protected abstract LogLine ReadLine(string line, DateTimeOffset writtenBefore);

    /// <summary>Completes what a line reports, unless the mail is none of ours.</summary>
    protected LogLine Complete(string line, DateTimeOffset? at, params IReadOnlyList<BounceReport> reports)
    {
        var ours = reports.Where(r => _senderDomains.Count == 0 || (r.SenderDomain is { } domain && _senderDomains.Contains(domain))).ToList();
        if (ours.Count == 0)
        {
            return LogLine.Other(at, "from a sender who is not ours");
        }

        return LogLine.Report(at, [.. ours.Select(r => r with
        {
            Source = Source,
            OccurredAt = r.OccurredAt ?? at,
            Stream = r.Stream ?? Options.Stream,
            SourceEventId = r.SourceEventId ?? Events.IdOf(Source, line, r.Recipient?.Normalised),
        })]);
    }

    /// <summary>The codes of a reply: those the refusing server gave, then the status the mail server made of it.</summary>
    /// <param name="reply">The reply, on one line.</param>
    /// <param name="status">The mail server's own status, if it wrote one.</param>
    protected static (int? Smtp, EnhancedStatusCode? Enhanced) CodesOf(string reply, string? status)
    {
        EnhancedStatusCode? vague = null;
        foreach (var candidate in (ReadOnlySpan<EnhancedStatusCode?>)[ReplyText.Paired(reply), EnhancedStatusCode.TryParse(status, out var given) ? given : null, ReplyText.Enhanced(reply)])
        {
            if (candidate is { } code && (code.Subject, code.Detail) != (0, 0))
            {
                return (ReplyText.Code(reply), code);
            }

            vague ??= candidate;
        }

        return (ReplyText.Code(reply), vague);
    }

    /// <summary>The host of <c>name[address]:port</c>; the address when it has no name.</summary>
    protected static string? HostOf(ReadOnlySpan<char> text)
    {
        var bracket = text.IndexOf('[');
        var name = (bracket < 0 ? text : text[..bracket]).Trim();
        if (name.IsEmpty && bracket >= 0 && text[bracket..].IndexOf(']') is var close and > 1)
        {
            name = text[(bracket + 1)..(bracket + close)];
        }

        return name.Length is > 0 and <= 255 && !name.ContainsAny(" \t/") ? name.TrimEnd('.').ToString() : null;
    }

    /// <summary>The address of <c>name[address]:port</c>.</summary>
    protected static string? AddressOf(ReadOnlySpan<char> text)
    {
        var open = text.IndexOf('[');
        var close = open < 0 ? -1 : text[open..].IndexOf(']');
        return close > 1 && close <= 64 ? text[(open + 1)..(open + close)].ToString() : null;
    }

    /// <summary>A number as it stands in a log, whatever the machine's culture.</summary>
    protected static bool TryNumber(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
