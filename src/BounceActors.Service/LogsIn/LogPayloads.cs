using System.Globalization;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>
/// A batch of log lines in the inbox: those that report something, each behind a blank, and before them the earlier lines without which they could not be
/// understood, each behind a tilde. Whatever else decides what they mean stands in the headers, because a payload may be read on a node that does not have this
/// log among its settings.
/// </summary>
internal sealed class LogPayloads : IPayloadReader
{
    private const string Kind = "log:";
    private const char Context = '~';
    private const char Line = ' ';

    public bool Reads(string source) => source.StartsWith(Kind, StringComparison.Ordinal);

    /// <summary>Adds a line to a body.</summary>
    public static void Add(StringBuilder body, string line, bool isContext) => body.Append(body.Length > 0 ? "\n" : "").Append(isContext ? Context : Line).Append(line);

    public static InboxPayload Of(LogFollowerOptions log, string body, string place, DateTimeOffset writtenBefore, DateTimeOffset now)
    {
        var options = log.ReaderOptions;
        return new InboxPayload
        {
            Tenant = log.Tenant,
            Source = Kind + log.Name,
            ContentType = "text/plain; charset=utf-8",
            Headers = new Dictionary<string, string>
            {
                ["format"] = LogReader.SourceOf(log.Format!.Value),
                ["written-before"] = writtenBefore.ToString("O", CultureInfo.InvariantCulture),
                ["time-zone"] = options.TimeZone.Id,
                ["stream"] = options.Stream ?? "",
                ["sender-domains"] = JsonSerializer.Serialize(options.SenderDomains),
                ["internal-relays"] = JsonSerializer.Serialize(options.InternalRelays),
                ["place"] = place,
            },
            Body = Encoding.UTF8.GetBytes(body),
            ReceivedAt = now,
            DedupeKey = place,
        };
    }

    public PayloadReading Read(StoredPayload payload)
    {
        if (!Enum.TryParse<LogFormat>(payload.Headers.GetValueOrDefault("format"), ignoreCase: true, out var format))
        {
            return PayloadReading.NotUnderstood("the payload does not say which log it is of");
        }

        var reader = new LogReader(format, new LogReaderOptions
        {
            TimeZone = TimeZoneInfo.TryFindSystemTimeZoneById(payload.Headers.GetValueOrDefault("time-zone", ""), out var zone) ? zone : TimeZoneInfo.Utc,
            Stream = payload.Headers.GetValueOrDefault("stream") is { Length: > 0 } stream ? stream : null,
            SenderDomains = Texts(payload, "sender-domains"),
            InternalRelays = Texts(payload, "internal-relays"),
        });
        var writtenBefore = DateTimeOffset.TryParse(payload.Headers.GetValueOrDefault("written-before"), CultureInfo.InvariantCulture, out var time) ? time : payload.ReceivedAt;
        var reports = new List<BounceReport>();
        var problems = new List<PayloadProblem>();
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(payload.Body.Span).Split('\n'))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            var read = reader.Read(line[1..], writtenBefore);
            if (line[0] == Context)
            {
                continue;
            }

            reports.AddRange(read.Reports);
            if (read.Kind == LogLineKind.Malformed)
            {
                problems.Add(new PayloadProblem($"line {number}", read.Reason!));
            }
        }

        return new PayloadReading(reports, problems, LogReader.SourceOf(format));
    }

    private static string[] Texts(StoredPayload payload, string header) =>
        payload.Headers.TryGetValue(header, out var json) ? JsonSerializer.Deserialize<string[]>(json) ?? [] : [];
}
