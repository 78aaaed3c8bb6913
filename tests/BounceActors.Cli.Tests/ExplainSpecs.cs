namespace BounceActors.Cli.Tests;

public sealed class ExplainSpecs
{
    [Fact]
    public async Task Should_show_the_rules_that_matched_and_why_one_won()
    {
        var run = await InProcess.RunAsync(["explain", "550", "5.1.1", "user", "unknown"]);

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Contains(run.Lines, l => l.StartsWith("said") && l.EndsWith("550 5.1.1 user unknown"));
        Assert.Contains(run.Lines, l => l.StartsWith("verdict") && l.Contains("user_not_found"));
        Assert.Contains(run.Lines, l => l.TrimStart().StartsWith("1 ") && l.Contains(".yaml:"));
        Assert.Contains(run.Lines, l => l.StartsWith("- "));
    }

    [Fact]
    public async Task Should_take_codes_beside_the_text()
    {
        var run = await InProcess.RunAsync(["explain", "--smtp-code", "452", "--enhanced-code", "4.2.2"]);

        Assert.Contains(run.Lines, l => l.StartsWith("codes") && l.EndsWith("452 4.2.2"));
        Assert.Contains("mailbox_full", run.Output);
    }

    [Fact]
    public async Task Should_explain_every_recipient_of_a_mail()
    {
        using var directory = new TemporaryDirectory();

        var run = await InProcess.RunAsync(["explain", directory.Write("two.eml", SampleMails.Bounce("a@example.org", "b@example.org"))]);

        Assert.Equal(["a@example.org", "b@example.org"], run.Lines.Where(l => l.StartsWith("recipient")).Select(l => l.Split(' ')[^1]));
    }

    [Fact]
    public async Task Should_say_why_a_mail_is_no_report()
    {
        var run = await InProcess.RunAsync(["explain", "-"], SampleMails.Letter);

        Assert.StartsWith("not a report: ", run.Output);
    }

    [Theory]
    [InlineData("explain")]
    [InlineData("explain", "x", "--smtp-code", "99")]
    [InlineData("explain", "x", "--enhanced-code", "five")]
    [InlineData("explain", "-", "--smtp-code", "550")]
    public async Task Should_refuse_what_makes_no_sense(params string[] arguments)
    {
        var run = await InProcess.RunAsync(arguments);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.NotEqual("", run.Error);
    }
}
