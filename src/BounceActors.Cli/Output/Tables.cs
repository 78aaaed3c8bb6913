using System.Globalization;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using Spectre.Console;

namespace BounceActors.Cli.Output;

/// <summary>Tables for people: fitted to the terminal, or as wide as needed when they go into a file or a pipe.</summary>
internal static class Tables
{
    // Wider than any line of ours: in a file a table is for grep and less -S, which want rows on one line.
    private const int Unlimited = 4000;

    public static IAnsiConsole Console(TextWriter writer, bool isTerminal)
    {
        // Said, not detected: Spectre looks at stdout, and this may be stderr.
        var moves = isTerminal && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = moves ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = moves ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = Unlimited;
        }

        return console;
    }

    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        return table;
    }

    /// <summary>A row of texts as they are: nothing in them is markup, nothing moves the cursor.</summary>
    public static void Row(this Table table, params string[] cells) =>
        table.AddRow(cells.Select(c => new Text(Printable.Line(c))));

    public static string Percent(this double confidence) => confidence.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Type, category, action, confidence and rule of a verdict.</summary>
    public static string[] Cells(this Classification? verdict) => verdict is null
        ? ["", "", "", "", ""]
        : [verdict.Type?.ToWire() ?? "", verdict.Category.ToWire(), verdict.Action.ToWire(), verdict.Confidence.Percent(), verdict.Rule];
}
