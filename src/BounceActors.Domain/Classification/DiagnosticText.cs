using System.Collections.Frozen;
using System.Globalization;

namespace BounceActors.Domain.Classification;

/// <summary>
/// The form of a diagnostic that rules see: lower case, Latin accents folded, white space collapsed, reply codes of continuation lines taken out,
/// and everything that differs from mail to mail masked (addresses <c>&lt;@&gt;</c>, IP addresses <c>&lt;ip&gt;</c>, hosts <c>&lt;host&gt;</c>, numbers and queue ids <c>#</c>).
/// Reply codes, enhanced codes and the tokens and hosts that rules themselves name stay. Because rules never see anything else, a verdict
/// is a function of the masked text, which is what makes a cache keyed by it sound.
/// </summary>
internal sealed class DiagnosticText
{
    /// <summary>Characters of a diagnostic that are looked at: the first <see cref="Head"/> and, of a longer one, the last <see cref="Tail"/>.</summary>
    public const int MaxLength = Head + Tail;

    /// <summary>Room that the masked form of <see cref="MaxLength"/> characters needs at most (each short host may grow to a mask of six).</summary>
    public const int BufferLength = (MaxLength * 2) + 16;

    private const int Head = 3072;
    private const int Tail = 1024;

    private static readonly char[] Folded = FoldTable();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> TopLevels = new[]
    {
        "com", "net", "org", "edu", "gov", "mil", "int", "biz", "pro", "app", "dev", "info", "arpa", "mobi", "name", "aero", "coop", "museum",
        "local", "localdomain", "internal", "lan", "corp", "cloud", "online", "site", "shop", "tech", "email", "xyz", "club", "agency", "network",
        "example", "invalid", "test",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _keptTokens;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _keptHosts;

    /// <param name="literals">Every literal of the rules; tokens with digits and host names in them are kept as they are.</param>
    public DiagnosticText(IEnumerable<string> literals)
    {
        var tokens = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var hosts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var literal in literals)
        {
            foreach (var atom in literal.Split(static c => !IsAtom(c)))
            {
                var bare = atom.Trim('.', '-', '_');
                if (bare.Contains('.') && IsHost(bare))
                {
                    hosts.Add(bare);
                }

                foreach (var run in bare.Split('.', '-', '_').Where(r => r.Any(char.IsAsciiDigit)))
                {
                    tokens.Add(run);
                }
            }
        }

        _keptTokens = tokens.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _keptHosts = hosts.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Lower case, folded accents, collapsed white space; nothing masked. The form literals of rules are compared in.</summary>
    public static string Normalise(string text)
    {
        var result = new System.Text.StringBuilder(text.Length);
        var gap = false;
        foreach (var c in text)
        {
            if (IsSpace(c))
            {
                gap = true;
                continue;
            }

            if (gap)
            {
                result.Append(' ');
                gap = false;
            }

            var folded = Fold(c);
            if (folded != '\0')
            {
                result.Append(folded);
            }
        }

        return gap ? result.Append(' ').ToString() : result.ToString();
    }

    /// <summary>Writes the masked form of <paramref name="text"/> and returns its length.</summary>
    /// <param name="text">The diagnostic; over <see cref="MaxLength"/> characters its middle is passed over.</param>
    /// <param name="output">At least <see cref="BufferLength"/> characters.</param>
    public int Mask(ReadOnlySpan<char> text, Span<char> output)
    {
        if (text.Length <= MaxLength)
        {
            return Mask(text, output, 0);
        }

        var written = Mask(text[..Head], output, 0);
        return Mask(text[^Tail..], output, written);
    }

    private int Mask(ReadOnlySpan<char> text, Span<char> output, int written)
    {
        var repeats = default(RepeatedCodes);
        var at = 0;
        while (true)
        {
            while (at < text.Length && IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return written;
            }

            var start = at;
            var plain = true;
            while (at < text.Length && !IsSpace(text[at]))
            {
                var c = text[at++];
                plain &= !(char.IsAsciiDigit(c) || c is '@' or '.');
            }

            var word = text[start..at];
            if (!plain)
            {
                word = repeats.WithoutRepeated(word);
                if (word.IsEmpty)
                {
                    continue;
                }
            }
            else
            {
                repeats.Text();
            }

            if (written > 0)
            {
                output[written++] = ' ';
            }

            written = plain ? Copy(word, output, written) : MaskWord(word, output, written);
        }
    }

    private int MaskWord(ReadOnlySpan<char> word, Span<char> output, int written)
    {
        var at = 0;
        while (at < word.Length)
        {
            var sign = word[at..].IndexOf('@');
            if (sign < 0)
            {
                return MaskAtoms(word[at..], output, written);
            }

            sign += at;
            var left = sign;
            while (left > at && !IsAddressEnd(word[left - 1]))
            {
                left--;
            }

            var right = sign + 1;
            while (right < word.Length && (IsAtom(word[right]) || word[right] > 0x7f))
            {
                right++;
            }

            while (right > sign + 1 && word[right - 1] is '.' or '-' or '_')
            {
                right--;
            }

            if (left == sign || right == sign + 1)
            {
                written = MaskAtoms(word[at..(sign + 1)], output, written);
                at = sign + 1;
                continue;
            }

            written = MaskAtoms(word[at..left], output, written);
            var bracketed = left > at && word[left - 1] == '<' && right < word.Length && word[right] == '>';
            if (bracketed)
            {
                written--;
                right++;
            }

            "<@>".CopyTo(output[written..]);
            written += 3;
            at = right;
        }

        return written;
    }

    private int MaskAtoms(ReadOnlySpan<char> text, Span<char> output, int written)
    {
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            if (!IsAtom(text[at]))
            {
                var folded = Fold(text[at++]);
                if (folded != '\0')
                {
                    output[written++] = folded;
                }

                continue;
            }

            while (at < text.Length && IsAtom(text[at]))
            {
                at++;
            }

            if (at < text.Length && text[at] == ':' && EndOfIp6(text, start) is var end && end > at)
            {
                written = Put("<ip>", output, written);
                at = end;
                continue;
            }

            written = MaskAtom(text[start..at], output, written);
        }

        return written;
    }

