namespace BounceActors.Cli.Tests;

public sealed class RulesSpecs
{
    [Fact]
    public async Task Should_find_nothing_wrong_with_the_built_in_rules()
    {
        var run = await InProcess.RunAsync(["rules", "check"]);

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Contains(": 0 error(s), ", run.Output);
    }

    [Fact]
    public async Task Should_list_every_problem_of_a_directory_with_file_and_line()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("broken.yaml", "rules:\n  - id: one\n    colour: red\n    category: nonsense\n");

        var run = await InProcess.RunAsync(["rules", "check", directory.Path]);

        Assert.Equal(ExitCode.SomeFailed, run.ExitCode);
        Assert.Contains(run.Lines, l => l.StartsWith("broken.yaml:3: error: ") && l.Contains("colour"));
        Assert.Contains(run.Lines, l => l.StartsWith("broken.yaml:4: error: ") && l.Contains("nonsense"));
    }

    [Fact]
    public async Task Should_list_the_rules_in_the_order_in_which_they_decide()
    {
        var run = await InProcess.RunAsync(["rules", "list", "--format", "jsonl"]);

        var priorities = run.Lines.Select(l => l.Json().GetProperty("priority").GetInt32()).ToList();
        Assert.Contains("user_unknown_generic", run.Output);
        Assert.Equal(priorities.OrderDescending(), priorities);
    }
}
