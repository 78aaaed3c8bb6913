using System.Text.Json;

namespace BounceActors.Cli.Tests;

public sealed class ClassifySpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_print_the_documented_fields_in_their_order()
    {
        var path = _directory.Write("one.eml", SampleMails.Bounce("user@example.org"));

        var run = await InProcess.RunAsync(["classify", path]);

        var row = Assert.Single(run.Lines).Json();
        Assert.Equal(
            ["file", "index", "recipient", "outcome", "type", "category", "fault", "permanence", "action", "confidence", "rule", "smtpCode", "enhancedCode", "diagnostic", "sender", "messageId", "reportingMta", "remoteMta", "provider"],
            row.EnumerateObject().Select(f => f.Name));
        Assert.Equal(path, row.Text("file"));
        Assert.Equal(0, row.GetProperty("index").GetInt32());
        Assert.Equal("user@example.org", row.Text("recipient"));
        Assert.Equal("bounce", row.Text("outcome"));
        Assert.Equal("hard_bounce", row.Text("type"));
        Assert.Equal("user_not_found", row.Text("category"));
        Assert.Equal("remove_immediately", row.Text("action"));
        Assert.InRange(row.GetProperty("confidence").GetDouble(), 0.6, 1);
        Assert.Equal("550", row.Text("smtpCode"));
        Assert.Equal("5.1.1", row.Text("enhancedCode"));
        Assert.Equal("one@example.com", row.Text("messageId"));
        Assert.Equal("mx.example.net", row.Text("reportingMta"));
        Assert.Equal("mx.example.org", row.Text("remoteMta"));
    }

    [Fact]
    public async Task Should_print_one_line_with_empty_fields_for_a_mail_that_is_no_report()
    {
        var run = await InProcess.RunAsync(["classify", _directory.Write("letter.eml", SampleMails.Letter)]);

        var row = Assert.Single(run.Lines).Json();
        Assert.Equal("not_a_report", row.Text("outcome"));
        Assert.All(row.EnumerateObject().Where(f => f.Name is not ("file" or "index" or "outcome")), f => Assert.Equal("", f.Value.GetString()));
        Assert.Equal(ExitCode.Ok, run.ExitCode);
    }

    [Fact]
    public async Task Should_print_a_line_for_every_recipient()
    {
        var run = await InProcess.RunAsync(["classify", _directory.Write("two.eml", SampleMails.Bounce("a@example.org", "b@example.org"))]);

        Assert.Equal(["a@example.org", "b@example.org"], run.Lines.Select(l => l.Json().Text("recipient")));
    }

    [Fact]
    public async Task Should_read_directories_to_the_bottom_sorted_and_without_hidden_files()
    {
        _directory.Write("mails/b.eml", SampleMails.Letter);
        _directory.Write("mails/a/2.eml", SampleMails.Letter);
        _directory.Write("mails/a/1.eml", SampleMails.Letter);
        _directory.Write("mails/.index", SampleMails.Letter);

        var run = await InProcess.RunAsync(["classify", Path.Combine(_directory.Path, "mails")]);

        Assert.Equal(["1.eml", "2.eml", "b.eml"], run.Lines.Select(l => Path.GetFileName(l.Json().Text("file"))));
    }

    [Fact]
    public async Task Should_read_a_Maildir_without_its_unfinished_mails_and_indexes()
    {
        _directory.Write("Maildir/cur/1.host:2,S", SampleMails.Letter);
        _directory.Write("Maildir/new/2.host", SampleMails.Letter);
        _directory.Write("Maildir/tmp/3.host", SampleMails.Letter);
        _directory.Write("Maildir/dovecot-uidlist", "x");
        _directory.Write("Maildir/.Bounces/cur/4.host", SampleMails.Bounce("user@example.org"));
        _directory.Write("Maildir/.Bounces/new/5.host", SampleMails.Letter);

        var run = await InProcess.RunAsync(["classify", Path.Combine(_directory.Path, "Maildir")]);

        Assert.Equal(["4.host", "5.host", "1.host:2,S", "2.host"], run.Lines.Select(l => Path.GetFileName(l.Json().Text("file"))));
    }

    [Fact]
    public async Task Should_number_the_mails_of_a_mailbox()
    {
        var path = _directory.Write("box", SampleMails.Mbox(SampleMails.Letter, SampleMails.Bounce("a@example.org", "b@example.org"), SampleMails.Letter));

        var run = await InProcess.RunAsync(["classify", path]);

        Assert.Equal([(0, ""), (1, "a@example.org"), (1, "b@example.org"), (2, "")], run.Lines.Select(l => l.Json()).Select(r => (r.GetProperty("index").GetInt32(), r.Text("recipient"))));
    }

    [Fact]
    public async Task Should_take_a_single_mail_file_as_one_mail_though_it_quotes_a_mailbox()
    {
        var path = _directory.Write("one.eml", SampleMails.Mbox(SampleMails.Letter, SampleMails.Letter));

        var run = await InProcess.RunAsync(["classify", path]);

        Assert.Single(run.Lines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_read_a_mail_or_a_mailbox_from_stdin(bool mailbox)
    {
        var mail = SampleMails.Bounce("user@example.org");

        var run = await InProcess.RunAsync(["classify", "-"], mailbox ? SampleMails.Mbox(mail, mail) : mail);

        Assert.Equal(mailbox ? 2 : 1, run.Lines.Length);
        Assert.All(run.Lines, l => Assert.Equal(("-", "user@example.org"), (l.Json().Text("file"), l.Json().Text("recipient"))));
    }

    [Fact]
    public async Task Should_go_on_after_a_file_that_cannot_be_read()
    {
        var missing = Path.Combine(_directory.Path, "missing.eml");

        var run = await InProcess.RunAsync(["classify", missing, _directory.Write("letter.eml", SampleMails.Letter)]);

        Assert.Single(run.Lines);
        Assert.Equal($"bounce: cannot read {missing}: no such file or directory\n", run.Error);
        Assert.Equal(ExitCode.SomeFailed, run.ExitCode);
    }

    [Fact]
    public async Task Should_keep_the_order_of_many_mails_judged_at_the_same_time()
    {
        var path = _directory.Write("box", SampleMails.Mbox(Enumerable.Range(0, 500).Select(i => SampleMails.Bounce($"user{i}@example.org"))));

        var run = await InProcess.RunAsync(["classify", path]);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"user{i}@example.org"), run.Lines.Select(l => l.Json().Text("recipient")));
    }

    [Fact]
    public async Task Should_print_a_table_with_a_row_on_one_line()
    {
        var run = await InProcess.RunAsync(["classify", "--format", "table", _directory.Write("one.eml", SampleMails.Bounce("user@example.org"))]);

        Assert.Contains(run.Lines, l => l.Contains("user@example.org") && l.Contains("user_not_found") && l.Contains("remove_immediately"));
    }

    [Fact]
    public async Task Should_print_nothing_that_moves_the_cursor_of_a_terminal()
    {
        var path = _directory.Write("evil.eml", SampleMails.Bounce("user@example.org").Replace("user unknown", "user unknown \u001b]0;gotcha\u0007\u001b[2J"));

        foreach (var arguments in new string[][] { ["classify", "-f", "table", path], ["classify", path], ["explain", path] })
        {
            var run = await InProcess.RunAsync(arguments);
            Assert.Equal(ExitCode.Ok, run.ExitCode);
            Assert.DoesNotContain('\u001b', run.Output);
            Assert.DoesNotContain('\u0007', run.Output);
        }
    }

    [Theory]
    [InlineData("--format", "xml", "Must be one of")]
    [InlineData("--rules", "/nowhere", "cannot be used")]
    [InlineData("--colour", "red", "--colour")]
    public async Task Should_refuse_a_wrong_option_before_reading_anything(string option, string value, string message)
    {
        var run = await InProcess.RunAsync(["classify", _directory.Write("letter.eml", SampleMails.Letter), option, value]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public async Task Should_judge_by_the_rules_of_a_directory()
    {
        _directory.Write("rules/mine.yaml", """
            rules:
              - id: out_of_paper
                any: ["the fax is out of paper"]
                category: mailbox_full
                priority: 450
                confidence: 0.9
                examples: ["550 the fax is out of paper"]

            """);
        var mail = _directory.Write("one.eml", SampleMails.Bounce("user@example.org").Replace("550 5.1.1 <user@example.org>: user unknown", "550 the fax is out of paper").Replace("Status: 5.1.1", "Status: 5.0.0"));

        var run = await InProcess.RunAsync(["classify", "--rules", Path.Combine(_directory.Path, "rules"), mail]);

        Assert.Equal(("out_of_paper", "mailbox_full"), (Assert.Single(run.Lines).Json().Text("rule"), run.Lines[0].Json().Text("category")));
    }
}