    private int MaskAtom(ReadOnlySpan<char> atom, Span<char> output, int written)
    {
        var bare = atom.Trim(".-_");
        if (bare.Contains('.'))
        {
            var lead = atom.IndexOf(bare, StringComparison.Ordinal);
            var masked = IsIp4(bare) ? "<ip>" : IsEnhancedCode(bare) ? null : IsHost(bare) ? "<host>" : "";
            if (masked is not "")
            {
                written = Copy(atom[..lead], output, written);
                written = masked is null ? Copy(bare, output, written)
                    : masked == "<host>" ? MaskHost(bare, output, written)
                    : Put(masked, output, written);
                return Copy(atom[(lead + bare.Length)..], output, written);
            }
        }

        var at = 0;
        while (at < atom.Length)
        {
            var start = at;
            while (at < atom.Length && char.IsAsciiLetterOrDigit(atom[at]))
            {
                at++;
            }

            written = MaskRun(atom[start..at], output, written);
            if (at < atom.Length)
            {
                output[written++] = atom[at++];
            }
        }

        return written;
    }

    /// <summary>A host stays as far as a rule names it (the longest of its suffixes that one does).</summary>
    private int MaskHost(ReadOnlySpan<char> host, Span<char> output, int written)
    {
        for (var at = 0; ;)
        {
            if (_keptHosts.Contains(host[at..]))
            {
                return Copy(host[at..], output, written);
            }

            var dot = host[at..].IndexOf('.');
            if (dot < 0)
            {
                return Put("<host>", output, written);
            }

            at += dot + 1;
        }
    }

    private int MaskRun(ReadOnlySpan<char> run, Span<char> output, int written)
    {
        var changes = 0;
        var digits = 0;
        for (var i = 0; i < run.Length; i++)
        {
            digits += char.IsAsciiDigit(run[i]) ? 1 : 0;
            changes += i > 0 && char.IsAsciiDigit(run[i]) != char.IsAsciiDigit(run[i - 1]) ? 1 : 0;
        }

        if (digits == 0 || (digits == 3 && run.Length == 3 && run[0] is '2' or '4' or '5') || _keptTokens.Contains(run))
        {
            return Copy(run, output, written);
        }

        if (changes != 1)
        {
            return Put("#", output, written);
        }

        if (char.IsAsciiDigit(run[0]))
        {
            output[written++] = '#';
            return run.Length - digits <= 4 ? Copy(run[digits..], output, written) : written;
        }

        written = Copy(run[..^digits], output, written);
        return Put("#", output, written);
    }

    private static int Put(string mask, Span<char> output, int written)
    {
        mask.CopyTo(output[written..]);
        return written + mask.Length;
    }

    private static int Copy(ReadOnlySpan<char> text, Span<char> output, int written)
    {
        foreach (var c in text)
        {
            var folded = Fold(c);
            if (folded != '\0')
            {
                output[written++] = folded;
            }
        }

        return written;
    }

    private static bool IsSpace(char c) => c <= ' ' || c is '\x7f' or '\u00a0' or '\u3000' || (c is >= '\u2000' and <= '\u200f') || c is '\u2028' or '\u2029' or '\ufeff';

