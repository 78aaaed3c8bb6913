using System.Text;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>A group of <c>Name: value</c> fields: the header of a message, or one block of a status or feedback part (RFC 3464 section 2.1).</summary>
internal sealed class Fields
{
    public static readonly Fields Empty = new();

    private readonly List<KeyValuePair<string, string>> _fields = [];

    public int Count => _fields.Count;

    public IReadOnlyList<KeyValuePair<string, string>> All => _fields;

    /// <summary>The first non-empty value of the field, trimmed; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in _fields)
            {
                if (value.Length > 0 && key.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }

            return null;
        }
    }

    public bool Has(string name) => this[name] is not null;

    /// <summary>The first of several names that is there.</summary>
    public string? First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (this[name] is { } value)
            {
                return value;
            }
        }

        return null;
    }

    public IEnumerable<string> Values(string name) =>
        _fields.Where(f => f.Value.Length > 0 && f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value);

    public void Add(string name, string value) => _fields.Add(new(name, value.Trim()));

    public void AddMissing(Fields other)
    {
        foreach (var (name, value) in other._fields)
        {
            if (!Has(name))
            {
                Add(name, value);
            }
        }
    }

    /// <summary>Splits a text into groups at blank lines. Folded lines are joined; a line that is no field belongs to the field before it, because some MTAs break a long diagnostic without indenting it.</summary>
    public static List<Fields> Groups(string text, int maxGroups)
    {
        var groups = new List<Fields>();
        var current = new Fields();
        string? name = null;
        var value = new StringBuilder();

        void EndField()
        {
            if (name is not null)
            {
                current.Add(name, value.ToString());
            }

            name = null;
            value.Clear();
        }

        void EndGroup()
        {
            EndField();
            if (current.Count > 0)
            {
                groups.Add(current);
                current = new Fields();
            }
        }

        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            if (groups.Count >= maxGroups)
            {
                return groups;
            }

            var line = raw.TrimEnd();
            if (line.IsEmpty)
            {
                EndGroup();
            }
            else if (line[0] is ' ' or '\t')
            {
                value.Append(' ').Append(line.Trim());
            }
            else if (NameLength(line) is > 0 and var length)
            {
                EndField();
                name = line[..length].TrimEnd().ToString();
                value.Append(line[(length + 1)..].Trim());
            }
            else if (name is not null)
            {
                value.Append(' ').Append(line.Trim());
            }
        }

        EndGroup();
        return groups;
    }

    /// <summary>Length of the field name at the start of a line, 0 when the line is no field (RFC 5322 section 2.2; white space before the colon is tolerated).</summary>
    public static int NameLength(ReadOnlySpan<char> line)
    {
        var colon = line.IndexOf(':');
        if (colon is < 1 or > 76)
        {
            return 0;
        }

        var name = line[..colon].TrimEnd();
        if (name.IsEmpty || !char.IsAsciiLetter(name[0]))
        {
            return 0;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return 0;
            }
        }

        return colon;
    }
}
