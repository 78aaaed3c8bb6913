using System.Text.Json;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Collects what a sender attached, flattened to <c>outer.inner</c> names, within limits: what lies beyond them is left out.</summary>
internal sealed class Metadata
{
    private const int MaxEntries = 64;
    private const int MaxName = 128;
    private const int MaxValue = 1_000;
    private const int MaxDepth = 4;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Metadata Add(string name, string? value)
    {
        if (value is { Length: > 0 } && name is { Length: > 0 and <= MaxName } && _values.Count < MaxEntries)
        {
            _values.TryAdd(name, value.Length > MaxValue ? value[..MaxValue] : value);
        }

        return this;
    }

    /// <summary>Fields of an object under their own names.</summary>
    public Metadata Add(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            AddAll(name, element.Get(name), 1);
        }

        return this;
    }

    /// <summary>Several texts as one, separated by commas.</summary>
    public Metadata Add(string name, IEnumerable<string> values) => Add(name, string.Join(",", values.Take(32)));

    /// <summary>Everything in an object but the fields named.</summary>
    public Metadata AddAll(JsonElement? element, IReadOnlySet<string>? but = null)
    {
        if (element is { ValueKind: JsonValueKind.Object } present)
        {
            foreach (var property in present.EnumerateObject())
            {
                if (but?.Contains(property.Name) != true)
                {
                    AddAll(property.Name, property.Value, 1);
                }
            }
        }

        return this;
    }

    public IReadOnlyDictionary<string, string> Build() => _values;

    private void AddAll(string name, JsonElement? value, int depth)
    {
        if (value is not { } present || _values.Count >= MaxEntries)
        {
            return;
        }

        switch (present.ValueKind)
        {
            case JsonValueKind.Object when depth < MaxDepth:
                foreach (var property in present.EnumerateObject())
                {
                    AddAll($"{name}.{property.Name}", property.Value, depth + 1);
                }

                break;
            case JsonValueKind.Array when depth < MaxDepth:
                Add(name, string.Join(",", present.EnumerateArray().Take(32).Select(Json.TextOf).OfType<string>()));
                break;
            default:
                Add(name, Json.TextOf(present));
                break;
        }
    }
}
