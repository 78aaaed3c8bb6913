using System.Buffers;
using System.Text;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>A set of phrases that are looked for together, in one pass and without regard to case.</summary>
internal sealed class Phrases
{
    private readonly SearchValues<string> _ascii;
    private readonly SearchValues<string>? _other;

    public Phrases(params string[] phrases)
    {
        // Folding the case of all of Unicode is slow, and most notices are plain ASCII
        _ascii = SearchValues.Create(Array.FindAll(phrases, p => Ascii.IsValid(p)), StringComparison.OrdinalIgnoreCase);
        var other = Array.FindAll(phrases, p => !Ascii.IsValid(p));
        _other = other.Length == 0 ? null : SearchValues.Create(other, StringComparison.OrdinalIgnoreCase);
    }

    public bool In(ReadOnlySpan<char> text) => IndexIn(text) >= 0;

    public int IndexIn(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAny(_ascii);
        if (_other is null || first == 0 || Ascii.IsValid(text))
        {
            return first;
        }

        // A phrase may begin before the first hit and end behind it, so all of the text is searched
        var second = text.IndexOfAny(_other);
        return second >= 0 && (first < 0 || second < first) ? second : first;
    }
}
