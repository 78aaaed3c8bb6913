using System.Numerics;

namespace BounceActors.Domain.Classification;

/// <summary>
/// Finds which of many literals stand in a text, in one pass over it (Aho and Corasick, 1975): its cost does not grow with their number.
/// The transition table is dense over a small alphabet: each ASCII character in use has its own column, all others share a few, and a hit
/// of a literal with such characters is compared once more.
/// </summary>
internal sealed class LiteralSearch
{
    private const int SharedColumns = 16;

    private readonly byte[] _column = new byte[128];
    private readonly int _width;
    private readonly int[] _next;
    private readonly int[] _found;
    private readonly int[] _suffix;
    private readonly string[] _literals;
    private readonly bool[] _compare;

    // Literals of one length can end in one state through shared columns: a chain from one to the next, -1 at its end.
    private readonly int[] _twin;

    public LiteralSearch(IReadOnlyList<string> literals)
    {
        _literals = [.. literals];
        _compare = [.. _literals.Select(l => l.Any(c => c >= 128))];
        _twin = new int[_literals.Length];
        var columns = 1;
        foreach (var c in _literals.SelectMany(l => l).Where(c => c < 128).Distinct().Order())
        {
            _column[c] = (byte)columns++;
        }

        _width = (int)BitOperations.RoundUpToPowerOf2((uint)(columns + SharedColumns));
        FirstShared = columns;

        var tree = new List<int[]> { new int[_width] };
        var found = new List<int> { -1 };
        for (var i = 0; i < _literals.Length; i++)
        {
            var state = 0;
            foreach (var c in _literals[i])
            {
                ref var child = ref tree[state][Column(c)];
                if (child == 0)
                {
                    child = tree.Count;
                    tree.Add(new int[_width]);
                    found.Add(-1);
                }

                state = child;
            }

            _twin[i] = found[state];
            found[state] = i;
        }

        _next = new int[tree.Count * _width];
        _found = [.. found];
        _suffix = new int[tree.Count];
        var fail = new int[tree.Count];
        var queue = new Queue<int>();
        for (var c = 0; c < _width; c++)
        {
            _next[c] = tree[0][c];
            if (tree[0][c] != 0)
            {
                queue.Enqueue(tree[0][c]);
            }
        }

        while (queue.TryDequeue(out var state))
        {
            _suffix[state] = _found[fail[state]] >= 0 ? fail[state] : _suffix[fail[state]];
            for (var c = 0; c < _width; c++)
            {
                var child = tree[state][c];
                var over = _next[(fail[state] * _width) + c];
                if (child == 0)
                {
                    _next[(state * _width) + c] = over;
                }
                else
                {
                    fail[child] = over;
                    _next[(state * _width) + c] = child;
                    queue.Enqueue(child);
                }
            }
        }
    }

    /// <summary>Number of literals.</summary>
    public int Count => _literals.Length;

    private int FirstShared { get; }

    /// <summary>Marks every literal that stands in <paramref name="text"/>.</summary>
    /// <param name="text">The text, masked.</param>
    /// <param name="anywhere">One bit per literal, all clear: set where it stands anywhere.</param>
    /// <param name="atWord">One bit per literal, all clear: set where it stands at the beginning of a word.</param>
    public void Find(ReadOnlySpan<char> text, Span<ulong> anywhere, Span<ulong> atWord)
    {
        var state = 0;
        for (var i = 0; i < text.Length; i++)
        {
            state = _next[(state * _width) + Column(text[i])];
            for (var at = _found[state] >= 0 ? state : _suffix[state]; at != 0; at = _suffix[at])
            {
                for (var literal = _found[at]; literal >= 0; literal = _twin[literal])
                {
                    var start = i + 1 - _literals[literal].Length;
                    var bit = 1UL << literal;
                    if ((atWord[literal >> 6] & bit) == 0 && (!_compare[literal] || text[start..(i + 1)].SequenceEqual(_literals[literal])))
                    {
                        anywhere[literal >> 6] |= bit;
                        atWord[literal >> 6] |= BeginsWord(text, start) ? bit : 0;
                    }
                }
            }
        }
    }

    /// <summary>True where no letter of the same word stands before; scripts written without spaces have no such place and always pass.</summary>
    private static bool BeginsWord(ReadOnlySpan<char> text, int start) =>
        start == 0 || text[start] >= '\u2e80' || !char.IsLetterOrDigit(text[start]) || !char.IsLetterOrDigit(text[start - 1]) || text[start - 1] >= '\u2e80';

    private int Column(char c) => c < 128 ? _column[c] : FirstShared + ((c ^ (c >> 4)) & (SharedColumns - 1));
}
