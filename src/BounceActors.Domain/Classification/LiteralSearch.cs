using System.Numerics;
using System.Text;

namespace BounceActors.Domain.Classification;

/// <summary>
/// Finds which of many literals stand in a text. Where a literal may begin, the next two or three characters are looked up in a hash table; most
/// places of a text are passed over by that. From there on literals are kept as trees of what they have in common. The cost grows with the
/// text, and hardly with the number of literals.
/// </summary>
internal sealed class LiteralSearch
{
    private const int Ascii = 128;
    private const int LongestBeginning = 3;

    private readonly bool _atWords;

    // By first character: how many characters are looked up; the last place is for all that are not ASCII
    private readonly int[] _beginning = new int[Ascii + 1];

    // The table of beginnings: open addressing, at most a quarter full
    private readonly long[] _slots;
    private readonly int[] _roots;
    private readonly int _shift;

    // Nodes that follow the same node lie side by side; all labels lie in one text
    private readonly Node[] _nodes;
    private readonly string _labels;

    /// <param name="literals">The literals, all different; each is known by its place. An empty one stands nowhere.</param>
    /// <param name="atWords">Whether a literal counts only where a word begins.</param>
    public LiteralSearch(IReadOnlyList<string> literals, bool atWords)
    {
        _atWords = atWords;
        Count = literals.Count;
        var sorted = Enumerable.Range(0, literals.Count).Where(i => literals[i].Length > 0).OrderBy(i => literals[i], StringComparer.Ordinal).ToArray();

        Array.Fill(_beginning, LongestBeginning);
        foreach (var literal in sorted.Select(i => literals[i]))
        {
            ref var length = ref BeginningAt(literal[0]);
            length = Math.Min(length, literal.Length);
        }

        var groups = sorted.GroupBy(i => Key(literals[i], 0, out _)).ToList();
        var size = BitOperations.RoundUpToPowerOf2((uint)(4 * groups.Count) + 4);
        _shift = 64 - BitOperations.Log2(size);
        _slots = new long[size];
        _roots = new int[size];

        var nodes = new List<Node>();
        var labels = new StringBuilder();
        var open = new Queue<(int Node, int[] Literals)>();
        foreach (var group in groups)
        {
            var slot = Slot(group.Key);
            (_slots[slot], _roots[slot]) = (group.Key, nodes.Count);
            AddNode([.. group], BeginningAt(literals[group.First()][0]));
        }

        while (open.TryDequeue(out var next))
        {
            var depth = literals[next.Literals[0]].AsSpan().CommonPrefixLength(literals[next.Literals[^1]]);
            var children = next.Literals.Where(i => literals[i].Length > depth).GroupBy(i => literals[i][depth]).ToList();
            nodes[next.Node] = nodes[next.Node] with { FirstChild = nodes.Count, Children = children.Count };
            foreach (var child in children)
            {
                AddNode([.. child], depth);
            }
        }

        _nodes = [.. nodes];
        _labels = labels.ToString();

        // Sorted, what the first and the last have in common all have in common
        void AddNode(int[] group, int depth)
        {
            var first = literals[group[0]];
            var label = first.AsSpan(depth, first.AsSpan().CommonPrefixLength(literals[group[^1]]) - depth);
            open.Enqueue((nodes.Count, group));
            nodes.Add(new Node(labels.Length, label.Length, depth + label.Length == first.Length ? group[0] : -1, 0, 0));
            labels.Append(label);
        }
    }

    /// <summary>Number of literals.</summary>
    public int Count { get; }

    /// <summary>Marks every literal that stands in <paramref name="text"/>.</summary>
    /// <param name="text">The text, masked.</param>
    /// <param name="found">One bit per literal, all clear.</param>
    public void Find(ReadOnlySpan<char> text, Span<ulong> found)
    {
        var inWord = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (_atWords)
            {
                // Scripts written without spaces have no places where words begin
                var isLetter = char.IsLetterOrDigit(text[at]) && text[at] < '\u2e80';
                var goesOn = inWord && isLetter;
                inWord = isLetter;
                if (goesOn)
                {
                    continue;
                }
            }

            var key = Key(text, at, out var length);
            var slot = Slot(key);
            if (_slots[slot] == key && key != 0)
            {
                Walk(text[(at + length)..], _roots[slot], found);
            }
        }
    }

    private void Walk(ReadOnlySpan<char> text, int place, Span<ulong> found)
    {
        while (true)
        {
            ref readonly var node = ref _nodes[place];
            if (!text.StartsWith(_labels.AsSpan(node.Label, node.LabelLength)))
            {
                return;
            }

            if (node.Literal >= 0)
            {
                found[node.Literal >> 6] |= 1UL << node.Literal;
            }

            text = text[node.LabelLength..];
            if (text.IsEmpty)
            {
                return;
            }

            var end = node.FirstChild + node.Children;
            for (place = node.FirstChild; place < end && _labels[_nodes[place].Label] != text[0]; place++)
            {
            }

            if (place == end)
            {
                return;
            }
        }
    }

    private ref int BeginningAt(char first) => ref _beginning[first < Ascii ? first : Ascii];

    /// <summary>The characters that are looked up at a place, as one number; 0 where the text ends too soon.</summary>
    private long Key(ReadOnlySpan<char> text, int at, out int length)
    {
        length = BeginningAt(text[at]);
        if (at + length > text.Length)
        {
            return 0;
        }

        long key = text[at];
        for (var i = 1; i < length; i++)
        {
            key = (key << 16) | text[at + i];
        }

        return key;
    }

    /// <summary>Where a key stands in the table, or would stand.</summary>
    private int Slot(long key)
    {
        var slot = (int)((ulong)key * 0x9e3779b97f4a7c15 >> _shift);
        while (_slots[slot] != key && _slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        return slot;
    }

    /// <summary>A place in a tree.</summary>
    /// <param name="Label">Where in the labels that begins which leads here from the node before.</param>
    /// <param name="LabelLength">Its length.</param>
    /// <param name="Literal">The literal that ends here, or -1.</param>
    /// <param name="FirstChild">Place of the first node that follows.</param>
    /// <param name="Children">Number of nodes that follow.</param>
    private readonly record struct Node(int Label, int LabelLength, int Literal, int FirstChild, int Children);
}
