namespace BounceActors.Cli.Output;

/// <summary>Text of strangers, made fit for a terminal: a mail must not move the cursor or set the title of the reader's window.</summary>
internal static class Printable
{
    /// <summary>The text on one line, control characters (line breaks, escapes) as spaces.</summary>
    public static string Line(string? text) =>
        text is null ? "" : string.Create(text.Length, text, static (line, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                line[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
                    ? ' '
                    : from[i];
            }
        });
}
