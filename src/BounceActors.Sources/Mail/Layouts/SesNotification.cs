using System.Text;
using System.Text.Json;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Amazon SES events that SNS delivers by mail: the JSON of the event as text.</summary>
/// <remarks>https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html</remarks>
internal sealed class SesNotification : ILayout
{
    public string Name => "amazonses-json";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        // SNS sends nothing in front of the event; JSON within a letter is somebody's example
        var text = mail.Notice.Text.TrimStart();
        if (!text.StartsWith('{') || (!text.Contains("notificationType", StringComparison.Ordinal) && !text.Contains("eventType", StringComparison.Ordinal)))
        {
            return [];
        }

        try
        {
            // Mail wraps the one long line of the event, also within its strings
            var bytes = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(""));
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 32 });
            using var json = JsonDocument.ParseValue(ref reader);
            if (Text(json.RootElement, "Message") is not { } wrapped)
            {
                return Read(json.RootElement);
            }

            using var inner = JsonDocument.Parse(wrapped, new JsonDocumentOptions { MaxDepth = 32 });
            return Read(inner.RootElement);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static List<Fate> Read(JsonElement root)
    {
        var fates = new List<Fate>();
        foreach (var (name, list, outcome) in (ReadOnlySpan<(string, string, ReportOutcome)>)[
            ("bounce", "bouncedRecipients", ReportOutcome.Bounce),
            ("complaint", "complainedRecipients", ReportOutcome.Complaint),
            ("deliveryDelay", "delayedRecipients", ReportOutcome.Delay),
            ("delivery", "recipients", ReportOutcome.Delivered)])
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out var part) || part.ValueKind != JsonValueKind.Object || !part.TryGetProperty(list, out var recipients) || recipients.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (var recipient in recipients.EnumerateArray())
            {
                var address = recipient.ValueKind == JsonValueKind.String ? recipient.GetString() : Text(recipient, "emailAddress");
                if (!EmailAddress.TryParse(address, out var parsed, out _))
                {
                    continue;
                }

                var diagnostic = Text(recipient, "diagnosticCode") ?? Text(part, "smtpResponse") ?? "";
                fates.Add(new Fate
                {
                    Recipient = parsed,
                    Outcome = outcome,
                    Status = Text(recipient, "status"),
                    Diagnostic = diagnostic.StartsWith("smtp;", StringComparison.OrdinalIgnoreCase) ? diagnostic[5..].Trim() : diagnostic,
                    RemoteMta = Evidence.Hosts.FromField(Text(part, "remoteMtaIp")),
                    SourceClass = Text(part, "bounceType") is { } type ? $"{type}/{Text(part, "bounceSubType")}" : null,
                    LastAttempt = StatusNotification.DateOf(Text(part, "timestamp")) ?? (DateTimeOffset.TryParse(Text(part, "timestamp"), System.Globalization.CultureInfo.InvariantCulture, out var at) ? at : null),
                    Sender = Text(root, "mail", "source"),
                    MessageId = Text(root, "mail", "messageId"),
                    Evidence = "event",
                });
            }
        }

        return fates;
    }

    private static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }
}
