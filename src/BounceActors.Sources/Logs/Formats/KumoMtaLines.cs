using System.Text;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.KumoMta;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>KumoMTA's log records, read as its webhook reads them: the same event by both ways has the same id.</summary>
internal sealed class KumoMtaLines(LogReaderOptions options) : LogLines(LogFormat.KumoMta, options)
{
    private static readonly Uri NoUrl = new("about:log");
    private static readonly Dictionary<string, string> NoHeaders = [];

    private readonly KumoMtaSource _source = new();
    private readonly WebhookAccount _account = new() { Stream = options.Stream };

    protected override LogLine ReadLine(string line, DateTimeOffset writtenBefore)
    {
        if (line[0] != '{')
        {
            return LogLine.Malformed("no JSON object; are the records still packed? Unpack them with zstdcat");
        }

        var reading = _source.Read(new WebhookRequest("POST", NoUrl, NoHeaders, Encoding.UTF8.GetBytes(line), writtenBefore), _account);
        if (reading.Reports.Count > 0)
        {
            return Complete(line, reading.Reports[0].OccurredAt, reading.Reports);
        }

        return reading.NotUnderstood.Count > 0 ? LogLine.Malformed(reading.NotUnderstood[0].Reason) : LogLine.Other(null, $"record {reading.Ignored.Keys.FirstOrDefault()}");
    }
}
