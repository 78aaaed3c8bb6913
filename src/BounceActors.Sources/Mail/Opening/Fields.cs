using System.Text;
using MimeKit;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>A group of <c>Name: value</c> fields: the header of a message, or one block of a status or feedback part (RFC 3464 section 2.1).</summary>
internal sealed class Fields
{
    public static readonly Fields Empty = new();

    private readonly List<Field> _fields = [];

    public int Count => _fields.Count;

    public IReadOnlyList<Field> All => _fields;

    /// <summary>The first non-empty value of the field, trimmed; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var field in _fields)
            {
                if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && field.Value is { Length: > 0 } value)
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
        _fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && f.Value.Length > 0).Select(f => f.Value);

    public void Add(string name, string value) => _fields.Add(new Field(name, value));

    public void Add(Header header) => _fields.Add(new Field(header));

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

/// <summary>One field. The value of a header is decoded when somebody asks for it: of the many a message has, few are ever read.</summary>
internal sealed class Field
{
    private readonly Header? _header;
    private string? _value;

    public Field(string name, string value)
    {
        Name = name;
        _value = value.Trim();
    }

    public Field(Header header)
    {
        Name = header.Field;
        _header = header;
    }

    public string Name { get; }

    public string Value => _value ??= (_header!.Value ?? "").Trim();

    public void Deconstruct(out string name, out string value) => (name, value) = (Name, Value);
}
