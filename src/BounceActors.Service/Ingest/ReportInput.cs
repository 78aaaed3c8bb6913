using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using BounceActors.Domain;
using BounceActors.Domain.Reports;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Ingest;

/// <summary>A report as it comes in over HTTP or gRPC, before it is checked. Field names and meanings are in docs/http-api.md.</summary>
internal sealed partial record ReportInput
{
    public const int MaxDiagnostic = 16_384;
    public const int MaxMetadata = 32;
    private const int MaxName = 64;
    private const int MaxId = 998;

    [Description("Whom the report is about: a mail address. Required.")]
    public string? Recipient { get; init; }

    [Description("The original sender's address, or its domain.")]
    public string? Sender { get; init; }

    [Description("Message-ID of the original message, with or without angle brackets, or your own id of it.")]
    public string? MessageId { get; init; }

    [Description("When it happened, RFC 3339 with an offset, e.g. 2026-01-31T09:30:00Z.")]
    public string? OccurredAt { get; init; }

    [Description("What happened: bounce, delay, delivered, auto_reply, challenge, complaint, unsubscribe or engagement.")]
    public string? Outcome { get; init; }

    [Description("SMTP reply code, 200 to 599; a number, or a string of three digits.")]
    [JsonConverter(typeof(SmtpCodeConverter))]
    public int? SmtpCode { get; init; }

    [Description("Enhanced status code (RFC 3463), e.g. 5.1.1.")]
    public string? EnhancedCode { get; init; }

    [Description("The remote server's words.")]
    public string? Diagnostic { get; init; }

    [Description("Which source says so; api when not given.")]
    public string? Source { get; init; }

    [Description("The source's own id of this event; equal ids of a source are one event.")]
    public string? SourceEventId { get; init; }

    [Description("How often the message was already retried.")]
    public int? RetryCount { get; init; }

    [Description("Stream of the message, e.g. transactional or marketing.")]
    public string? Stream { get; init; }

    [Description("Campaign of the message.")]
    public string? Campaign { get; init; }

    [Description("IP address the message was sent from.")]
    public string? SendingIp { get; init; }

    [Description("Host that refused or accepted the message.")]
    public string? RemoteMta { get; init; }

    [Description("Mailbox provider, e.g. google.")]
    public string? Provider { get; init; }

    [Description("Whatever else belongs to it: up to 32 names with strings, numbers or booleans.")]
    [JsonConverter(typeof(MetadataConverter))]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>The report, if all of it is right. Throws <see cref="ProblemException"/> that names the first field at fault.</summary>
    /// <param name="now">Now.</param>
    /// <param name="clockSkew">How far the report's time may lie in the future.</param>
    public BounceReport ToReport(DateTimeOffset now, TimeSpan clockSkew)
    {
        var report = new BounceReport
        {
            Recipient = AddressOf(Recipient, "recipient"),
            Sender = SenderOf(Sender),
            MessageId = Line(Bare(MessageId), "messageId", MaxId),
            OccurredAt = TimeOf(OccurredAt, now + clockSkew),
            Outcome = OutcomeOf(Outcome),
            SmtpCode = SmtpCode is null or (>= 200 and <= 599)
                ? SmtpCode
                : throw Invalid("smtpCode", "must be a reply code from 200 to 599, e.g. 550"),
            EnhancedCode = CodeOf(EnhancedCode),
            Diagnostic = Diagnostic is not { Length: > MaxDiagnostic }
                ? Diagnostic ?? ""
                : throw Invalid("diagnostic", $"must not be longer than {MaxDiagnostic} characters"),
            Source = Name(Source, "source") ?? "api",
            SourceEventId = Line(SourceEventId, "sourceEventId", MaxId),
            RetryCount = RetryCount is null or (>= 0 and <= 1_000) ? RetryCount ?? 0 : throw Invalid("retryCount", "must be 0 to 1000"),
            Stream = Name(Stream, "stream"),
            Campaign = Line(Campaign, "campaign", 200),
            SendingIp = SendingIp is null or "" || IPAddress.TryParse(SendingIp, out _)
                ? Given(SendingIp)
                : throw Invalid("sendingIp", "must be an IP address, e.g. 192.0.2.1"),
            RemoteMta = Host(RemoteMta, "remoteMta"),
            Provider = Name(Provider, "provider"),
            Metadata = MetadataOf(Metadata),
        };
        return report is { Outcome: null, SmtpCode: null, EnhancedCode: null, Diagnostic: "" }
            ? throw new ProblemException(ProblemTypes.NothingReported, "one of outcome, smtpCode, enhancedCode and diagnostic is required", "outcome")
            : report;
    }

    /// <summary>The outcomes a report may have.</summary>
    public static IReadOnlyList<string> Outcomes { get; } = [.. WireNames.All<ReportOutcome>().Where(o => o != ReportOutcome.NotAReport.ToWire())];

