using System.Runtime.CompilerServices;
using System.Text;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli.Tests.Notices;

/// <summary>
/// Whole notices of many systems and languages without a status part, in our own words: from the mail to the verdict. The file was written before
/// reader and judge were asked (docs/quality.md has what they reached then).
/// </summary>
public sealed class NoticeSpecs
{
    private static readonly MailReader Reader = new();
    private static readonly BounceClassifier Judge = new(RuleSet.Default);
    private static readonly Dictionary<string, (string Category, byte[] Mail)> Notices = Read();

    public static TheoryData<string> Names => [.. Notices.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_find_the_recipient_and_say_what_happened(string name)
    {
        var (category, mail) = Notices[name];

        var report = Assert.Single(Reader.Read(mail).Reports);
        var verdict = Judge.Classify(report);

        Assert.Equal("anna@shop.example", report.Recipient?.Display);
        Assert.Equal(ReportOutcome.Bounce, verdict.Outcome);
        Assert.True(category == verdict.Category.ToWire(), $"{verdict.Category.ToWire()} instead of {category}, by {verdict.Rule}: {report.Diagnostic}");
    }

    private static Dictionary<string, (string Category, byte[] Mail)> Read([CallerFilePath] string here = "")
    {
        var notices = new Dictionary<string, (string Category, byte[] Mail)>();
        foreach (var notice in File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "notices.txt")).Split("=== ", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = notice.Split('\n', 2);
            var title = lines[0].Split('|', StringSplitOptions.TrimEntries);
            notices.Add(title[0], (title[1], Encoding.UTF8.GetBytes($"Return-Path: <>\nTo: news@sender.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n{lines[1]}")));
        }

        return notices;
    }
}
