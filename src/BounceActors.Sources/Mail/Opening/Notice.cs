namespace BounceActors.Sources.Mail.Opening;

/// <summary>The human-readable part of a mail, up to where the original message begins.</summary>
internal sealed class Notice
{
    public Notice(string text)
    {
        Text = text;
        var lines = new List<string>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            lines.Add(line.TrimEnd().ToString());
        }

        Lines = lines;
    }

    public string Text { get; }

    /// <summary>Its lines without trailing white space.</summary>
    public IReadOnlyList<string> Lines { get; }

    public bool Contains(string phrase) => Text.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    public bool ContainsAny(ReadOnlySpan<string> phrases)
    {
        foreach (var phrase in phrases)
        {
            if (Contains(phrase))
            {
                return true;
            }
        }

        return false;
    }
}
