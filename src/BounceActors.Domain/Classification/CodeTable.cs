using System.Collections.Concurrent;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>Meanings of codes. The most particular decides: a provider's own before the general one, an exact code before one with <c>x</c>.</summary>
internal sealed class CodeTable(IEnumerable<CodeMeaning> meanings)
{
    private const int MaxKnownCodes = 1000;

    private readonly (CodePattern Pattern, CodeMeaning Meaning)[] _entries =
    [
        .. meanings
            .OrderByDescending(m => m.Only.Count > 0)
            .ThenBy(m => m.Code.Count(c => c == 'x'))
            .Select(m => (new CodePattern(m.Code), m)),
    ];

    private readonly ConcurrentDictionary<EnhancedStatusCode, (CodePattern Pattern, CodeMeaning Meaning)[]> _ofCode = new();

    public CodeMeaning? Find(EnhancedStatusCode code, string? provider)
    {
        // Registered codes are few; a text full of invented ones must not fill the memory.
        var entries = _ofCode.TryGetValue(code, out var known) ? known
            : _ofCode.Count >= MaxKnownCodes ? _entries
            : _ofCode.GetOrAdd(code, c => [.. _entries.Where(e => e.Pattern.Matches(c))]);
        foreach (var (pattern, meaning) in entries)
        {
            if (pattern.Matches(code) && Holds(meaning, provider))
            {
                return meaning;
            }
        }

        return null;
    }

    public CodeMeaning? Find(int smtp, string? provider)
    {
        foreach (var (pattern, meaning) in _entries)
        {
            if (pattern.Matches(smtp) && Holds(meaning, provider))
            {
                return meaning;
            }
        }

        return null;
    }

    private static bool Holds(CodeMeaning meaning, string? provider) => meaning.Only.Count == 0 || (provider is not null && meaning.Only.Contains(provider));
}
