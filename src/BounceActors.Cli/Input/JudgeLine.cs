using System.Globalization;
using System.Text.Json;
using BounceActors.Domain.Reports;

namespace BounceActors.Cli.Input;

/// <summary>What a line on stdin of `bounce judge`, or the text given to `bounce explain`, says as a report.</summary>
internal static class JudgeLine
{
    private static readonly string[] Fields = ["diagnostic", "smtpCode", "enhancedCode", "provider"];

    /// <summary>Reads a line: a JSON object when it begins with <c>{</c>, else a reply as it stands in a log.</summary>
    /// <exception cref="FormatException">What is wrong and what would be right.</exception>
    public static BounceReport Read(string line)
    {
        var text = line.Trim();
        return text.StartsWith('{') ? FromJson(text) : FromText(text);
    }

    /// <summary>A report from a reply as a server gave it; the codes in it are the classifier's to find.</summary>
    public static BounceReport FromText(string text) => new() { Source = "cli", Diagnostic = text };

    /// <summary>Reads an SMTP reply code.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static int SmtpCode(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 200 and <= 599
            ? code
            : throw new FormatException($"smtpCode: '{Short(text)}' is no SMTP reply code; a number from 200 to 599 is expected");

    /// <summary>Reads an enhanced status code.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static EnhancedStatusCode EnhancedCode(string text) =>
        EnhancedStatusCode.TryParse(text, out var code)
            ? code
            : throw new FormatException($"enhancedCode: '{Short(text)}' is no enhanced status code; one like 5.1.1 is expected");

    private static BounceReport FromJson(string text)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
        }
        catch (JsonException e)
        {
            throw new FormatException($"not a JSON object: {e.Message}");
        }

        using (json)
        {
            var report = new BounceReport { Source = "cli" };
            foreach (var field in json.RootElement.EnumerateObject())
            {
                if (!Fields.Contains(field.Name))
                {
                    throw new FormatException($"unknown field '{Short(field.Name)}'; known are: {string.Join(", ", Fields)}");
                }

                var value = Value(field);
                report = (field.Name, value.Length) switch
                {
                    ("diagnostic", _) => report with { Diagnostic = value },
                    ("smtpCode" or "enhancedCode" or "provider", 0) => report,
                    ("smtpCode", _) => report with { SmtpCode = SmtpCode(value) },
                    ("enhancedCode", _) => report with { EnhancedCode = EnhancedCode(value) },
                    _ => report with { Provider = value },
                };
            }

            return report is { Diagnostic: "", SmtpCode: null, EnhancedCode: null }
                ? throw new FormatException("nothing to judge; one of diagnostic, smtpCode, enhancedCode is needed")
                : report;
        }
    }

    private static string Value(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => Text(field),
        JsonValueKind.Number when field.Name == "smtpCode" => field.Value.GetRawText(),
        _ => throw new FormatException($"{Short(field.Name)}: a {(field.Name == "smtpCode" ? "number or string" : "string")} is expected"),
    };

    private static string Text(JsonProperty field)
    {
        try
        {
            return field.Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // `"\ud800"` is JSON, but no text.
            throw new FormatException($"{Short(field.Name)}: half of a surrogate pair stands alone in it");
        }
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
