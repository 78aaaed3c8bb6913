using System.Globalization;
using System.Text;

namespace BounceActors.Domain.Classification;

/// <summary>
/// Reads the small language of expressions that rules may use, and derives from each the literals without which it cannot match.
/// Allowed: literals, <c>. \s \S \w \W \b</c>, character classes, groups, alternatives, <c>* + ? {m,n}</c>, <c>^ $</c>, a leading <c>(?i)</c>.
/// Not allowed: look-around, back-references, atomic groups and conditions, which have no linear-time matcher.
/// </summary>
internal sealed class PatternLiterals
{
    private const int MaxAlternatives = 128;
    private const int MinLiteral = 3;

    private readonly string _pattern;
    private int _at;

    private PatternLiterals(string pattern) => _pattern = pattern;

    /// <summary>For each alternative of <paramref name="pattern"/> the literals that must all stand in the text. Empty when some alternative needs none.</summary>
    /// <exception cref="FormatException">The expression uses something that is not allowed.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Of(string pattern)
    {
        var reader = new PatternLiterals(pattern.StartsWith("(?i)", StringComparison.Ordinal) ? pattern[4..] : pattern);
        var sequences = reader.Alternatives();
        if (reader._at < reader._pattern.Length)
        {
            throw new FormatException($"unmatched ')' at {reader._at}");
        }

        var result = new List<IReadOnlyList<string>>();
        foreach (var sequence in sequences)
        {
            var runs = sequence.Runs().Where(r => r.Length >= MinLiteral).Distinct().ToList();
            if (runs.Count == 0)
            {
                return [];
            }

            result.Add(runs);
        }

        return result;
    }

    private List<Sequence> Alternatives()
    {
        var all = new List<Sequence>(Concatenation());
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            all.AddRange(Concatenation());
        }

        return all;
    }

    private List<Sequence> Concatenation()
    {
        List<Sequence> left = [new Sequence([])];
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            var right = Quantified();
            if (left.Count * right.Count > MaxAlternatives)
            {
                // Too many to tell apart: only one side stays, the right one when its literals will do.
                if (right.TrueForAll(r => r.Runs().Any(run => run.Length >= MinLiteral)))
                {
                    left = [Sequence.Gap];
                }
                else
                {
                    right = [Sequence.Gap];
                }
            }

            left = [.. left.SelectMany(l => right.Select(r => l.Then(r)))];
        }

        return left;
    }

    private List<Sequence> Quantified()
    {
        var atom = Atom();
        var result = atom;
        while (_at < _pattern.Length)
        {
            switch (_pattern[_at])
            {
                case '*':
                    result = [Sequence.Gap];
                    break;
                case '+':
                    result = [.. atom.Select(a => a.Then(Sequence.Gap))];
                    break;
                case '?' when _pattern[_at - 1] is '*' or '+' or '}' && _at > 0 && !ReferenceEquals(result, atom):
                    break; // lazy
                case '?':
                    result = [new Sequence([]), .. atom];
                    break;
                case '{':
                    var close = _pattern.IndexOf('}', _at);
                    if (close < 0)
                    {
                        throw new FormatException($"'{{' without '}}' at {_at}");
                    }

                    var least = _pattern[(_at + 1)..close].Split(',')[0];
                    result = int.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
                        ? [.. atom.Select(a => a.Then(Sequence.Gap))]
                        : [Sequence.Gap];
                    _at = close;
                    break;
                default:
                    return result;
            }

            _at++;
        }

        return result;
    }

    private List<Sequence> Atom()
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '.':
                return [Sequence.Gap];
            case '^' or '$':
                return [new Sequence([])];
            case '[':
                return Class();
            case '(':
                return Group();
            case '\\':
                return Escape();
            case '*' or '+' or '?' or '{':
                throw new FormatException($"'{c}' repeats nothing at {_at - 1}");
            default:
                return [new Sequence([c.ToString()])];
        }
    }

    private List<Sequence> Group()
    {
        if (_at < _pattern.Length && _pattern[_at] == '?')
        {
            if (!_pattern.AsSpan(_at).StartsWith("?:", StringComparison.Ordinal))
            {
                throw new FormatException($"'(?{(_at + 1 < _pattern.Length ? _pattern[_at + 1] : ' ')}' at {_at - 1} is not allowed: it has no linear-time matcher; use '(?:'");
            }

            _at += 2;
        }

        var inner = Alternatives();
        if (_at >= _pattern.Length)
        {
            throw new FormatException("'(' without ')'");
        }

        _at++;
        return inner.Count > MaxAlternatives ? [Sequence.Gap] : inner;
    }

    private List<Sequence> Escape()
    {
        if (_at >= _pattern.Length)
        {
            throw new FormatException("'\\' at the end");
        }

        var c = _pattern[_at++];
        return c switch
        {
            'b' => [new Sequence([])],
            's' or 'S' or 'w' or 'W' or 'B' => [Sequence.Gap],
            'd' or 'D' => throw new FormatException("digits are masked as '#' before rules see them: write '#' instead of '\\d'"),
            >= '0' and <= '9' or 'k' => throw new FormatException($"the back-reference '\\{c}' is not allowed: it has no linear-time matcher"),
            _ when char.IsAsciiLetter(c) => throw new FormatException($"the escape '\\{c}' is not known here"),
            _ => [new Sequence([c.ToString()])],
        };
    }

    private List<Sequence> Class()
    {
        var close = _at;
        var members = new StringBuilder();
        var single = true;
        if (close < _pattern.Length && _pattern[close] == '^')
        {
            single = false;
            close++;
        }

        for (var first = true; ; first = false, close++)
        {
            if (close >= _pattern.Length)
            {
                throw new FormatException($"'[' without ']' at {_at - 1}");
            }

            if (_pattern[close] == ']' && !first)
            {
                break;
            }

            if (_pattern[close] == '\\' && close + 1 < _pattern.Length)
            {
                close++;
                single &= !char.IsAsciiLetterOrDigit(_pattern[close]);
            }
            else if (_pattern[close] == '-' && !first && close + 1 < _pattern.Length && _pattern[close + 1] != ']')
            {
                single = false;
            }

            members.Append(_pattern[close]);
        }

        _at = close + 1;
        return single && members.Length <= 3
            ? [.. members.ToString().Select(m => new Sequence([m.ToString()]))]
            : [Sequence.Gap];
    }

    /// <summary>Literals in order; null stands for any text between.</summary>
    private sealed record Sequence(IReadOnlyList<string?> Parts)
    {
        public static readonly Sequence Gap = new([null]);

        public Sequence Then(Sequence next) => new([.. Parts, .. next.Parts]);

        public IEnumerable<string> Runs()
        {
            var run = new StringBuilder();
            foreach (var part in Parts.Append(null))
            {
                if (part is not null)
                {
                    run.Append(part);
                }
                else if (run.Length > 0)
                {
                    yield return DiagnosticText.Normalise(run.ToString());
                    run.Clear();
                }
            }
        }
    }
}
