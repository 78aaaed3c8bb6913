using System.Runtime.CompilerServices;
using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>Some 580 replies written by hand, from what servers and providers are known to say; not the rules' own examples.</summary>
public class ReplySpecs
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    public static TheoryData<string, string, string?> Replies
    {
        get
        {
            var data = new TheoryData<string, string, string?>();
            foreach (var fields in Lines().Select(l => l.Split('\t')))
            {
                data.Add(fields[0], fields[1], fields.Length > 2 && fields[2].Length > 0 ? fields[2] : null);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public void Should_judge_a_reply_as_a_person_would(string category, string reply, string? provider)
    {
        var verdict = Judge.Classify(A.Report(reply) with { Provider = provider });

        Assert.Equal(category, verdict.Category.ToWire());
    }

    [Fact]
    public void Should_know_replies_of_every_category_that_a_reply_can_have()
    {
        var known = Lines().Select(l => l.Split('\t')[0]).Distinct();
        var possible = Taxonomy.All
            .Where(r => r.Outcome == BounceActors.Domain.Reports.ReportOutcome.Bounce)
            .Select(r => r.Category.ToWire());

        Assert.Empty(possible.Except(known));
        Assert.True(Lines().Count() >= 250);
    }

    private static IEnumerable<string> Lines([CallerFilePath] string here = "") =>
        Directory.EnumerateFiles(Path.GetDirectoryName(here)!, "replies*.tsv").Order(StringComparer.Ordinal).SelectMany(File.ReadLines).Where(l => l.Length > 0 && l[0] != '#');
}
