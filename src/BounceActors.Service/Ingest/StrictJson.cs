using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Ingest;

/// <summary>Reads JSON objects and says exactly which field is wrong: unknown, twice there, missing or of the wrong type.</summary>
internal static class StrictJson
{
    public const int MaxDepth = 16;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        MaxDepth = MaxDepth,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Reads the body as an object. Throws <see cref="ProblemException"/> that names the field at fault.</summary>
    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancel)
        where T : class
    {
        if (request.ContentType is not null && !request.HasJsonContentType())
        {
            throw new ProblemException(ProblemTypes.UnsupportedMediaType, $"application/json is taken, not {request.ContentType}", "Content-Type");
        }

        using var document = Parse(await Body.ReadAsync(request, cancel));
        return Read<T>(document.RootElement);
    }

    /// <summary>Parses a whole text.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
        {
            throw new ProblemException(ProblemTypes.MalformedJson, "the body is empty");
        }

        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemTypes.MalformedJson, $"cannot be read from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    /// <summary>Reads an object.</summary>
    public static T Read<T>(JsonElement json)
        where T : class
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new ProblemException(ProblemTypes.WrongType, $"an object is expected, not {Named(json.ValueKind)}");
        }

        var shape = Options.GetTypeInfo(typeof(T));
        try
        {
            CheckNames(json, shape);
            return json.Deserialize<T>(Options)!;
        }
        catch (JsonException e)
        {
            var field = e.Path is { Length: > 2 } path ? path[2..] : null;
            throw e.InnerException is InvalidOperationException && IsText(json, field)
                ? NotUnicode(field)
                : new ProblemException(ProblemTypes.WrongType, e is FieldJsonException ? e.Message : Expected(shape, field), field);
        }
        catch (InvalidOperationException)
        {
            throw NotUnicode(null);
        }
    }

    private static void CheckNames(JsonElement json, JsonTypeInfo shape)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            var name = property.Name;
            if (shape.Properties.All(p => p.Name != name))
            {
                var shown = name.Length > 64 ? name[..64] : name;
                throw new ProblemException(ProblemTypes.UnknownField, $"there is no field '{shown}'; {Nearest.Hint(shown, [.. shape.Properties.Select(p => p.Name)])}", shown);
            }

            if (!seen.Add(name))
            {
                throw new ProblemException(ProblemTypes.InvalidValue, $"{name} stands there twice", name);
            }

            if (property.Value.ValueKind == JsonValueKind.Null)
            {
                seen.Remove(name);
            }
        }

        if (shape.Properties.FirstOrDefault(p => p.IsRequired && !seen.Contains(p.Name)) is { } missing)
        {
            throw new ProblemException(ProblemTypes.MissingField, $"{missing.Name} is required", missing.Name);
        }
    }

    private static bool IsText(JsonElement json, string? field) =>
        field is not null && json.TryGetProperty(field.Split('.', '[')[0], out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Object;

    /// <summary>Half a surrogate pair, or bytes that are no UTF-8: valid for the parser, but no text.</summary>
    private static ProblemException NotUnicode(string? field) => new(ProblemTypes.MalformedJson, $"{field ?? "a name"} is not valid Unicode", field);

    private static string Expected(JsonTypeInfo shape, string? field)
    {
        var name = field?.Split('.', '[')[0];
        var property = shape.Properties.FirstOrDefault(p => p.Name == name);
        return property is null ? "a field has the wrong type" : $"{name} must be {Named(property.PropertyType)}";
    }

    private static string Named(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare == typeof(string) ? "a string"
            : bare == typeof(bool) ? "true or false"
            : bare == typeof(int) ? "a whole number"
            : bare.IsAssignableTo(typeof(IEnumerable<string>)) ? "a list of strings"
            : "of another type";
    }

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}

/// <summary>A converter's own words about what a field must be.</summary>
internal sealed class FieldJsonException(string message) : JsonException(message);

/// <summary>Request bodies, whole; the server's limit bounds them.</summary>
internal static class Body
{
    private static readonly byte[] ByteOrderMark = Encoding.UTF8.GetPreamble();

    /// <summary>The body without a byte order mark.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        var body = await ReadRawAsync(request, cancel);
        return body.Span.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;
    }

    /// <summary>The body to the last byte, as signatures cover it.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadRawAsync(HttpRequest request, CancellationToken cancel)
    {
        using var buffer = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, 1 << 20));
        await request.Body.CopyToAsync(buffer, cancel);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
