using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace BounceActors.Cli.Tests;

/// <summary>
/// What `bounce classify` reaches on the labelled corpus that lies beside the repository (../shared/corpus), by its own score.py.
/// Skipped where the corpus is not.
/// </summary>
public sealed partial class CorpusSpecs
{
    /// <summary>
    /// Percent that must be reached, by the names score.py prints. The one place for these numbers: where they are below the target they are
    /// what was reached when they were written, and are raised with every step towards it.
    /// </summary>
    private static readonly Dictionary<string, double> Thresholds = new()
    {
        ["recognised"] = 99.5,
        ["recipient"] = 99.1, // target 99.5
        ["files with exact recipients"] = 99,
        ["status"] = 99.5,
        ["outcome"] = 98.0, // target 99: seven delays and last words of OpenSMTPD are labelled otherwise, see docs/quality.md
        ["type"] = 98.5,
        ["category"] = 93.2, // target 95
        ["group"] = 97,
    };

    [SkippableFact]
    public void Should_not_fall_below_the_thresholds()
    {
        var corpus = Corpus();
        Skip.If(corpus is null, "../shared/corpus is not beside the repository");
        var predictions = Path.GetTempFileName();
        try
        {
            var classified = BounceProcess.Run(["classify", "--format", "jsonl", Path.Combine(corpus, "mail")]);
            Assert.Equal((ExitCode.Ok, ""), (classified.ExitCode, classified.Error));
            File.WriteAllText(predictions, classified.Output);
            var score = Score(corpus, predictions);

            var figures = Figure().Matches(score).ToDictionary(m => m.Groups["name"].Value, m => m);
            var fallen = Thresholds
                .Where(t => Percent(figures[t.Key]) < t.Value)
                .Select(t => $"{t.Key}: {Percent(figures[t.Key]):0.0} % instead of {t.Value} %")
                .ToList();
            if (Number(figures["false positives"], "hit") > 0)
            {
                fallen.Add("ordinary mail taken for a report");
            }

            Assert.True(fallen.Count == 0, $"{string.Join('\n', fallen)}\n\n{score}");
        }
        finally
        {
            File.Delete(predictions);
        }
    }

    /// <summary>The corpus in a directory `shared` beside the clone or one of its parents.</summary>
    private static string? Corpus()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var corpus = Path.Combine(at.FullName, "shared", "corpus");
            if (File.Exists(Path.Combine(corpus, "score.py")))
            {
                return corpus;
            }
        }

        return null;
    }

    private static string Score(string corpus, string predictions)
    {
        using var python = Process.Start(new ProcessStartInfo("python3", [Path.Combine(corpus, "score.py"), Path.Combine(corpus, "labels.jsonl"), predictions]) { RedirectStandardOutput = true })!;
        var score = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        return score;
    }

    // Not score.py's own percentage: it is rounded, and 99.46 is not 99.5.
    private static double Percent(Match figure) => 100 * Number(figure, "hit") / Number(figure, "of");

    private static double Number(Match figure, string name) => double.Parse(figure.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>[a-z][a-z ]*?) +(?<hit>\d+)/(?<of>\d+) ", RegexOptions.Multiline)]
    private static partial Regex Figure();
}
