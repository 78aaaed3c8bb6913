using System.Globalization;
using System.Text.Json;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>
/// Looks into JSON that may be anything: a field that is missing, null or of another type is null. Numbers may stand as strings and the other way
/// round, because senders do both.
/// </summary>
internal static class Json
{
    /// <summary>Longest text taken from a field, in characters.</summary>
    public const int MaxText = 8_000;

    /// <summary>The field at a path of names; null when any of them is missing.</summary>
    public static JsonElement? Get(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : element;
    }

    /// <summary>The field as text, trimmed and cut to <see cref="MaxText"/>; null when it is empty, an object or an array.</summary>
    public static string? Text(this JsonElement element, params ReadOnlySpan<string> path) => element.Get(path) is { } found ? TextOf(found) : null;

    /// <summary>A value as text.</summary>
    public static string? TextOf(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
        return Clean(text);
    }

    /// <summary>A text trimmed and cut; null when nothing is left.</summary>
    public static string? Clean(string? text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed.IsEmpty ? null : trimmed.Length == text!.Length && trimmed.Length <= MaxText ? text : trimmed[..Math.Min(trimmed.Length, MaxText)].ToString();
    }

    /// <summary>The field as a number.</summary>
    public static double? Number(this JsonElement element, params ReadOnlySpan<string> path) => ToNumber(element.Text(path));

    /// <summary>The field as a whole number of an <see cref="int"/>'s range.</summary>
    public static int? Int(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Number(path) is { } number && Math.Abs(number) < int.MaxValue && number == Math.Floor(number) ? (int)number : null;

    /// <summary>The field as a yes or no.</summary>
    public static bool? Flag(this JsonElement element, params ReadOnlySpan<string> path) => element.Text(path)?.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" => true,
        "false" or "0" or "no" => false,
        _ => null,
    };

    /// <summary>The field as a time.</summary>
    public static DateTimeOffset? Time(this JsonElement element, params ReadOnlySpan<string> path) => ToTime(element.Text(path));

    /// <summary>The items of an array; the field itself when it is none; nothing when it is missing.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Get(path) is not { } found ? [] : found.ValueKind == JsonValueKind.Array ? found.EnumerateArray() : [found];

    /// <summary>The texts of a field that is an array or a single one.</summary>
    public static IEnumerable<string> Texts(this JsonElement element, params ReadOnlySpan<string> path) => element.Items(path).Select(TextOf).OfType<string>();

    /// <summary>Reads a number, whatever the culture.</summary>
    public static double? ToNumber(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>Reads seconds or milliseconds since 1970, or a date with or without a zone (then UTC).</summary>
    public static DateTimeOffset? ToTime(string? text)
    {
        if (ToNumber(text) is { } number)
        {
            // 1e11 seconds are the year 5138; 1e11 milliseconds are 1973
            var milliseconds = Math.Abs(number) < 1e11 ? number * 1000 : number;
            return milliseconds is > 0 and < 253_402_300_799_000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(milliseconds)) : null;
        }

        return text is { Length: <= 64 }
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time)
            && time.Year > 1970
                ? time.ToUniversalTime()
                : null;
    }
}
