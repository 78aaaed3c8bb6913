using BounceActors.Domain;
using BounceActors.Sources.Mail;

namespace BounceActors.Sources.Tests.Mail;

public class SampleMailSpecs
{
    public static TheoryData<string> Names => [.. SampleMails.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_report_what_the_mail_says_and_nothing_else(string name)
    {
        var expected = SampleMails.Expected.Where(e => e.Mail == name).ToList();
        Assert.NotEmpty(expected);

        var reading = new MailReader().Read(SampleMails.Bytes(name));

        var found = reading.Reports
            .Select(r => new ExpectedReport(name, r.Recipient?.Display ?? "", $"{r.SmtpCode}", $"{r.EnhancedCode}", r.Outcome?.ToWire() ?? "", r.Mail!.Layout))
            .ToList();
        Assert.Equal(expected is [{ Outcome: "not_a_report", Layout: "" }] ? [] : expected, found);
        Assert.NotEmpty(reading.Reason);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_read_the_same_from_a_stream_and_with_other_line_ends(string name)
    {
        var bytes = SampleMails.Bytes(name);
        var reader = new MailReader();
        var expected = reader.Read(bytes).Reports.Select(r => (r.Recipient, r.SmtpCode, r.EnhancedCode, r.Outcome)).ToList();

        var streamed = reader.Read(new MemoryStream(bytes));
        Assert.Equal(expected, streamed.Reports.Select(r => (r.Recipient, r.SmtpCode, r.EnhancedCode, r.Outcome)));

        // Escape sequences of ISO-2022-JP hold no line ends, so bytes can be changed one by one
        var carriageReturns = bytes.Where(b => b != '\r').Select(b => b == '\n' ? (byte)'\r' : b).ToArray();
        Assert.Equal(expected, reader.Read(carriageReturns).Reports.Select(r => (r.Recipient, r.SmtpCode, r.EnhancedCode, r.Outcome)));
    }

    [Fact]
    public void Should_never_take_a_diagnostic_from_the_body_of_the_original()
    {
        foreach (var name in SampleMails.Names)
        {
            Assert.All(new MailReader().Read(SampleMails.Bytes(name)).Reports, r => Assert.DoesNotContain("must not be read", r.Diagnostic, StringComparison.Ordinal));
        }
    }
}
