using System.Text;
using BounceActors.Sources.Mail;

namespace BounceActors.Sources.Tests.Mail;

public class MailFilesSpecs
{
    private const string Box = """
        From MAILER-DAEMON Tue Mar  3 10:00:00 2026
        Subject: one
        Content-Length: 99999

        From here on it is text, not a new message.

        >From the start he said so.
        >>From twice.

        From a@b.example  Wed Mar  4 11:00:00 2026
        Subject: two

        last

        """;

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Should_split_a_box_at_its_separators_only(string lineEnd)
    {
        var messages = Split(Box.ReplaceLineEndings(lineEnd));

        Assert.Equal(2, messages.Count);
        Assert.StartsWith("Subject: one", messages[0], StringComparison.Ordinal);
        Assert.Contains("From here on", messages[0], StringComparison.Ordinal);
        Assert.Contains($"{lineEnd}From the start", messages[0], StringComparison.Ordinal);
        Assert.Contains($"{lineEnd}>From twice", messages[0], StringComparison.Ordinal);
        Assert.StartsWith("Subject: two", messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Should_bound_messages_and_their_number()
    {
        var box = string.Concat(Enumerable.Repeat("From a Tue Mar  3 10:00:00 2026\nSubject: x\n\n" + new string('y', 1000) + "\n\n", 50));

        Assert.All(MailFiles.SplitMbox(Stream(box), maxMessageBytes: 100), m => Assert.True(m.Length <= 100));
        Assert.Equal(7, MailFiles.SplitMbox(Stream(box), maxMessages: 7).Count());
        Assert.Equal(50, MailFiles.SplitMbox(Stream(box)).Count());
    }

    [Fact]
    public void Should_survive_a_line_longer_than_any_buffer()
    {
        var box = "From a Tue Mar  3 10:00:00 2026\nSubject: x\n\n" + new string('z', 300_000) + "\nFrom b\n\nFrom c Tue Mar  3 10:00:00 2026\n\nend";

        var messages = Split(box);

        Assert.Equal(2, messages.Count);
        Assert.Equal(300_000, messages[0].Count(c => c == 'z'));
    }

    [Theory]
    [InlineData("From MAILER-DAEMON Tue Mar  3 10:00:00 2026\n", true)]
    [InlineData("\r\nFrom a@b.example Tue Mar  3 10:00 2026\r\n", true)]
    [InlineData("From: a@b.example\n", false)]
    [InlineData("From here to there\n", false)]
    [InlineData("", false)]
    public void Should_know_a_box_by_its_first_line(string start, bool isBox) =>
        Assert.Equal(isBox, MailFiles.LooksLikeMbox(Encoding.ASCII.GetBytes(start)));

    [Fact]
    public void Should_give_messages_the_reader_understands()
    {
        var box = string.Concat(SampleMails.Names.Where(n => !n.Contains("japan", StringComparison.Ordinal) && n != "mbox-line").Select(n =>
            "From x Tue Mar  3 10:00:00 2026\n" + Encoding.Latin1.GetString(SampleMails.Bytes(n)).Replace("\nFrom ", "\n>From ", StringComparison.Ordinal) + "\n\n"));
        var reader = new MailReader();

        var reports = MailFiles.SplitMbox(Stream(box)).SelectMany(m => reader.Read(m).Reports).Count();

        Assert.Equal(SampleMails.Expected.Count(e => !e.Mail.Contains("japan", StringComparison.Ordinal) && e.Mail != "mbox-line" && e.Layout.Length > 0), reports);
    }

    private static List<string> Split(string box) => [.. MailFiles.SplitMbox(Stream(box)).Select(m => Encoding.Latin1.GetString(m.Span))];

    private static MemoryStream Stream(string text) => new(Encoding.Latin1.GetBytes(text));
}
