using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>Every example in every rule file is a test.</summary>
public class RuleExampleSpecs
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    public static TheoryData<string> RuleIds => [.. RuleSet.Default.Rules.Select(r => r.Id)];

    [Theory]
    [MemberData(nameof(RuleIds))]
    public void Should_judge_the_examples_of_a_rule_as_the_rule_says(string id)
    {
        var rule = RuleSet.Default.Rules.Single(r => r.Id == id);

        Assert.NotEmpty(rule.Examples);
        Assert.All(rule.Examples, example => Assert.Equal(rule.Category, Judge.Classify(RuleChecker.ExampleReport(rule, example)).Category));
    }

    [Fact]
    public void Should_find_nothing_wrong_with_the_rules_that_come_with_the_product() =>
        Assert.Empty(RuleChecker.Check(RuleSet.Default).Where(p => p.IsError).Select(p => p.ToString()));
}