    private static bool IsAtom(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_';

    private static bool IsAddressEnd(char c) => c is '<' or '>' or '(' or ')' or '[' or ']' or '{' or '}' or ',' or ';' or ':' or '"' or '\'' or '|' or '@';

    private static bool IsIp4(ReadOnlySpan<char> text)
    {
        var groups = 1;
        var length = 0;
        foreach (var c in text)
        {
            if (c == '.')
            {
                groups++;
                length = 0;
            }
            else if (!char.IsAsciiDigit(c) || ++length > 3)
            {
                return false;
            }
        }

        return groups == 4;
    }

    internal static bool IsEnhancedCode(ReadOnlySpan<char> text)
    {
        if (text.Length is < 5 or > 9 || text[0] is not ('2' or '4' or '5') || text[1] != '.')
        {
            return false;
        }

        var rest = text[2..];
        var dot = rest.IndexOf('.');
        return dot is >= 1 and <= 3 && rest.Length - dot - 1 is >= 1 and <= 3 && !rest[..dot].ContainsAnyExceptInRange('0', '9') && !rest[(dot + 1)..].ContainsAnyExceptInRange('0', '9');
    }

    /// <summary>A host name, not a sentence whose full stop lacks its space ("unknown.Please").</summary>
    private static bool IsHost(ReadOnlySpan<char> text)
    {
        var last = text.LastIndexOf('.');
        var top = text[(last + 1)..];
        if (top.ContainsAnyExcept(AsciiLetters) || text.Contains("..", StringComparison.Ordinal) || !(top.Length == 2 || TopLevels.Contains(top)))
        {
            return false;
        }

        return !(char.IsAsciiLetterUpper(top[0]) && char.IsAsciiLetterLower(top[1]));
    }

    private static readonly System.Buffers.SearchValues<char> AsciiLetters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Where an IPv6 address that begins at <paramref name="start"/> ends; 0 when there is none.</summary>
    private static int EndOfIp6(ReadOnlySpan<char> text, int start)
    {
        var at = start;
        var colons = 0;
        var doubled = false;
        while (at < text.Length && (char.IsAsciiHexDigit(text[at]) || text[at] is ':' or '.'))
        {
            if (text[at] == ':')
            {
                colons++;
                doubled |= at > start && text[at - 1] == ':';
            }

            at++;
        }

        while (at > start && text[at - 1] is ':' or '.')
        {
            at--;
        }

        return colons >= 3 || (doubled && colons >= 2) ? at : 0;
    }

    private static char Fold(char c) =>
        c < 0x80 ? (char)(c | ((uint)(c - 'A') <= 'Z' - 'A' ? 0x20 : 0))
        : c < Folded.Length ? Folded[c]
        : c is '\u2018' or '\u2019' ? '\''
        : c is '\u201c' or '\u201d' ? '"'
        : c is >= '\u2010' and <= '\u2015' ? '-'
        : c is >= '\uff01' and <= '\uff5e' ? Fold((char)(c - 0xfee0))
        : char.ToLowerInvariant(c);

    private static char[] FoldTable()
    {
        var table = new char[0x370];
        for (var c = 0; c < table.Length; c++)
        {
            var lower = char.ToLowerInvariant((char)c);
            var bare = c < 0x80 ? lower : lower.ToString().Normalize(System.Text.NormalizationForm.FormD)[0];
            table[c] = char.GetUnicodeCategory((char)c) == UnicodeCategory.NonSpacingMark ? '\0' : bare switch
            {
                'ł' => 'l',
                'ø' => 'o',
                'đ' => 'd',
                'ı' => 'i',
                _ => bare,
            };
        }

        return table;
    }

    /// <summary>
    /// Takes the reply code and enhanced code that begin every line of a multi-line reply out of the middle of its text
    /// (RFC 5321 section 4.2.1: "550-5.1.1 The account that / 550 5.1.1 you tried to reach …"), so that phrases meet across lines.
    /// </summary>
    private ref struct RepeatedCodes
    {
        private ReadOnlySpan<char> _code;
        private ReadOnlySpan<char> _enhanced;
        private bool _begun;
        private bool _afterCode;

        /// <summary>A word without digits passed by.</summary>
        public void Text()
        {
            _begun = true;
            _afterCode = false;
        }

        public ReadOnlySpan<char> WithoutRepeated(ReadOnlySpan<char> word)
        {
            var afterCode = _afterCode;
            _afterCode = false;
            if (word.Length >= 3 && word[0] is '2' or '4' or '5' && !word[..3].ContainsAnyExceptInRange('0', '9'))
            {
                if (word.Length == 3)
                {
                    _afterCode = _begun && !_code.IsEmpty && word.SequenceEqual(_code);
                    _begun = true;
                    return _afterCode ? default : word;
                }

                if (word[3] == '-' && (_code.IsEmpty || word[..3].SequenceEqual(_code)))
                {
                    var rest = word[4..];
                    if (!_code.IsEmpty && _begun)
                    {
                        _afterCode = true;
                        return IsEnhancedCode(rest) ? default : rest;
                    }

                    _code = word[..3];
                    _begun = true;
                    if (IsEnhancedCode(rest))
                    {
                        _enhanced = rest;
                    }

                    return word;
                }
            }

            if (IsEnhancedCode(word))
            {
                if (afterCode && (_enhanced.IsEmpty || word.SequenceEqual(_enhanced)))
                {
                    return default;
                }

                _enhanced = word;
            }

            _begun = true;
            return word;
        }
    }
}

/// <summary>Splits by a predicate, which <see cref="string.Split(char[])"/> cannot.</summary>
file static class StringSplit
{
    public static IEnumerable<string> Split(this string text, Func<char, bool> separates)
    {
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || separates(text[i]))
            {
                if (i > start)
                {
                    yield return text[start..i];
                }

                start = i + 1;
            }
        }
    }
}
