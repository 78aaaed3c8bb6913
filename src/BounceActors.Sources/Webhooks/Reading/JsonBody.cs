using System.Text.Json;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Reads a body as JSON: one value, or several one after another (JSON Lines).</summary>
internal static class JsonBody
{
    /// <summary>Deepest nesting taken.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth, AllowMultipleValues = true };

    /// <summary>The values of the body, up to the first that cannot be read; <paramref name="problem"/> says what was wrong with that one.</summary>
    public static List<JsonDocument> Parse(ReadOnlySpan<byte> body, out string? problem)
    {
        problem = null;
        var documents = new List<JsonDocument>();
        var reader = new Utf8JsonReader(body.StartsWith("\uFEFF"u8) ? body[3..] : body, Options);
        try
        {
            while (reader.Read())
            {
                documents.Add(JsonDocument.ParseValue(ref reader));
            }

            if (documents.Count == 0)
            {
                problem = "the body is empty";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            problem = $"the body is not valid JSON near byte {reader.BytesConsumed}";
        }

        return documents;
    }

    /// <summary>The body as one object, for those that must look into it before it is believed; null when it is none. To be disposed.</summary>
    public static JsonDocument? ParseObject(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
