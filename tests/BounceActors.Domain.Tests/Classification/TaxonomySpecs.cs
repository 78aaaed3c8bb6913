using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Classification;

public class TaxonomySpecs
{
    public static TheoryData<string> Lines => [.. Designed()];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Should_be_the_table_of_the_design(string line)
    {
        // Only the last column, the notes, is ever quoted.
        var cells = line.Split(',');
        var row = Taxonomy.Of(WireNames.Parse<BounceCategory>(cells[0]));

        Assert.Equal(WireNames.Parse<BounceCategory>(cells[0]), row.Category);
        Assert.Equal(WireNames.Parse<ReportOutcome>(cells[2]), row.Outcome);
        Assert.Equal(cells[3] == "" ? null : WireNames.Parse<BounceType>(cells[3]), row.Type);
        Assert.Equal(WireNames.Parse<RemediationAction>(cells[4]), row.DefaultAction);
        Assert.Equal(WireNames.Parse<Fault>(cells[5]), row.Fault);
        Assert.Equal(cells[6] == "own rule" ? StrikeWeight.OwnRule : WireNames.Parse<StrikeWeight>(cells[6]), row.Strike);
        Assert.Equal(cells[7], row.Group);
    }

    [Fact]
    public void Should_have_a_row_for_every_category_and_no_other()
    {
        var designed = Designed().Select(l => WireNames.Parse<BounceCategory>(l.Split(',')[0])).Order();

        Assert.Equal(Enum.GetValues<BounceCategory>().Order(), designed);
        Assert.Equal(Enum.GetValues<BounceCategory>().Order(), Taxonomy.All.Select(r => r.Category).Order());
    }

    private static string[] Designed()
    {
        using var file = new StreamReader(typeof(TaxonomySpecs).Assembly.GetManifestResourceStream("taxonomy.csv")!);
        var lines = file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal("category,origin,outcome,type,default_action,fault,strike,group,notes", lines[0]);
        return lines[1..];
    }
}
