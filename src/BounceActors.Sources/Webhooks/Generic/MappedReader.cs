using System.Collections.Frozen;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Generic;

/// <summary>Reads events by a <see cref="JsonMapping"/>.</summary>
internal sealed class MappedReader
{
    private const string MetadataPrefix = "metadata.";

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
        ["recipient", "event", "sender", "messageId", "occurredAt", "smtpCode", "enhancedCode", "diagnostic", "sourceEventId", "sourceClass", "stream", "campaign", "sendingIp", "remoteMta", "provider"],
        StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, Source[]> _fields;
    private readonly JsonPath _events;
    private readonly Dictionary<string, string> _outcomes;
    private readonly Dictionary<string, BounceCategory> _categories;

    private MappedReader(JsonMapping mapping)
    {
        _events = JsonPath.Parse(mapping.Events);
        _fields = mapping.Fields.ToDictionary(f => f.Key, f => Sources(f.Value), StringComparer.OrdinalIgnoreCase);
        _outcomes = new Dictionary<string, string>(mapping.Outcomes, StringComparer.OrdinalIgnoreCase);
        _categories = mapping.Categories.ToDictionary(c => c.Key, c => WireNames.Parse<BounceCategory>(c.Value), StringComparer.OrdinalIgnoreCase);
    }

    private readonly record struct Source(string? Constant, JsonPath? Path);

    /// <summary>The reader of a mapping, or what is wrong with it.</summary>
    public static MappedReader? Of(JsonMapping mapping, out IReadOnlyList<string> problems)
    {
        problems = Problems(mapping);
        return problems.Count == 0 ? new MappedReader(mapping) : null;
    }

    public static IReadOnlyList<string> Problems(JsonMapping mapping)
    {
        var problems = new List<string>();
        void Try(string setting, Action read)
        {
            try
            {
                read();
            }
            catch (FormatException e)
            {
                problems.Add($"{setting}: {e.Message}");
            }
        }

        Try("Events", () => JsonPath.Parse(mapping.Events));
        if (!mapping.Fields.Keys.Contains("recipient", StringComparer.OrdinalIgnoreCase))
        {
            problems.Add("Fields: 'recipient' is required, e.g. $.email");
        }

        foreach (var (name, value) in mapping.Fields)
        {
            if (!Known.Contains(name) && !name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add($"Fields: '{name}' is none of {string.Join(", ", Known.Order())}, metadata.NAME");
            }

            Try($"Fields:{name}", () => Sources(value));
        }

        foreach (var (name, value) in mapping.Outcomes.Where(o => o.Value != "ignore"))
        {
            Try($"Outcomes:{name}", () => WireNames.Parse<ReportOutcome>(value));
        }

        foreach (var (name, value) in mapping.Categories)
        {
            Try($"Categories:{name}", () => WireNames.Parse<BounceCategory>(value));
        }

        if (mapping.Signature is { } scheme)
        {
            Check("Signature:Hash", scheme.Hash, "sha1", "sha256", "sha512");
            Check("Signature:Encoding", scheme.Encoding, "hex", "base64");
            if (!scheme.Signed.Contains("{body}", StringComparison.Ordinal))
            {
                problems.Add("Signature:Signed: it holds {body}, e.g. {timestamp}.{body}");
            }
        }

        return problems;

        void Check(string setting, string value, params string[] allowed)
        {
            if (!allowed.Contains(value, StringComparer.OrdinalIgnoreCase))
            {
                problems.Add($"{setting}: '{value}' is none of {string.Join(", ", allowed)}");
            }
        }
    }

    public void Read(JsonElement body, Events events)
    {
        var index = 0;
        foreach (var found in _events.Find(body))
        {
            // A path may lead to the array or to its items
            events.Each(found.ValueKind == JsonValueKind.Array ? "$" : $"$[{index++}]", found, e => ReadEvent(e, events));
        }
    }

    private void ReadEvent(JsonElement e, Events events)
    {
        var name = Value(e, "event");
        ReportOutcome? outcome = null;
        if (_outcomes.Count > 0)
        {
            var wanted = name is null ? null : _outcomes.GetValueOrDefault(name);
            if (wanted is null or "ignore")
            {
                events.Ignore(name);
                return;
            }

            outcome = WireNames.Parse<ReportOutcome>(wanted);
        }

        if (Addresses.Read(Value(e, "recipient")) is not { } recipient)
        {
            events.NotUnderstood($"the event '{name}' has no address where the mapping looks for 'recipient'");
            return;
        }

        var theirs = Value(e, "sourceClass");
        var metadata = new Metadata().Add("event", name);
        foreach (var field in _fields.Keys.Where(k => k.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase)))
        {
            metadata.Add(field[MetadataPrefix.Length..], Value(e, field));
        }

        var message = Addresses.MessageId(Value(e, "messageId"));
        var at = Value(e, "occurredAt");
        events.Report(new BounceReport
        {
            Recipient = recipient,
            Outcome = outcome,
            Sender = Addresses.Sender(Value(e, "sender")),
            MessageId = message,
            OccurredAt = Json.ToTime(at),
            SmtpCode = Json.ToNumber(Value(e, "smtpCode")) is >= 200 and <= 599 and var code ? (int)code : null,
            EnhancedCode = EnhancedStatusCode.TryParse(Value(e, "enhancedCode"), out var enhanced) ? enhanced : null,
            Diagnostic = Value(e, "diagnostic") ?? "",
            SourceClass = theirs,
            SourceCategory = Category(theirs) ?? Category(name),
            SourceEventId = Value(e, "sourceEventId") ?? Events.IdOf(message, name, recipient.Normalised, at),
            Stream = Value(e, "stream"),
            Campaign = Value(e, "campaign"),
            SendingIp = Value(e, "sendingIp"),
            RemoteMta = Addresses.Host(Value(e, "remoteMta")),
            Provider = Value(e, "provider"),
            Metadata = metadata.Build(),
        });
    }

    private BounceCategory? Category(string? name) => name is not null && _categories.TryGetValue(name, out var category) ? category : null;

    private string? Value(JsonElement e, string field)
    {
        foreach (var source in _fields.GetValueOrDefault(field) ?? [])
        {
            if (source.Constant is { } constant)
            {
                return constant;
            }

            var values = source.Path!.Find(e).Take(50).Select(Json.TextOf).OfType<string>().ToList();
            if (values.Count > 0)
            {
                return values.Count == 1 ? values[0] : string.Join(",", values);
            }
        }

        return null;
    }

    private static Source[] Sources(string text) =>
    [
        .. text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(t => t.StartsWith('=') ? new Source(t[1..], null) : new Source(null, JsonPath.Parse(t))),
    ];
}
