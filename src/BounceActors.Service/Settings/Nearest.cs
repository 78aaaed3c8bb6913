namespace BounceActors.Service.Settings;

/// <summary>Finds the name somebody probably meant.</summary>
internal static class Nearest
{
    private const int LongestName = 64;

    /// <summary>The name closest to <paramref name="typed"/>, upper and lower case alike; null when none is close.</summary>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        if (typed.Length is 0 or > LongestName)
        {
            return null;
        }

        var (name, distance) = names.Select(n => (Name: n, Distance: Distance(Fold(typed), Fold(n)))).MinBy(p => p.Distance);
        return name is not null && distance <= Math.Max(1, name.Length / 3) ? name : null;
    }

    /// <summary>A sentence that asks for the nearest name, or names what is allowed.</summary>
    public static string Hint(string typed, IReadOnlyCollection<string> names) =>
        Of(typed, names) is { } near ? $"did you mean {near}?" : $"known: {string.Join(", ", names)}";

    // smtp_code, SmtpCode and smtp-code are all meant as smtpCode.
    private static string Fold(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            d[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            d[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
