using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli.Tests.OrdinaryMail;

/// <summary>Ordinary mail is never taken for a report: every one of these would be a strike, a hold or an opt-out that nobody earned.</summary>
public sealed class OrdinaryMailSpecs
{
    private static readonly MailReader Reader = new();
    private static readonly BounceClassifier Classifier = new(RuleSet.Default);

    public static TheoryData<string, string> LettersInForms()
    {
        var data = new TheoryData<string, string>();
        foreach (var (letter, form) in from letter in Letters.All from form in MailForm.All.Keys select (letter.Name, form))
        {
            data.Add(letter, form);
        }

        return data;
    }

    public static TheoryData<string> Structured() => [.. StructuredMails.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(LettersInForms))]
    public void Should_not_take_a_letter_for_a_report(string name, string form) =>
        ExpectNoReport(SampleMails.Bytes(MailForm.All[form](Letters.All.Single(l => l.Name == name))));

    [Theory]
    [MemberData(nameof(Structured))]
    public void Should_not_take_what_reports_on_something_else_for_a_report(string name) =>
        ExpectNoReport(StructuredMails.All.Single(m => m.Name == name).Mail);

    [Fact]
    public void Should_be_many_kinds()
    {
        Assert.True(Letters.All.Count + StructuredMails.All.Count() >= 120);
        Assert.Equal(Letters.All.Count, Letters.All.DistinctBy(l => (l.Subject, l.Text)).Count());
    }

    private static void ExpectNoReport(byte[] mail)
    {
        var reading = Reader.Read(mail);
        var taken = reading.Reports
            .Select(report => (Report: report, Verdict: Classifier.Classify(report)))
            .Where(t => t.Verdict.Outcome != ReportOutcome.NotAReport)
            .Select(t => $"{t.Verdict.Outcome} {t.Verdict.Category} for {t.Report.Recipient?.Display} by {t.Report.Mail?.Layout}: {t.Report.Diagnostic}");
        Assert.True(!taken.Any(), $"{reading.Reason}: {string.Join("; ", taken)}");
    }
}
