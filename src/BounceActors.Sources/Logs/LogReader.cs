using BounceActors.Sources.Logs.Formats;

namespace BounceActors.Sources.Logs;

/// <summary>
/// Reads a mail server's log line by line. What one line leaves out (the sender, the message id) earlier lines of the same message said: a reader remembers
/// them within limits. For one log and one thread; each line costs time in proportion to its length.
/// </summary>
public sealed class LogReader
{
    private readonly LogLines _lines;

    /// <summary>A reader that remembers nothing yet.</summary>
    public LogReader(LogFormat format, LogReaderOptions? options = null)
    {
        Format = format;
        var chosen = options ?? new LogReaderOptions();
        _lines = format switch
        {
            LogFormat.Postfix => new PostfixLines(chosen),
            LogFormat.Exim => new EximLines(chosen),
            LogFormat.PowerMta => new PowerMtaLines(chosen),
            LogFormat.KumoMta => new KumoMtaLines(chosen),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such format"),
        };
    }

    /// <summary>What is read.</summary>
    public LogFormat Format { get; }

    /// <summary>The name of a format as reports carry it in their source.</summary>
    public static string SourceOf(LogFormat format) => format.ToString().ToLowerInvariant();

    /// <summary>Reads the next line of the log.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="writtenBefore">
    /// A time the line was certainly written before: now, or when the file was last changed. It gives the year to times that have none (RFC 3164).
    /// </param>
    public LogLine Read(string line, DateTimeOffset writtenBefore) => _lines.Read(line, writtenBefore);

    /// <summary>
    /// Those earlier lines without which the given ones could not be understood: read first by another reader, in this order, they make it understand them alike.
    /// To be asked before the lines are read.
    /// </summary>
    public IReadOnlyList<string> ContextOf(IEnumerable<string> lines) => _lines.ContextOf(lines);
}
