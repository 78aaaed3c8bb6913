namespace BounceActors.Sources.Tests.Mail;

/// <summary>The hand-written mails in TestData and what expected.tsv says of each.</summary>
public static class SampleMails
{
    private static readonly string Directory = Path.Combine(AppContext.BaseDirectory, "Mail", "TestData");

    public static IReadOnlyList<string> Names { get; } = [.. System.IO.Directory.GetFiles(Directory, "*.eml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<ExpectedReport> Expected { get; } = [.. File.ReadLines(Path.Combine(Directory, "expected.tsv")).Skip(1).Select(ExpectedReport.Parse)];

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Directory, name + ".eml"));
}

/// <summary>One line of expected.tsv: what a mail reports on one recipient.</summary>
public sealed record ExpectedReport(string Mail, string Recipient, string SmtpCode, string EnhancedCode, string Outcome, string Layout)
{
    public static ExpectedReport Parse(string line)
    {
        var cells = line.Split('\t');
        return new ExpectedReport(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]);
    }
}
