using System.Text;
using Spectre.Console;

namespace BounceActors.Cli.Output;

/// <summary>Prints for people on stdout.</summary>
internal static class Printing
{
    /// <summary>Renders first and prints then: what is rendered to a terminal is fitted to it.</summary>
    /// <exception cref="OutputClosedException">Nobody reads any more.</exception>
    public static void Print(this StandardStreams streams, Action<IAnsiConsole> render)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = Tables.Console(text, streams.OutputIsTerminal);
        if (streams.OutputIsTerminal)
        {
            console.Profile.Width = TerminalWidth();
        }

        render(console);
        var output = new OutputWriter(streams.Output);
        foreach (var line in text.ToString().Split('\n').SkipLast(1))
        {
            Encoding.UTF8.GetBytes(line.TrimEnd(), output.Buffer);
            output.EndOfLine();
        }

        output.Flush();
    }

    private static int TerminalWidth()
    {
        try
        {
            return Math.Max(Console.WindowWidth, 40);
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
