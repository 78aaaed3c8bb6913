using System.Runtime.CompilerServices;
using System.Text;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli.Tests.Notices;

/// <summary>
/// Whole mails in our own words, from the mail to the verdict: notices of many systems and languages without a status part (notices.txt), and what
/// the mail systems of many providers write, with their structure (mails.txt). Both files were written before reader and judge were asked
/// (docs/quality.md has what they reached then).
/// </summary>
public sealed class NoticeSpecs
{
    private static readonly MailReader Reader = new();
    private static readonly BounceClassifier Judge = new(RuleSet.Default);
    private static readonly Dictionary<string, (string Outcome, string Category, string Recipient, byte[] Mail)> All = new(
        [
            .. Read("notices.txt").Select(n => KeyValuePair.Create(n.Title[0], ("bounce", n.Title[1], "anna@shop.example", Mail($"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n{n.Text}")))),
            .. Read("mails.txt").Select(n => KeyValuePair.Create(n.Title[0], (n.Title[1], n.Title[2], n.Title[3], Mail(n.Text)))),
        ]);

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_find_the_recipient_and_say_what_happened(string name)
    {
        var (outcome, category, recipient, mail) = All[name];

        var report = Assert.Single(Reader.Read(mail).Reports);
        var verdict = Judge.Classify(report);

        Assert.Equal(recipient, report.Recipient?.Display);
        Assert.Equal(outcome, verdict.Outcome.ToWire());
        Assert.True(category == verdict.Category.ToWire(), $"{verdict.Category.ToWire()} instead of {category}, by {verdict.Rule}: {report.Diagnostic}");
    }

    private static byte[] Mail(string text) => Encoding.UTF8.GetBytes($"Return-Path: <>\nTo: news@sender.example\n{text}");

    private static IEnumerable<(string[] Title, string Text)> Read(string file, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, file)).Split("=== ", StringSplitOptions.RemoveEmptyEntries)
            .Select(n => n.Split('\n', 2))
            .Select(n => (n[0].Split('|', StringSplitOptions.TrimEntries), n[1]));
}
