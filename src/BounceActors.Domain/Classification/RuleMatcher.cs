using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>What rules may ask about besides the text.</summary>
internal readonly record struct Codes(int? Smtp, EnhancedStatusCode? Enhanced, string? Provider, bool OwnDomain);

/// <summary>
/// The rules of a set, ready to run: one search for all their literals picks the few that can match at all, and only their expressions run.
/// Every expression is NonBacktracking: its time is linear in the text whatever the text is.
/// </summary>
internal sealed class RuleMatcher
{
    private readonly PreparedRule[] _rules;
    private readonly Literals _phrases = new();
    private readonly Literals _parts = new();
    private readonly LiteralSearch _phraseSearch;
    private readonly LiteralSearch _partSearch;
    private readonly ulong[] _patterned;
    private readonly ulong[] _always;

    public RuleMatcher(IReadOnlyList<Rule> rules)
    {
        _rules = [.. rules.Select(r => new PreparedRule(r, _phrases.IdOf, _parts.IdOf))];
        _phraseSearch = new LiteralSearch(_phrases.All, atWords: true);
        _partSearch = new LiteralSearch(_parts.All, atWords: false);
        Text = new DiagnosticText(_phrases.All.Concat(_parts.All));

        _patterned = new ulong[Words(_rules.Length)];
        _always = new ulong[Words(_rules.Length)];
        for (var r = 0; r < _rules.Length; r++)
        {
            foreach (var phrase in _rules[r].Any)
            {
                _phrases.Trigger(phrase, r);
            }

            foreach (var alternative in _rules[r].Alternatives)
            {
                _parts.Trigger(alternative.MaxBy(part => _parts.All[part].Length), r);
            }

            _patterned[r >> 6] |= _rules[r].Rule.Pattern is null ? 0 : 1UL << r;
            _always[r >> 6] |= _rules[r].Unfiltered ? 1UL << r : 0;
        }
    }

    /// <summary>Masks texts for these rules.</summary>
    public DiagnosticText Text { get; }

