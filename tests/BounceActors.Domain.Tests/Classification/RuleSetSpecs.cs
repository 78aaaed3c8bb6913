using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>What is said about rule files that are wrong, and how they are replaced.</summary>
public class RuleSetSpecs
{
    private const string Good =
        """
        rules:
          - id: first
            any: ['no such llama']
            category: user_not_found
            examples: ['550 no such llama here']
        """;

    [Fact]
    public void Should_name_an_unknown_field_with_its_line()
    {
        var problem = Assert.Single(Problems(Good + "\n    colour: red\n"));

        Assert.Equal(("my.yaml", 6), (problem.Source, problem.Line));
        Assert.Contains("'colour' is no field of a rule", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_list_every_problem_of_every_file_at_once()
    {
        var problems = Assert.Throws<RuleSetException>(() => RuleSet.Parse([
            ("a.yaml", "rules:\n  - id: x\n    any: [abc]\n    category: nonsense\n    confidence: 7\n    examples: [abc]\n"),
            ("b.yaml", "rules: 3\n"),
        ])).Problems;

        Assert.Equal([("a.yaml", 4), ("a.yaml", 5), ("b.yaml", 1)], problems.Select(p => (p.Source, p.Line)));
    }

    [Theory]
    [InlineData("rules:\n  - id: [", "not YAML")]
    [InlineData("rules:\n  - any: [abc]\n    category: spam_filter\n", "needs 'id'")]
    [InlineData("rules:\n  - id: x\n    category: spam_filter\n", "either 'pattern' or 'any'")]
    [InlineData("rules:\n  - id: x\n    pattern: '(a+)+$(?=b)'\n    category: spam_filter\n", "no linear-time matcher")]
    [InlineData("rules:\n  - id: x\n    pattern: '(abc)\\1'\n    category: spam_filter\n", "back-reference")]
    [InlineData("rules:\n  - id: x\n    pattern: 'error \\d+'\n    category: spam_filter\n", "write '#'")]
    [InlineData("rules:\n  - id: x\n    pattern: '(abc'\n    category: spam_filter\n", "without ')'")]
    [InlineData("rules:\n  - id: x\n    any: [abc]\n    smtp: ['99']\n    category: spam_filter\n", "no reply code")]
    [InlineData("rules:\n  - id: x\n    any: [abc]\n    enhanced: ['5.1']\n    category: spam_filter\n", "no enhanced code")]
    [InlineData("rules:\n  - {id: x, any: [abc], category: spam_filter}\n  - {id: x, any: [abd], category: spam_filter}\n", "stands already in my.yaml:2")]
    [InlineData("wrong: 1\n", "'wrong' is no field of a rule file")]
    public void Should_refuse_what_cannot_be_used_and_say_why(string yaml, string reason) =>
        Assert.Contains(Problems(yaml), p => p.IsError && p.Message.Contains(reason, StringComparison.Ordinal));

    [Fact]
    public void Should_say_when_a_rule_does_not_match_its_example() =>
        Assert.Contains(Check(Good.Replace("550 no such llama here", "550 gone", StringComparison.Ordinal)), p => p.IsError && p.Message.Contains("does not match its example", StringComparison.Ordinal));

    [Fact]
    public void Should_say_when_a_rule_of_higher_priority_decides_an_example_otherwise()
    {
        var problems = Check(Good + "\n  - {id: second, any: ['llama'], category: spam_filter, priority: 400, examples: ['a llama']}\n");

        Assert.Contains(problems, p => p.IsError && p.Message.Contains("decided by 'second' of higher priority (400) as spam_filter", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_remark_on_a_shadowed_rule()
    {
        var problems = Check(Good + "\n  - {id: second, any: ['llama'], category: user_not_found, priority: 400, examples: ['a llama']}\n");

        Assert.Contains(problems, p => !p.IsError && p.Message.Contains("'first' is shadowed", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_say_when_nothing_shows_that_a_rule_is_used() =>
        Assert.Contains(Check("rules:\n  - {id: x, any: [abcd], category: spam_filter}\n"), p => p.IsError && p.Message.Contains("has no example", StringComparison.Ordinal));

    [Fact]
    public void Should_remark_on_an_expression_that_runs_over_every_text() =>
        Assert.Contains(Check("rules:\n  - {id: x, pattern: 'a.*b', category: spam_filter, examples: ['a b']}\n"), p => p.Message.Contains("runs over every text", StringComparison.Ordinal));

    [Fact]
    public void Should_change_the_version_with_the_text_and_with_nothing_else()
    {
        Assert.Equal(RuleSet.Parse([("a", Good)]).Version, RuleSet.Parse([("a", Good)]).Version);
        Assert.NotEqual(RuleSet.Parse([("a", Good)]).Version, RuleSet.Parse([("a", Good + "\n")]).Version);
    }

    [Fact]
    public void Should_lay_a_directory_over_the_rules_that_come_with_the_product()
    {
        var dir = Directory.CreateTempSubdirectory("rules");
        try
        {
            File.WriteAllText(Path.Combine(dir.FullName, "my.yaml"), Good);
            File.WriteAllText(Path.Combine(dir.FullName, "text-languages.yaml"), "rules: []\n");

            var rules = RuleSet.LoadDirectory(dir.FullName);

            Assert.Equal(BounceCategory.UserNotFound, new BounceClassifier(rules).Classify(A.Report("550 no such llama here")).Category);
            Assert.Contains(rules.Rules, r => r.Id == "user_unknown_generic");
            Assert.DoesNotContain(rules.Rules, r => r.Id == "user_not_found_de");
        }
        finally
        {
            dir.Delete(recursive: true);
        }
    }

    [Fact]
    public void Should_refuse_a_directory_that_is_not_there() =>
        Assert.Throws<RuleSetException>(() => RuleSet.LoadDirectory("/nowhere/at/all"));

    private static IReadOnlyList<RuleProblem> Problems(string yaml) =>
        Assert.Throws<RuleSetException>(() => RuleSet.Parse([("my.yaml", yaml)])).Problems;

    private static IReadOnlyList<RuleProblem> Check(string yaml) => RuleChecker.Check([("my.yaml", yaml)]);
}
