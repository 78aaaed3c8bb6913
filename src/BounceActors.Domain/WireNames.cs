using System.Collections.Frozen;
using System.Text;

namespace BounceActors.Domain;

/// <summary>
/// The names of enum values outside of C#: <c>snake_case</c>, as the guide writes them (<c>user_not_found</c>, <c>hard_bounce</c>).
/// </summary>
public static class WireNames
{
    /// <summary>The wire name of <paramref name="value"/>, e.g. <c>mailbox_full</c>.</summary>
    public static string ToWire<T>(this T value)
        where T : struct, Enum => Table<T>.Names[value];

    /// <summary>Reads a wire name. False, and the default value, when <paramref name="text"/> is no name of <typeparamref name="T"/>.</summary>
    public static bool TryParse<T>(string? text, out T value)
        where T : struct, Enum
    {
        value = default;
        return text is not null && Table<T>.Values.TryGetValue(text, out value);
    }

    /// <summary>Reads a wire name. Throws <see cref="FormatException"/> with the allowed names when it is none.</summary>
    public static T Parse<T>(string text)
        where T : struct, Enum =>
        TryParse<T>(text, out var value)
            ? value
            : throw new FormatException($"'{text}' is none of: {string.Join(", ", All<T>())}");

    /// <summary>All wire names of <typeparamref name="T"/>, in the order of their declaration.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(ToWire)];

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    private static class Table<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Names =
            Enum.GetValues<T>().ToFrozenDictionary(v => v, v => SnakeCase(v.ToString()));

        public static readonly FrozenDictionary<string, T> Values =
            Names.ToFrozenDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);
    }
}
