namespace BounceActors.Cli.Tests;

public sealed class JudgeSpecs
{
    [Fact]
    public async Task Should_print_type_to_rule_for_every_line()
    {
        var run = await InProcess.RunAsync(["judge"], "550 5.1.1 user unknown\r\n{\"diagnostic\":\"mailbox full\",\"smtpCode\":552,\"enhancedCode\":\"5.2.2\",\"provider\":\"\"}\n");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Equal(["user_not_found", "mailbox_full"], run.Lines.Select(l => l.Json().Text("category")));
        Assert.Equal(["type", "category", "fault", "permanence", "action", "confidence", "rule"], run.Lines[0].Json().EnumerateObject().Select(f => f.Name));
    }

    [Theory]
    [InlineData("{\"diag\":\"x\"}", "unknown field 'diag'; known are: diagnostic, smtpCode, enhancedCode, provider")]
    [InlineData("{\"diagnostic\":", "not a JSON object")]
    [InlineData("{\"smtpCode\":99}", "smtpCode: '99' is no SMTP reply code; a number from 200 to 599 is expected")]
    [InlineData("{\"smtpCode\":\"5xx\"}", "smtpCode: '5xx' is no SMTP reply code")]
    [InlineData("{\"enhancedCode\":\"5.1\"}", "enhancedCode: '5.1' is no enhanced status code; one like 5.1.1 is expected")]
    [InlineData("{\"diagnostic\":[1]}", "diagnostic: a string is expected")]
    [InlineData("{\"diagnostic\":\"\\ud800\"}", "half of a surrogate pair")]
    [InlineData("{}", "nothing to judge")]
    public async Task Should_name_a_bad_line_and_what_is_wrong_and_go_on(string line, string message)
    {
        var run = await InProcess.RunAsync(["judge"], $"user unknown\n\n{line}\nuser unknown\n");

        Assert.Equal(ExitCode.SomeFailed, run.ExitCode);
        Assert.Equal(2, run.Lines.Length);
        Assert.StartsWith("bounce: line 3: ", run.Error);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public async Task Should_refuse_a_line_without_end_and_go_on()
    {
        var run = await InProcess.RunAsync(["judge"], $"{new string('x', 1_000_000)}\nuser unknown");

        Assert.Equal("user_not_found", Assert.Single(run.Lines).Json().Text("category"));
        Assert.Contains("line 1: longer than", run.Error);
    }

    [Fact]
    public async Task Should_number_the_lines_of_a_table()
    {
        var run = await InProcess.RunAsync(["judge", "--format", "table"], "user unknown\n\nmailbox full\n");

        Assert.Contains(run.Lines, l => l.TrimStart().StartsWith('3') && l.Contains("mailbox_full"));
    }
}
