using System.Text.Json;
using BounceActors.Service.Problems;
using Microsoft.Net.Http.Headers;

namespace BounceActors.Service.Ingest;

/// <summary>Takes the body of <c>POST /v1/events</c> apart: one object, an array, or one object per line.</summary>
internal static class EventReader
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";
    private static readonly string[] LineTypes = [Lines, "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"];

    /// <summary>The items, each read on its own. Throws <see cref="ProblemException"/> when the body as a whole is refused; nothing was recorded then.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type; without one the first byte tells.</param>
    /// <param name="maxItems">Most items taken.</param>
    /// <param name="check">Checks an item.</param>
    public static IReadOnlyList<ReportItem> Read(ReadOnlyMemory<byte> body, string? contentType, int maxItems, Func<ReportInput, ReportItem> check)
    {
        body = body.Trim(" \t\r\n"u8);
        var type = MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType.Value : contentType;
        if (LineTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            return ReadLines(body, maxItems, check);
        }

        if (type is not null && !type.Equals(Json, StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(ProblemTypes.UnsupportedMediaType, $"{Json} and {Lines} are taken, not {type}", "Content-Type");
        }

        // Several objects on lines of their own begin like a single one; only the end of the first tells.
        return type is null && IsSeveral(body.Span) ? ReadLines(body, maxItems, check) : ReadDocument(body, maxItems, check);
    }

    private static List<ReportItem> ReadDocument(ReadOnlyMemory<byte> body, int maxItems, Func<ReportInput, ReportItem> check)
    {
        if (IsSeveral(body.Span))
        {
            throw new ProblemException(ProblemTypes.MalformedJson, $"there is more than one value; for one object per line, send Content-Type: {Lines}");
        }

        using var document = StrictJson.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object)
        {
            return [ReadItem(root, check)];
        }

        if (root.ValueKind != JsonValueKind.Array)
        {
            throw new ProblemException(ProblemTypes.WrongType, "an object or a list of objects is expected");
        }

        if (root.GetArrayLength() is var count && count > maxItems)
        {
            throw TooMany(count, maxItems);
        }

        return count > 0
            ? [.. root.EnumerateArray().Select(item => ReadItem(item, check))]
            : throw new ProblemException(ProblemTypes.MissingField, "the list is empty; at least one report is expected");
    }

    private static List<ReportItem> ReadLines(ReadOnlyMemory<byte> body, int maxItems, Func<ReportInput, ReportItem> check)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        foreach (var range in body.Span.Split((byte)'\n'))
        {
            var line = body[range].Trim(" \t\r"u8);
            if (!line.IsEmpty)
            {
                lines.Add(line);
            }
        }

        if (lines.Count > maxItems)
        {
            throw TooMany(lines.Count, maxItems);
        }

        return lines.Count > 0
            ? lines.ConvertAll(line => ReadLine(line, check))
            : throw new ProblemException(ProblemTypes.MalformedJson, "the body is empty");
    }

    private static ReportItem ReadLine(ReadOnlyMemory<byte> line, Func<ReportInput, ReportItem> check)
    {
        try
        {
            using var document = StrictJson.Parse(line);
            return ReadItem(document.RootElement, check);
        }
        catch (ProblemException problem)
        {
            return ReportItem.Wrong(null, problem);
        }
    }

    private static ReportItem ReadItem(JsonElement json, Func<ReportInput, ReportItem> check)
    {
        try
        {
            return check(StrictJson.Read<ReportInput>(json));
        }
        catch (ProblemException problem)
        {
            return ReportItem.Wrong(RecipientOf(json), problem);
        }
    }

    /// <summary>The recipient of an item that is wrong otherwise, so that its answer can be recognised.</summary>
    private static string? RecipientOf(JsonElement json)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("recipient", out var recipient) && recipient.ValueKind == JsonValueKind.String
                ? recipient.GetString()
                : null;
        }
        catch (InvalidOperationException)
        {
            // Not valid Unicode.
            return null;
        }
    }

    /// <summary>Whether another value follows the first object.</summary>
    private static bool IsSeveral(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty || body[0] != (byte)'{')
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = StrictJson.MaxDepth });
            reader.Read();
            reader.Skip();
            return reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ProblemException TooMany(int count, int most) =>
        new(ProblemTypes.TooManyItems, $"{count} items in one request; at most {most} are taken (Service:MaxItems)");
}
