using System.Buffers;
using System.Text;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Finds in one pass over a text which layouts have a sign in it, so that the cost does not grow with the number of layouts.</summary>
internal sealed class SignIndex
{
    private readonly int _layouts;
    private readonly SearchValues<string> _ascii;
    private readonly SearchValues<string> _other;
    private readonly Dictionary<char, (string Sign, int Place)[]> _byFirst;

    /// <param name="signs">For each layout its signs.</param>
    public SignIndex(IReadOnlyList<IReadOnlyList<string>> signs)
    {
        _layouts = signs.Count;
        var entries = signs.SelectMany((list, place) => list.Select(sign => (Sign: sign, Place: place))).ToList();
        _byFirst = entries.GroupBy(e => char.ToLowerInvariant(e.Sign[0])).ToDictionary(g => g.Key, g => g.ToArray());

        // Folding the case of all of Unicode is slow, and most notices are plain ASCII
        _ascii = SearchValues.Create([.. entries.Select(e => e.Sign).Where(s => Ascii.IsValid(s))], StringComparison.OrdinalIgnoreCase);
        _other = SearchValues.Create([.. entries.Select(e => e.Sign).Where(s => !Ascii.IsValid(s))], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The places of the layouts with a sign in the text, in the order of the table.</summary>
    public List<int> In(string text)
    {
        Span<bool> hits = stackalloc bool[_layouts];
        Mark(text, _ascii, hits);
        if (!Ascii.IsValid(text))
        {
            Mark(text, _other, hits);
        }

        var places = new List<int>();
        for (var place = hits.IndexOf(true); place >= 0 && place < hits.Length; place++)
        {
            if (hits[place])
            {
                places.Add(place);
            }
        }

        return places;
    }

    private void Mark(string text, SearchValues<string> signs, Span<bool> hits)
    {
        for (var at = 0; text.AsSpan(at).IndexOfAny(signs) is >= 0 and var next; at += next + 1)
        {
            var rest = text.AsSpan(at + next);
            foreach (var (sign, place) in _byFirst.GetValueOrDefault(char.ToLowerInvariant(rest[0]), []))
            {
                if (!hits[place] && rest.StartsWith(sign, StringComparison.OrdinalIgnoreCase))
                {
                    hits[place] = true;
                }
            }
        }
    }
}
