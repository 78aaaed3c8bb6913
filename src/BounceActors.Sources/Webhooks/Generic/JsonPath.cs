using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BounceActors.Sources.Webhooks.Generic;

/// <summary>A small part of JSONPath (RFC 9535): <c>$.a.b[0]['a name']</c>, and <c>[*]</c> for all items of an array.</summary>
internal sealed class JsonPath
{
    private const int Every = -1;

    private readonly List<(string? Name, int Index)> _steps = [];

    private JsonPath()
    {
    }

    /// <exception cref="FormatException">The text is no such path; says what would be.</exception>
    public static JsonPath Parse(string text)
    {
        var path = new JsonPath();
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty || rest[0] != '$')
        {
            throw Wrong(text, "it begins with $");
        }

        rest = rest[1..];
        while (!rest.IsEmpty)
        {
            if (rest[0] == '.')
            {
                rest = rest[1..];
                var end = rest.IndexOfAny('.', '[');
                var name = end < 0 ? rest : rest[..end];
                if (name.IsEmpty)
                {
                    throw Wrong(text, "a name follows a dot");
                }

                path._steps.Add((name.ToString(), 0));
                rest = rest[name.Length..];
                continue;
            }

            var close = rest.Length > 1 && rest[1] is '\'' or '"' ? rest[2..].IndexOf(rest[1]) + 3 : rest.IndexOf(']');
            if (rest[0] != '[' || close < 2 || close >= rest.Length || rest[close] != ']')
            {
                throw Wrong(text, "what is in brackets is closed by one");
            }

            var inside = rest[1..close];
            if (inside[0] is '\'' or '"')
            {
                path._steps.Add((inside[1..^1].ToString(), 0));
            }
            else if (inside is "*")
            {
                path._steps.Add((null, Every));
            }
            else if (int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                path._steps.Add((null, index));
            }
            else
            {
                throw Wrong(text, "brackets hold a number, * or a name in quotes");
            }

            rest = rest[(close + 1)..];
        }

        return path;
    }

    /// <summary>What stands at the path; nothing when it leads nowhere.</summary>
    public IEnumerable<JsonElement> Find(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var (name, index) in _steps)
        {
            found = found.SelectMany(e => Step(e, name, index));
        }

        return found;
    }

    /// <summary>Puts a value where the path leads, making what is missing on the way; gives the root.</summary>
    public JsonNode Write(JsonNode? root, JsonNode value) => Write(root, 0, value);

    private JsonNode Write(JsonNode? at, int step, JsonNode value)
    {
        if (step == _steps.Count)
        {
            return value;
        }

        var (name, index) = _steps[step];
        if (name is not null)
        {
            var there = at as JsonObject ?? [];
            var member = there[name];
            there.Remove(name);
            there[name] = Write(member, step + 1, value);
            return there;
        }

        var items = at as JsonArray ?? [];
        var place = Math.Max(index, 0);
        while (items.Count <= place)
        {
            items.Add((JsonNode?)null);
        }

        var item = items[place];
        items[place] = null;
        items[place] = Write(item, step + 1, value);
        return items;
    }

    private static IEnumerable<JsonElement> Step(JsonElement e, string? name, int index)
    {
        if (name is not null)
        {
            return e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) ? [value] : [];
        }

        if (e.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        return index == Every ? e.EnumerateArray() : index < e.GetArrayLength() ? [e[index]] : [];
    }

    private static FormatException Wrong(string text, string rule) => new($"'{text}' is no path such as $.data['message id'][0]: {rule}");
}
