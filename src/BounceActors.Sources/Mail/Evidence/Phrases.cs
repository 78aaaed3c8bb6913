using System.Buffers;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>A set of phrases that are looked for together, in one pass and without regard to case.</summary>
internal sealed class Phrases(params string[] phrases)
{
    private readonly SearchValues<string> _any = SearchValues.Create(phrases, StringComparison.OrdinalIgnoreCase);

    public IReadOnlyList<string> All => phrases;

    public bool In(ReadOnlySpan<char> text) => text.ContainsAny(_any);

    public int IndexIn(ReadOnlySpan<char> text) => text.IndexOfAny(_any);
}
