using System.Text;

namespace BounceActors.Sources.Logs;

/// <summary>
/// Lines of a log, made so that they can be understood without the rest of it: those that report something or should, each behind a blank, and before them the
/// earlier lines they need, each behind a tilde.
/// </summary>
/// <param name="reader">Has read everything before.</param>
public sealed class LogBatch(LogReader reader)
{
    private const char Context = '~';
    private const char Line = ' ';

    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _context = new(StringComparer.Ordinal);

    /// <summary>The lines kept, without those for context.</summary>
    public int Lines { get; private set; }

    /// <summary>Length of <see cref="Text"/>, in characters.</summary>
    public int Length => _text.Length;

    /// <summary>The batch as text, for <see cref="Read"/>.</summary>
    public string Text => _text.ToString();

    /// <summary>Reads the next line of the log, and keeps it if it reports something or cannot be read.</summary>
    /// <param name="line">The line.</param>
    /// <param name="writtenBefore">As for <see cref="LogReader.Read"/>.</param>
    public LogLine Add(string line, DateTimeOffset writtenBefore)
    {
        // Before it is read: a line that ends a message makes it forgotten
        var needed = reader.ContextOf([line]);
        var read = reader.Read(line, writtenBefore);
        if (read.Kind is LogLineKind.Report or LogLineKind.Malformed)
        {
            foreach (var earlier in needed.Where(_context.Add))
            {
                Append(Context, earlier);
            }

            Append(Line, line);
            Lines++;
        }

        return read;
    }

    /// <summary>Reads a batch.</summary>
    /// <param name="reader">One that has read nothing yet.</param>
    /// <param name="text">What <see cref="Text"/> was.</param>
    /// <param name="writtenBefore">As for <see cref="LogReader.Read"/>.</param>
    /// <returns>The lines that are not context, with their number in the text from 1. A line without a mark is malformed.</returns>
    public static IEnumerable<(int Number, LogLine Line)> Read(LogReader reader, string text, DateTimeOffset writtenBefore)
    {
        var number = 0;
        foreach (var marked in text.Split('\n'))
        {
            number++;
            if (marked.Length == 0)
            {
                continue;
            }

            if (marked[0] is not (Context or Line))
            {
                yield return (number, LogLine.Malformed("it has no mark: a blank before a line, a tilde before one for context"));
                continue;
            }

            var read = reader.Read(marked[1..], writtenBefore);
            if (marked[0] == Line)
            {
                yield return (number, read);
            }
        }
    }

    private void Append(char mark, string line) => _text.Append(_text.Length > 0 ? "\n" : "").Append(mark).Append(line);
}
