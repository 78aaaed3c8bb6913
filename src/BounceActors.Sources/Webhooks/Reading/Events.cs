using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Collects what the events of one request say. An event that cannot be read is noted with its place, and the next one is read.</summary>
internal sealed partial class Events(string source, WebhookAccount account)
{
    /// <summary>Most events read from one request.</summary>
    public const int MaxEvents = 50_000;

    private const int MaxNotes = 1_000;
    private const int MaxNames = 100;

    private readonly List<BounceReport> _reports = [];
    private readonly Dictionary<string, int> _ignored = new(StringComparer.Ordinal);
    private readonly List<NotUnderstood> _notUnderstood = [];
    private string _part = "$";

    /// <summary>Settings of the account.</summary>
    public WebhookAccount Account => account;

    /// <summary>Adds a report; source, stream and campaign are completed here.</summary>
    public void Report(BounceReport report)
    {
        var reply = OneLine(report.Diagnostic);
        var (smtp, enhanced) = LeadingCodes(reply);
        _reports.Add(report with
        {
            Source = source,
            Diagnostic = reply,
            SourceClass = report.SourceClass is { Length: > 200 } c ? c[..200] : report.SourceClass,
            SmtpCode = report.SmtpCode is >= 200 and <= 599 ? report.SmtpCode : smtp,
            EnhancedCode = report.EnhancedCode ?? enhanced,
            Stream = Stream(report.Stream ?? Named(report, "stream")),
            Campaign = report.Campaign ?? Named(report, "campaign", "campaign_id", "campaign-id", "x-campaign"),
        });
    }

    /// <summary>Notes an event that reports nothing about a recipient.</summary>
    public void Ignore(string? name)
    {
        var masked = name is null ? "(none)" : Masking.Diagnostic(name);
        var shown = masked.Length > 64 ? masked[..64] : masked;
        if (_ignored.Count >= MaxNames && !_ignored.ContainsKey(shown))
        {
            shown = "(others)";
        }

        _ignored[shown] = _ignored.GetValueOrDefault(shown) + 1;
    }

    /// <summary>Notes that the part being read cannot be.</summary>
    public void NotUnderstood(string reason)
    {
        if (_notUnderstood.Count < MaxNotes)
        {
            _notUnderstood.Add(new(_part, Masking.Diagnostic(reason)));
        }
        else if (_notUnderstood.Count == MaxNotes)
        {
            _notUnderstood.Add(new("$", "more parts than are listed here could not be read"));
        }
    }

    /// <summary>Reads every JSON value of a body; the items of an array one by one.</summary>
    public void ReadJson(ReadOnlySpan<byte> body, Action<JsonElement> read) => Read(body, (path, value) => Each(path, value, read));

    /// <summary>Reads every JSON value of a body, arrays as they are.</summary>
    public void ReadValues(ReadOnlySpan<byte> body, Action<JsonElement> read) => Read(body, (path, value) =>
    {
        _part = path;
        Guard(() => read(value));
    });

    private void Read(ReadOnlySpan<byte> body, Action<string, JsonElement> read)
    {
        var documents = JsonBody.Parse(body, out var problem);
        for (var i = 0; i < documents.Count; i++)
        {
            using var document = documents[i];
            read(documents.Count == 1 ? "$" : $"$[{i}]", document.RootElement);
        }

        if (problem is not null)
        {
            _part = documents.Count == 0 ? "$" : $"$[{documents.Count}]";
            NotUnderstood(problem);
        }
    }

    /// <summary>Reads the items of an array one by one, or the one object there is.</summary>
    public void Each(string path, JsonElement batch, Action<JsonElement> read)
    {
        if (batch.ValueKind != JsonValueKind.Array)
        {
            One(path, batch, read);
            return;
        }

        var index = 0;
        foreach (var item in batch.EnumerateArray())
        {
            if (index == MaxEvents)
            {
                _part = path;
                NotUnderstood($"more than {MaxEvents} events; those beyond were not read");
                return;
            }

            One($"{path}[{index++}]", item, read);
        }
    }

    /// <summary>Reads one part, so that whatever happens in it stays in it.</summary>
    public void One(string path, JsonElement item, Action<JsonElement> read)
    {
        var outer = _part;
        _part = path;
        if (item.ValueKind != JsonValueKind.Object)
        {
            NotUnderstood($"an object is expected, this is {(item.ValueKind == JsonValueKind.Array ? "an array" : item.ValueKind.ToString().ToLowerInvariant())}");
        }
        else
        {
            Guard(() => read(item));
        }

        _part = outer;
    }

    /// <summary>Runs what may stumble over text that is no Unicode.</summary>
    public void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException or OverflowException or JsonException)
        {
            // JSON strings may hold lone surrogates and bytes that are not UTF-8; the parser only notices when they are read
            NotUnderstood("it holds text that is not valid Unicode");
        }
    }

    public WebhookReading Build() => new(_reports, _ignored, _notUnderstood);

    /// <summary>Our name for a stream, list or group of the sender; else the sender's own.</summary>
    public string? Stream(string? theirs) => theirs is null ? account.Stream : account.Streams.GetValueOrDefault(theirs) ?? theirs;

    /// <summary>Our name for a list or group whose own name says nothing to us: without a mapping the account's stream.</summary>
    public string? Group(string? theirs) => theirs is null ? null : account.Streams.GetValueOrDefault(theirs);

    /// <summary>An id out of what makes an event that event, for senders that give none to rely on.</summary>
    public static string IdOf(params ReadOnlySpan<string?> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>The codes a reply begins with (RFC 5321 section 4.2, RFC 2034 section 4). Codes further inside are left to the judge.</summary>
    private static (int? Smtp, EnhancedStatusCode? Enhanced) LeadingCodes(string reply)
    {
        var match = Leading().Match(reply);
        int? smtp = match.Groups[1].Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        return (smtp, EnhancedStatusCode.TryParse(match.Groups[2].Value, out var enhanced) ? enhanced : null);
    }

    [GeneratedRegex(@"^(?:([245][0-5]\d)(?![\d.])[ \-#:]*)?(?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?", RegexOptions.CultureInvariant)]
    private static partial Regex Leading();

    private static string? Named(BounceReport report, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (report.Metadata.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The reply on one line, without the type a delivery status puts in front of it (RFC 3464 section 2.3.6).</summary>
    private static string OneLine(string text)
    {
        var bare = text.AsSpan().Trim();
        if (bare.StartsWith("smtp;", StringComparison.OrdinalIgnoreCase))
        {
            bare = bare[5..].TrimStart();
        }

        return bare.IndexOfAny('\r', '\n', '\t') < 0 ? bare.ToString() : string.Join(' ', bare.ToString().Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
