using System.Buffers;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>The human-readable part of a mail, up to where the original message begins.</summary>
internal sealed class Notice(string text)
{
    /// <summary>Longer lines come in pieces: what is done for every address in a line must not cost the square of its length.</summary>
    private const int LongestLine = 4000;

    private string? _flat;
    private List<string>? _lines;

    public string Text => text;

    /// <summary>Its lines without trailing white space.</summary>
    public IReadOnlyList<string> Lines => _lines ??= Split(text);

    /// <summary>The text with all white space collapsed, so that a phrase is found wherever the lines were wrapped.</summary>
    public string Flat => _flat ??= Flatten(Text);

    public bool ContainsAny(ReadOnlySpan<string> phrases)
    {
        foreach (var phrase in phrases)
        {
            if (Flat.Contains(phrase, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> Split(string text)
    {
        var lines = new List<string>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var rest = line.TrimEnd();
            for (; rest.Length > LongestLine; rest = rest[LongestLine..])
            {
                lines.Add(rest[..LongestLine].ToString());
            }

            lines.Add(rest.ToString());
        }

        return lines;
    }

    private static string Flatten(string text)
    {
        var buffer = ArrayPool<char>.Shared.Rent(text.Length);
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
            {
                // Word processors bend apostrophes; phrases are compared straight
                buffer[length++] = c is '\u2019' or '\u2018' ? '\'' : c;
            }
            else if (length > 0 && buffer[length - 1] != ' ')
            {
                buffer[length++] = ' ';
            }
        }

        var flat = new string(buffer, 0, length);
        ArrayPool<char>.Shared.Return(buffer);
        return flat;
    }
}
