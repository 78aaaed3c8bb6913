namespace BounceActors.Cli.Tests;

/// <summary>What only the real program shows: bytes on its streams, exit codes, and what happens when a pipe closes.</summary>
public sealed class BounceProcessSpecs
{
    [Fact]
    public void Should_write_lines_and_nothing_else_to_stdout()
    {
        var run = BounceProcess.Run(["classify", "-"], SampleMails.Mbox(SampleMails.Bounce("jörg@example.org"), SampleMails.Letter).Bytes());

        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Error));
        Assert.DoesNotContain('\r', run.Output);
        Assert.DoesNotContain('\ufeff', run.Output);
        Assert.EndsWith("}\n", run.Output);
        Assert.Equal(2, run.Lines.Length);
        Assert.Contains("jörg@example.org", run.Lines[0]);
    }

    [Theory]
    [InlineData(ExitCode.Ok, "user unknown", "judge")]
    [InlineData(ExitCode.SomeFailed, "{", "judge")]
    [InlineData(ExitCode.SomeFailed, "", "classify", "/nowhere/at/all")]
    [InlineData(ExitCode.Usage, "", "classify")]
    [InlineData(ExitCode.Usage, "", "clasify", "x")]
    [InlineData(ExitCode.Usage, "")]
    [InlineData(ExitCode.Ok, "", "--help")]
    [InlineData(ExitCode.Ok, "", "--version")]
    public void Should_exit_with_the_documented_code(int exitCode, string input, params string[] arguments) =>
        Assert.Equal(exitCode, BounceProcess.Run(arguments, input.Bytes()).ExitCode);

    [Fact]
    public void Should_say_how_it_is_called()
    {
        var run = BounceProcess.Run(["--help"]);

        Assert.All(["classify", "judge", "explain", "rules", "--version"], word => Assert.Contains(word, run.Output));
    }

    [SkippableFact]
    public async Task Should_end_quietly_and_soon_when_nobody_reads_any_more()
    {
        Skip.If(OperatingSystem.IsWindows(), "a closed pipe is another matter there");
        var mail = SampleMails.Mbox(SampleMails.Bounce("user@example.org")).Bytes();
        using var process = BounceProcess.Start(["classify", "-"]);
        var error = process.StandardError.ReadToEndAsync();
        var written = 0L;

        process.StandardOutput.Close();
        var feeding = Task.Run(() =>
        {
            // Without end: only its own exit stops this.
            while (true)
            {
                process.StandardInput.BaseStream.Write(mail);
                written += mail.Length;
            }
        });
        BounceProcess.End(process);

        await Assert.ThrowsAsync<IOException>(() => feeding);
        Assert.True(written > 0);
        Assert.Equal((ExitCode.Ok, ""), (process.ExitCode, await error));
    }

    [SkippableFact]
    public void Should_show_progress_on_a_terminal_and_keep_it_out_of_the_output()
    {
        // util-linux; gives a program a terminal.
        Skip.IfNot(File.Exists("/usr/bin/script"), "there is no script(1) here");
        using var directory = new TemporaryDirectory();
        var mailbox = directory.Write("box", SampleMails.Mbox(Enumerable.Repeat(SampleMails.Bounce("user@example.org"), 200)));
        var output = Path.Combine(directory.Path, "out");
        var bounce = Path.Combine(AppContext.BaseDirectory, "bounce.dll");

        using var script = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/script", ["-qec", $"dotnet exec {bounce} classify {mailbox} > {output}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm" },
        })!;
        var terminal = script.StandardOutput.ReadToEnd();
        BounceProcess.End(script);

        Assert.Equal(0, script.ExitCode);
        Assert.Contains("reading", terminal);
        Assert.All(File.ReadAllLines(output), line => Assert.StartsWith("{\"file\"", line));
    }

    [Fact]
    public void Should_read_a_large_mailbox_in_bounded_memory()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "large");
        var mail = SampleMails.Mbox(SampleMails.Bounce("user@example.org").Replace("--b1--", new string('x', 76) + "\n" + string.Concat(Enumerable.Repeat(new string('y', 76) + "\n", 13_000)) + "--b1--")).Bytes();
        using (var file = File.Create(path))
        {
            for (var i = 0; i < 200; i++)
            {
                file.Write(mail);
            }
        }

        // 200 mails of 1 MB each, several times that once opened: 192 MB hold the rules and some of them, but never all.
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "bounce.dll"), "classify", path])
        {
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = "0xC000000" },
        })!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        BounceProcess.End(process);

        Assert.Equal((0, 200), (process.ExitCode, lines));
    }
}
