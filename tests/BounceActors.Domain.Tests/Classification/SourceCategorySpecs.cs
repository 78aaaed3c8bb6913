using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Classification;

public class SourceCategorySpecs
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    [Fact]
    public void Should_use_the_sources_category_when_text_and_codes_say_nothing()
    {
        var verdict = Judge.Classify(A.Report("") with { Outcome = ReportOutcome.Bounce, SourceCategory = BounceCategory.MailboxFull, SourceClass = "xyzzy" });

        Assert.Equal(BounceCategory.MailboxFull, verdict.Category);
        Assert.Equal("class.mailbox_full", verdict.Rule);
        Assert.Equal(BounceClassifier.SourceCategoryConfidence, verdict.Confidence);
    }

    [Fact]
    public void Should_believe_the_text_more_than_the_sources_category()
    {
        var verdict = Judge.Classify(A.Report("452 4.2.2 mailbox full", 452, "4.2.2") with { SourceCategory = BounceCategory.UserNotFound });

        Assert.Equal(BounceCategory.MailboxFull, verdict.Category);
    }

    [Fact]
    public void Should_never_strike_for_the_echo_of_a_list_whatever_its_text_says()
    {
        var report = A.Report("550 5.1.1 user unknown", 550, "5.1.1");

        Assert.NotEqual(BounceCategory.SuppressedBySource, Judge.Classify(report).Category);
        var echo = Judge.Classify(report with { SourceCategory = BounceCategory.SuppressedBySource });

        Assert.Equal(BounceCategory.SuppressedBySource, echo.Category);
        Assert.Equal(RemediationAction.NoAction, echo.Action);
        Assert.Equal(StrikeWeight.None, Taxonomy.Of(echo.Category).Strike);
    }

    [Fact]
    public void Should_record_feedback_that_is_no_complaint()
    {
        var verdict = Judge.Classify(new BounceReport { Outcome = ReportOutcome.NotAReport, SourceCategory = BounceCategory.FeedbackOther });

        Assert.Equal(BounceCategory.FeedbackOther, verdict.Category);
        Assert.Equal(ReportOutcome.NotAReport, verdict.Outcome);
    }
}
