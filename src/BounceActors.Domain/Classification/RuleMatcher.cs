using System.Buffers;
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
    private readonly LiteralSearch _search;
    private readonly int[][] _triggers;
    private readonly ulong[] _always;

    public RuleMatcher(IReadOnlyList<Rule> rules)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        int Id(string literal) => ids.TryGetValue(literal, out var id) ? id : ids[literal] = ids.Count;
        _rules = [.. rules.Select(r => new PreparedRule(r, Id))];
        _search = new LiteralSearch([.. ids.OrderBy(p => p.Value).Select(p => p.Key)]);
        Text = new DiagnosticText(ids.Keys);

        var triggers = Enumerable.Range(0, ids.Count).Select(_ => new List<int>()).ToArray();
        _always = new ulong[Words(_rules.Length)];
        var lengths = ids.OrderBy(p => p.Value).Select(p => p.Key.Length).ToArray();
        for (var r = 0; r < _rules.Length; r++)
        {
            foreach (var literal in _rules[r].Any)
            {
                triggers[literal].Add(r);
            }

            foreach (var alternative in _rules[r].Alternatives)
            {
                triggers[alternative.MaxBy(l => lengths[l])].Add(r);
            }

            if (_rules[r].Unfiltered)
            {
                _always[r >> 6] |= 1UL << r;
            }
        }

        _triggers = [.. triggers.Select(t => t.Distinct().ToArray())];
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
        var literalWords = Words(_search.Count);
        var ruleWords = _always.Length;
        var rented = ArrayPool<ulong>.Shared.Rent((2 * literalWords) + ruleWords);
        try
        {
            var bits = rented.AsSpan(0, (2 * literalWords) + ruleWords);
            bits.Clear();
            var anywhere = bits[..literalWords];
            var atWord = bits.Slice(literalWords, literalWords);
            var candidates = bits[(2 * literalWords)..];
            _search.Find(masked, anywhere, atWord);
            _always.CopyTo(candidates);
            for (var w = 0; w < literalWords; w++)
            {
                for (var set = anywhere[w]; set != 0; set &= set - 1)
                {
                    foreach (var rule in _triggers[(w << 6) + BitOperations.TrailingZeroCount(set)])
                    {
                        candidates[rule >> 6] |= 1UL << rule;
                    }
                }
            }

            for (var w = 0; w < ruleWords; w++)
            {
                for (var set = candidates[w]; set != 0; set &= set - 1)
                {
                    var rule = _rules[(w << 6) + BitOperations.TrailingZeroCount(set)];
                    if (visit.Wants(rule.Rule) && rule.Matches(masked, anywhere, atWord, codes) && !visit.Visit(rule))
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

/// <summary>A rule with its expression compiled and its literals as numbers.</summary>
internal sealed class PreparedRule
{
    private readonly Regex? _regex;
    private readonly Regex? _tight;
    private readonly int[] _with;
    private readonly int[] _without;
    private readonly CodePattern[] _smtp;
    private readonly CodePattern[] _enhanced;

    public PreparedRule(Rule rule, Func<string, int> literal)
    {
        Rule = rule;
        Any = [.. rule.Any.Select(literal)];
        _with = [.. rule.With.Select(literal)];
        _without = [.. rule.Without.Select(literal)];
        _smtp = [.. rule.Smtp.Select(c => new CodePattern(c))];
        _enhanced = [.. rule.Enhanced.Select(c => new CodePattern(c))];
        Alternatives = [];
        if (rule.Pattern is { } pattern)
        {
            _regex = RuleMatcher.Compile(pattern);
            Alternatives = [.. PatternLiterals.Of(pattern).Select(a => a.Select(literal).ToArray())];
            Unfiltered = Alternatives.Length == 0;
            _tight = rule.MaxSpan is { } span ? RuleMatcher.Compile(pattern.Replace(".*", $".{{0,{span}}}", StringComparison.Ordinal)) : null;
        }
    }

    public Rule Rule { get; }

    /// <summary>Numbers of the literals of <see cref="Rule.Any"/>.</summary>
    public int[] Any { get; }

    /// <summary>For each alternative of the expression, the literals it cannot do without.</summary>
    public int[][] Alternatives { get; }

    /// <summary>The expression names no literal: it must run over every text.</summary>
    public bool Unfiltered { get; }

    public bool Matches(ReadOnlySpan<char> masked, ReadOnlySpan<ulong> anywhere, ReadOnlySpan<ulong> atWord, in Codes codes) =>
        Conditions(codes)
        && (_with.Length == 0 || HasOne(_with, atWord))
        && !HasOne(_without, atWord)
        && (_regex is null ? HasOne(Any, atWord) : (Unfiltered || HasAlternative(anywhere)) && _regex.IsMatch(masked));

    /// <summary>True when the rule names the codes it expects, so that those cannot contradict it.</summary>
    public bool ExpectsCodes => _smtp.Length + _enhanced.Length > 0;

    /// <summary>False when the words of the expression stand further apart than <see cref="Rule.MaxSpan"/>.</summary>
    public bool IsTight(ReadOnlySpan<char> masked) => _tight is null || _tight.IsMatch(masked);

    /// <summary>The part of the masked text that the rule matched.</summary>
    public string MatchedText(ReadOnlySpan<char> masked)
    {
        if (_regex is null)
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

        foreach (var match in (_tight?.IsMatch(masked) == true ? _tight : _regex).EnumerateMatches(masked))
        {
            return masked.Slice(match.Index, Math.Min(match.Length, 160)).ToString();
        }

        return "";
    }

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
        text.StartsWith('x') ? Anything : int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
