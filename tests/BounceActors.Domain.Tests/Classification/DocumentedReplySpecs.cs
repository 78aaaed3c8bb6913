using System.Runtime.CompilerServices;
using BounceActors.Domain.Classification;
using Xunit.Abstractions;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>Replies that providers and products document, and odd paraphrases, judged once before any rule was changed for them (docs/quality.md, fourth and fifth set).</summary>
public class DocumentedReplySpecs(ITestOutputHelper output)
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    [Theory]
    [InlineData("documented.tsv", 0.91)]
    [InlineData("paraphrased.tsv", 0.85)]
    public void Should_judge_documented_replies_no_worse_than_measured(string file, double least)
    {
        var (n, types, categories, groups, unknown, wronglyHard) = (0, 0, 0, 0, 0, 0);
        foreach (var fields in Lines(file).Select(l => l.Split('\t')))
        {
            var verdict = Judge.Classify(A.Report(fields[1]) with { Provider = fields.Length > 2 && fields[2].Length > 0 ? fields[2] : null });
            var (is_, should) = (Taxonomy.Of(verdict.Category), Taxonomy.All.Single(r => r.Category.ToWire() == fields[0]));
            n++;
            types += is_.Type == should.Type ? 1 : 0;
            groups += is_.Group == should.Group ? 1 : 0;
            wronglyHard += is_.Type == BounceType.HardBounce && should.Type != is_.Type ? 1 : 0;
            unknown += is_.Category != should.Category && is_.Category == BounceCategory.Unknown ? 1 : 0;
            if (is_.Category == should.Category)
            {
                categories++;
            }
            else
            {
                output.WriteLine($"{fields[0]} is {verdict.Category.ToWire()} by {verdict.Rule} {verdict.Confidence:0.00}: {fields[1]}");
            }
        }

        output.WriteLine($"{file}: n {n}, type {(double)types / n:P1}, category {(double)categories / n:P1}, group {(double)groups / n:P1}; of the misses {unknown} are unknown; wrongly hard {wronglyHard}");
        Assert.True((double)categories / n >= least, $"{categories} of {n}");
    }

    private static IEnumerable<string> Lines(string file, [CallerFilePath] string here = "") =>
        File.ReadLines(Path.Combine(Path.GetDirectoryName(here)!, file)).Where(l => l.Length > 0 && l[0] != '#');
}
