using System.Globalization;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>
/// A <see cref="LogBatch"/> in the inbox. Whatever decides what its lines mean stands in the headers, because a payload may be read on a node that does not have
/// this log among its settings.
/// </summary>
internal sealed class LogPayloads : IPayloadReader
{
    private const string Kind = "log:";

    public bool Reads(string source) => source.StartsWith(Kind, StringComparison.Ordinal);

    public static InboxPayload Of(
        string tenant, string name, LogFormat format, LogReaderOptions options, string batch, string place, DateTimeOffset writtenBefore, DateTimeOffset now) => new()
        {
            Tenant = tenant,
            Source = Kind + name,
            ContentType = "text/plain; charset=utf-8",
            Headers = new Dictionary<string, string>
            {
                ["format"] = LogReader.SourceOf(format),
                ["written-before"] = writtenBefore.ToString("O", CultureInfo.InvariantCulture),
                ["time-zone"] = options.TimeZone.Id,
                ["stream"] = options.Stream ?? "",
                ["sender-domains"] = JsonSerializer.Serialize(options.SenderDomains),
                ["internal-relays"] = JsonSerializer.Serialize(options.InternalRelays),
                ["place"] = place,
            },
            Body = Encoding.UTF8.GetBytes(batch),
            ReceivedAt = now,
            DedupeKey = place,
        };

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
        foreach (var (number, line) in LogBatch.Read(reader, Encoding.UTF8.GetString(payload.Body.Span), writtenBefore))
        {
            reports.AddRange(line.Reports);
            if (line.Kind == LogLineKind.Malformed)
            {
                problems.Add(new PayloadProblem($"line {number}", line.Reason!));
            }
        }

        return new PayloadReading(reports, problems, LogReader.SourceOf(format));
    }

    private static string[] Texts(StoredPayload payload, string header) =>
        payload.Headers.TryGetValue(header, out var json) ? JsonSerializer.Deserialize<string[]>(json) ?? [] : [];
}