    /// <summary>The expression of a rule as it runs.</summary>
    public static Regex Compile(string pattern) =>
        new(FoldNonAscii(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Calls <paramref name="visit"/> for every rule that matches, in the order in which they decide, until it returns false.</summary>
    public void Match<TVisitor>(ReadOnlySpan<char> masked, in Codes codes, ref TVisitor visit)
        where TVisitor : struct, IRuleVisitor, allows ref struct
    {
        var phraseWords = Words(_phraseSearch.Count);
        var partWords = Words(_partSearch.Count);
        var rented = ArrayPool<ulong>.Shared.Rent(phraseWords + partWords + (2 * _always.Length));
        try
        {
            var bits = rented.AsSpan(0, phraseWords + partWords + (2 * _always.Length));
            bits.Clear();
            var phrases = bits[..phraseWords];
            var parts = bits.Slice(phraseWords, partWords);
            var candidates = bits.Slice(phraseWords + partWords, _always.Length);
            var matchable = bits[(phraseWords + partWords + _always.Length)..];
            _phraseSearch.Find(masked, phrases);
            _patterned.CopyTo(candidates);
            _phrases.MarkTriggered(phrases, candidates);

            // Most verdicts are found, or fail, without asking any expression: only the first one asked makes its literals worth searching
            var searched = false;
            for (var w = 0; w < candidates.Length; w++)
            {
                for (var set = candidates[w]; set != 0; set &= set - 1)
                {
                    var bit = set & (0 - set);
                    var rule = _rules[(w << 6) + BitOperations.TrailingZeroCount(bit)];
                    if (!visit.Wants(rule.Rule))
                    {
                        continue;
                    }

                    var patterned = (_patterned[w] & bit) != 0;
                    if (patterned && !searched)
                    {
                        _partSearch.Find(masked, parts);
                        _always.CopyTo(matchable);
                        _parts.MarkTriggered(parts, matchable);
                        searched = true;
                    }

                    if ((!patterned || (matchable[w] & bit) != 0) && rule.Matches(masked, phrases, parts, codes) && !visit.Visit(rule))
                    {
                        return;
                    }
                }
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }
    }

    private static int Words(int bits) => (bits + 63) >> 6;

    /// <summary>Numbers literals, and knows for each which rules it makes worth trying.</summary>
    private sealed class Literals
    {
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
        private readonly List<string> _all = [];
        private readonly List<int[]> _rules = [];

        public IReadOnlyList<string> All => _all;

        public int IdOf(string literal)
        {
            if (!_ids.TryGetValue(literal, out var id))
            {
                id = _ids[literal] = _all.Count;
                _all.Add(literal);
                _rules.Add([]);
            }

            return id;
        }

        public void Trigger(int literal, int rule) => _rules[literal] = _rules[literal].Contains(rule) ? _rules[literal] : [.. _rules[literal], rule];

        public void MarkTriggered(ReadOnlySpan<ulong> found, Span<ulong> candidates)
        {
            for (var w = 0; w < found.Length; w++)
            {
                for (var set = found[w]; set != 0; set &= set - 1)
                {
                    foreach (var rule in _rules[(w << 6) + BitOperations.TrailingZeroCount(set)])
                    {
                        candidates[rule >> 6] |= 1UL << rule;
                    }
                }
            }
        }
    }

    private static string FoldNonAscii(string pattern) =>
        string.Concat(pattern.Select(c => c < 0x80 ? c.ToString() : DiagnosticText.Normalise(c.ToString())));
}

/// <summary>Takes the rules that match, in the order in which they decide.</summary>
internal interface IRuleVisitor
{
    /// <summary>False to pass over a rule without trying it.</summary>
    bool Wants(Rule rule);

    /// <summary>Takes a rule that matched; false ends the search.</summary>
    bool Visit(PreparedRule rule);
}

/// <summary>A rule with its literals as numbers and its expression, which is compiled when a text first asks for it: most never are.</summary>
internal sealed class PreparedRule
{
    private readonly string _sentenceHead;
    private readonly string _sentenceTail;
    private readonly int[] _with;
    private readonly int[] _without;
    private readonly CodePattern[] _smtp;
    private readonly CodePattern[] _enhanced;
    private Regex? _expression;
    private Regex? _tightExpression;

    /// <param name="rule">The rule.</param>
    /// <param name="phrase">Numbers a phrase, which counts where a word begins.</param>
    /// <param name="part">Numbers a literal of an expression, which counts anywhere.</param>
    public PreparedRule(Rule rule, Func<string, int> phrase, Func<string, int> part)
    {
        Rule = rule;
        Any = [.. rule.Any.Select(phrase)];
        _with = [.. rule.With.Select(phrase)];
        _without = [.. rule.Without.Select(phrase)];
        _smtp = [.. rule.Smtp.Select(c => new CodePattern(c))];
        _enhanced = [.. rule.Enhanced.Select(c => new CodePattern(c))];
        _sentenceHead = string.Create(CultureInfo.InvariantCulture, $"The rule '{rule.Id}' ({rule.Source}:{rule.Line}) reads \"");
        _sentenceTail = string.Create(CultureInfo.InvariantCulture, $"\" as {rule.Category.ToWire()}, confidence {rule.Confidence:0.00}.");
        Alternatives = [];
        if (rule.Pattern is { } pattern)
        {
            Alternatives = [.. PatternLiterals.Of(pattern).Select(a => a.Select(part).ToArray())];
            Unfiltered = Alternatives.Length == 0;
        }
    }

    public Rule Rule { get; }

    /// <summary>Numbers of the literals of <see cref="Rule.Any"/>.</summary>
    public int[] Any { get; }

    /// <summary>For each alternative of the expression, the literals it cannot do without.</summary>
    public int[][] Alternatives { get; }

    /// <summary>The expression names no literal: it must run over every text.</summary>
    public bool Unfiltered { get; }

    public bool Matches(ReadOnlySpan<char> masked, ReadOnlySpan<ulong> phrases, ReadOnlySpan<ulong> parts, in Codes codes) =>
        Conditions(codes)
        && (_with.Length == 0 || HasOne(_with, phrases))
        && !HasOne(_without, phrases)
        && (Expression is { } expression ? (Unfiltered || HasAlternative(parts)) && expression.IsMatch(masked) : HasOne(Any, phrases));

    /// <summary>True when the rule names the codes it expects, so that those cannot contradict it.</summary>
    public bool ExpectsCodes => _smtp.Length + _enhanced.Length > 0;

    /// <summary>False when the words of the expression stand further apart than <see cref="Rule.MaxSpan"/>.</summary>
    public bool IsTight(ReadOnlySpan<char> masked) => TightExpression?.IsMatch(masked) != false;

    /// <summary>What the rule says of a text it matched, for the evidence.</summary>
    public string Sentence(ReadOnlySpan<char> masked) => string.Concat(_sentenceHead, MatchedText(masked), _sentenceTail);

    /// <summary>The part of the masked text that the rule matched.</summary>
    public string MatchedText(ReadOnlySpan<char> masked)
    {
        if (Expression is not { } expression)
        {
            foreach (var phrase in Rule.Any)
            {
                if (masked.Contains(phrase, StringComparison.Ordinal))
                {
                    return phrase;
                }
            }

            return "";
        }

        foreach (var match in (TightExpression is { } tight && tight.IsMatch(masked) ? tight : expression).EnumerateMatches(masked))
        {
            return masked.Slice(match.Index, Math.Min(match.Length, 160)).ToString();
        }

        return "";
    }

    private Regex? Expression => Rule.Pattern is { } pattern ? _expression ??= RuleMatcher.Compile(pattern) : null;

    private Regex? TightExpression => Rule is { Pattern: { } pattern, MaxSpan: { } span }
        ? _tightExpression ??= RuleMatcher.Compile(pattern.Replace(".*", $".{{0,{span}}}", StringComparison.Ordinal))
        : null;

    private bool Conditions(in Codes codes)
    {
        if (_smtp.Length > 0 && !(codes.Smtp is { } smtp && Array.Exists(_smtp, p => p.Matches(smtp))))
        {
            return false;
        }

        if (_enhanced.Length > 0 && !(codes.Enhanced is { } enhanced && Array.Exists(_enhanced, p => p.Matches(enhanced))))
        {
            return false;
        }

        return (!Rule.OnlyOwnDomain || codes.OwnDomain) && (Rule.OnlyProviders.Count == 0 || (codes.Provider is { } provider && Rule.OnlyProviders.Contains(provider)));
    }

    private bool HasAlternative(ReadOnlySpan<ulong> hits)
    {
        foreach (var alternative in Alternatives)
        {
            if (HasAll(alternative, hits))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasAll(int[] literals, ReadOnlySpan<ulong> hits)
    {
        foreach (var literal in literals)
        {
            if ((hits[literal >> 6] & (1UL << literal)) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasOne(int[] literals, ReadOnlySpan<ulong> hits)
    {
        foreach (var literal in literals)
        {
            if ((hits[literal >> 6] & (1UL << literal)) != 0)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A reply code or enhanced code in which <c>x</c> stands for anything: <c>550</c>, <c>5xx</c>, <c>5.7.x</c>.</summary>
internal readonly record struct CodePattern(int First, int Second, int Third)
{
    private const int Anything = -1;

    public CodePattern(string code)
        : this(Anything, Anything, Anything)
    {
        var parts = code.Contains('.') ? code.Split('.') : [code[..1], code[1..], "x"];
        First = Part(parts[0]);
        Second = Part(parts[1]);
        Third = Part(parts[2]);
    }

    public bool Matches(int smtp) => First == smtp / 100 && (Second == Anything || Second == smtp % 100);

    public bool Matches(EnhancedStatusCode code) =>
        (First == Anything || First == code.Class) && (Second == Anything || Second == code.Subject) && (Third == Anything || Third == code.Detail);

    private static int Part(string text) =>
        text.StartsWith('x') ? Anything : int.Parse(text, CultureInfo.InvariantCulture);
}