    /// <summary>A mail address that has to be there.</summary>
    public static EmailAddress AddressOf(string? text, string field) =>
        string.IsNullOrWhiteSpace(text) ? throw new ProblemException(ProblemTypes.MissingField, $"{field} is required: a mail address", field)
        : EmailAddress.TryParse(text, out var address, out var problem) ? address
        : throw new ProblemException(ProblemTypes.InvalidAddress, $"{field} is not a mail address: {problem}", field);

    private static string? SenderOf(string? text)
    {
        if (Given(text) is not { } sender)
        {
            return null;
        }

        // The null sender of bounces, and programs that know no more than their domain.
        return sender is "<>" ? null
            : EmailAddress.TryParse(sender.Contains('@', StringComparison.Ordinal) ? sender : $"postmaster@{sender}", out var address, out var problem) ? address.Display
            : throw new ProblemException(ProblemTypes.InvalidAddress, $"sender is neither a mail address nor a domain: {problem}", "sender");
    }

    private static DateTimeOffset? TimeOf(string? text, DateTimeOffset latest)
    {
        if (Given(text) is not { } given)
        {
            return null;
        }

        if (!Rfc3339().IsMatch(given) || !DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw Invalid("occurredAt", "must be a time as in RFC 3339, with an offset, e.g. 2026-01-31T09:30:00Z");
        }

        if (time > latest)
        {
            throw new ProblemException(ProblemTypes.FutureDate, "occurredAt lies in the future; is a clock or a time zone wrong?", "occurredAt");
        }

        return time.Year >= 1990 ? time : throw Invalid("occurredAt", "lies before 1990; is it in another unit?");
    }

    private static ReportOutcome? OutcomeOf(string? text)
    {
        if (Given(text) is not { } given)
        {
            return null;
        }

        return WireNames.TryParse<ReportOutcome>(given, out var outcome) && outcome != ReportOutcome.NotAReport
            ? outcome
            : throw new ProblemException(ProblemTypes.UnknownValue, $"outcome '{Shown(given)}' is not known; {Nearest.Hint(given, Outcomes)}", "outcome");
    }

    private static EnhancedStatusCode? CodeOf(string? text) =>
        Given(text) is not { } given ? null
        : EnhancedStatusCode.TryParse(given, out var code) ? code
        : throw Invalid("enhancedCode", "must be a code as in RFC 3463, e.g. 5.1.1");

    private static IReadOnlyDictionary<string, string> MetadataOf(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return new Dictionary<string, string>();
        }

        return metadata.Count > MaxMetadata ? throw Invalid("metadata", $"must not have more than {MaxMetadata} names")
            : metadata.Any(p => p.Key.Length > MaxName || p.Value.Length > 512) ? throw Invalid("metadata", $"must have names of at most {MaxName} and values of at most 512 characters")
            : metadata;
    }

    /// <summary>A short name that may stand in metrics and logs.</summary>
    public static string? Name(string? text, string field) =>
        Given(text) is not { } given ? null
        : ShortName().IsMatch(given) ? given
        : throw Invalid(field, $"must be 1 to {MaxName} letters, digits, dots, dashes or underscores");

    private static string? Host(string? text, string field) =>
        Given(text) is not { } given ? null
        : HostName().IsMatch(given) ? given
        : throw Invalid(field, "must be a host name or an IP address");

    /// <summary>A text of one line.</summary>
    public static string? Line(string? text, string field, int longest) =>
        Given(text) is not { } given ? null
        : given.Length <= longest && !given.Any(char.IsControl) ? given
        : throw Invalid(field, $"must be one line of at most {longest} characters");

    private static string? Bare(string? messageId) =>
        messageId?.Trim() is { Length: > 2 } id && id.StartsWith('<') && id.EndsWith('>') ? id[1..^1] : messageId;

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Shown(string text) => text.Length > MaxName ? text[..MaxName] : text;

    private static ProblemException Invalid(string field, string what) => new(ProblemTypes.InvalidValue, $"{field} {what}", field);

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex ShortName();

    [GeneratedRegex(@"^[\p{L}\p{N}\[][\p{L}\p{N}._:\]-]{0,254}$", RegexOptions.CultureInvariant)]
    private static partial Regex HostName();

    private sealed class SmtpCodeConverter : JsonConverter<int?>
    {
        private const string Expected = "smtpCode must be a reply code such as 550, as a number or a string of three digits";

        public override int? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var code) => code,
            JsonTokenType.String when reader.GetString()!.Trim() is var text =>
                text.Length == 0 ? null
                : text.Length == 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code
                : throw new FieldJsonException(Expected),
            _ => throw new FieldJsonException(Expected),
        };

        public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options) => throw new NotSupportedException();
    }

    private sealed class MetadataConverter : JsonConverter<IReadOnlyDictionary<string, string>>
    {
        private const string Expected = "metadata must be an object whose values are strings, numbers or booleans";

        public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new FieldJsonException(Expected);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                values[name] = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString()!,
                    JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
                    JsonTokenType.True => "true",
                    JsonTokenType.False => "false",
                    JsonTokenType.Null => "",
                    _ => throw new FieldJsonException(Expected),
                };
            }

            return values;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
