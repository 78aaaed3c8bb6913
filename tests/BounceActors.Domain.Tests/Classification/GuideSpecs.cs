using System.Text.RegularExpressions;
using BounceActors.Domain.Classification;
using CsCheck;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>The guide's classifier, literally: patterns, order, confidences and fallback of guide.md.</summary>
public class GuideSpecs
{
    private static readonly int?[] Codes = [null, 421, 450, 550, 554];

    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    [Theory]
    [InlineData("550 5.1.1 User unknown in virtual mailbox table", 550, "5.1.1", "user_not_found", "remove_immediately", 0.95)]
    [InlineData("452 4.2.2 Mailbox full", 452, "4.2.2", "mailbox_full", "retry_with_delay", 0.90)]
    [InlineData("550 5.7.1 Sender blocked due to poor reputation", 550, "5.7.1", "reputation_block", "update_reputation", 0.88)]
    public void Should_judge_the_guides_demonstration_as_the_guide_does(string text, int smtp, string enhanced, string category, string action, double confidence)
    {
        var verdict = Judge.Classify(A.Report(text, smtp, enhanced));

        Assert.Equal((category, action, confidence), (verdict.Category.ToWire(), verdict.Action.ToWire(), verdict.Confidence));
    }

    [Theory]
    [InlineData("550 5.1.1 User unknown", "user_not_found", 0.95)]
    [InlineData("550 No such user", "user_not_found", 0.95)]
    [InlineData("550 Host unknown", "domain_not_found", 0.98)]
    [InlineData("550 Domain not found", "domain_not_found", 0.98)]
    [InlineData("550 Invalid address format", "invalid_address", 0.97)]
    [InlineData("452 Mailbox full", "mailbox_full", 0.90)]
    [InlineData("552 Quota exceeded", "mailbox_full", 0.90)]
    [InlineData("451 Server error", "server_error", 0.85)]
    [InlineData("421 Service unavailable", "server_error", 0.85)]
    [InlineData("421 Rate limited", "rate_limiting", 0.92)]
    [InlineData("451 Too many connections", "rate_limiting", 0.92)]
    [InlineData("550 Sender blocked due to reputation", "reputation_block", 0.88)]
    [InlineData("550 Message filtered as spam", "spam_filter", 0.85)]
    [InlineData("Auto-reply: Out of office", "vacation_reply", 0.95)]
    public void Should_judge_every_example_of_the_guide_as_the_guide_says_with_all_rules_loaded(string text, string category, double confidence)
    {
        var verdict = Judge.Classify(A.Report(text));

        Assert.Equal((category, confidence), (verdict.Category.ToWire(), verdict.Confidence));
    }

    [Theory]
    [InlineData("something nobody ever said", 550, "unknown", "flag_for_review", 0.5)]
    [InlineData("", 554, "unknown", "flag_for_review", 0.5)]
    [InlineData("something nobody ever said", 451, "server_error", "retry_with_delay", 0.6)]
    [InlineData("", 450, "server_error", "retry_with_delay", 0.6)]
    [InlineData("something nobody ever said", null, "unknown", "flag_for_review", 0.3)]
    [InlineData("", null, "unknown", "flag_for_review", 0.3)]
    public void Should_fall_back_on_the_first_digit_with_the_guides_numbers(string text, int? smtp, string category, string action, double confidence)
    {
        var verdict = Judge.Classify(A.Report(text, smtp));

        Assert.Equal((category, action, confidence), (verdict.Category.ToWire(), verdict.Action.ToWire(), verdict.Confidence));
    }

    [Fact]
    public void Should_decide_as_the_guides_own_loop_does_when_only_the_guides_patterns_are_loaded()
    {
        var guide = RuleSet.Parse(RuleSet.EmbeddedFiles().Where(f => f.Name == "guide.yaml"));
        var judge = new BounceClassifier(guide);
        var words = "user unknown no such invalid recipient domain not found name resolved host address malformed bad mailbox full quota exceed disk storage limit server error internal temporary failure service unavailable rate too many connection throttled slow down reputation blacklist blocked sender poor spam detected content rejected message filtered the is for please"
            .Split(' ');

        Gen.Select(Gen.Int[0, words.Length - 1].Select(i => words[i]).Array[0, 9], Gen.Int[0, 4].Select(i => Codes[i])).Sample(
            (picked, smtp) =>
            {
                var text = string.Join(' ', picked);
                var (category, action, _) = GuidesLoop(guide, text, smtp);
                var verdict = judge.Classify(A.Report(text, smtp));
                return (verdict.Category, verdict.Action) == (category, action);
            },
            iter: 5_000);
    }

    private static (BounceCategory Category, RemediationAction Action, double Confidence) GuidesLoop(RuleSet guide, string text, int? smtp)
    {
        foreach (var rule in guide.Rules.OrderByDescending(r => r.Priority))
        {
            if (Regex.IsMatch($"{text} {smtp}".ToLowerInvariant(), rule.Pattern!))
            {
                return (rule.Category, rule.Action!.Value, rule.Confidence);
            }
        }

        return (smtp / 100) switch
        {
            5 => (BounceCategory.Unknown, RemediationAction.FlagForReview, 0.5),
            4 => (BounceCategory.ServerError, RemediationAction.RetryWithDelay, 0.6),
            _ => (BounceCategory.Unknown, RemediationAction.FlagForReview, 0.3),
        };
    }
}
