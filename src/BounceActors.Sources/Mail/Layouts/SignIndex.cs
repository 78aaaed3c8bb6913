using BounceActors.Sources.Mail.Evidence;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Finds in one pass over a text which layouts have a sign in it, so that the cost does not grow with the number of layouts.</summary>
internal sealed class SignIndex
{
    private readonly Phrases _all;
    private readonly ILookup<char, (string Sign, int Place)> _byFirst;

    public SignIndex(IReadOnlyList<IReadOnlyList<string>> signs)
    {
        var entries = signs.SelectMany((list, place) => list.Select(sign => (Sign: sign, Place: place))).ToList();
        _all = new Phrases([.. entries.Select(e => e.Sign).Distinct(StringComparer.OrdinalIgnoreCase)]);
        _byFirst = entries.ToLookup(e => char.ToLowerInvariant(e.Sign[0]));
    }

    /// <summary>The places of the layouts with a sign in the text, in the order of the table.</summary>
    public IReadOnlyCollection<int> In(string text)
    {
        var places = new SortedSet<int>();
        for (var at = 0; at < text.Length;)
        {
            var next = _all.IndexIn(text.AsSpan(at));
            if (next < 0)
            {
                break;
            }

            at += next;
            foreach (var (sign, place) in _byFirst[char.ToLowerInvariant(text[at])])
            {
                if (text.AsSpan(at).StartsWith(sign, StringComparison.OrdinalIgnoreCase))
                {
                    places.Add(place);
                }
            }

            at++;
        }

        return places;
    }
}
