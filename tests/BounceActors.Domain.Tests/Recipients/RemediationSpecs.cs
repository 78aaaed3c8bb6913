using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;

namespace BounceActors.Domain.Tests.Recipients;

public class RemediationSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    public static TheoryData<BounceCategory> Categories => [.. Enum.GetValues<BounceCategory>()];

    [Theory]
    [MemberData(nameof(Categories))]
    public void Should_do_what_the_verdict_says_and_nothing_else(BounceCategory category)
    {
        var recipient = new Recipient();

        var decision = recipient.Report(category).Decision();

        var action = Taxonomy.Of(category).DefaultAction;
        Assert.Equal(action, decision.Action);
        Assert.Equal(action == RemediationAction.RemoveImmediately, decision.Removed);
        Assert.Equal(action == RemediationAction.RetryWithDelay, decision.Retry is not null);
        Assert.Equal(action == RemediationAction.FlagForReview ? RecipientPolicy.ReviewPriority(category) : null, decision.ReviewPriority);
        Assert.Equal(SenderImpact.Of(category), decision.SenderImpact);
        Assert.Equal("guide", decision.Policy);
        Assert.Equal(action == RemediationAction.RemoveImmediately, recipient.Standing.Removed);
        Assert.Equal(
            category == BounceCategory.MailboxDisabled,
            recipient.Standing.Suppressions.Any(s => s.Level == SuppressionLevel.Listed));
    }

    [Fact]
    public void Should_deny_all_mail_to_a_removed_recipient_for_ever_whatever_the_level()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.UserNotFound);

        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon));
        Assert.Equal(SuppressionLevel.None, recipient.Standing.LevelAt(Noon.AddYears(1)));
        Assert.Equal(new SendVerdict(SendAdvice.Deny, SuppressionLevel.Removed, null, "user_not_found"), recipient.Standing.Check("any", Noon.AddYears(1)));
        Assert.Equal([report.EventId], recipient.Standing.Suppressions.Single(s => s.Level == SuppressionLevel.Removed).Causes);
    }

    [Fact]
    public void Should_stay_removed_after_a_delivery()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Deliver(Noon.AddDays(30));

        Assert.True(recipient.Standing.Removed);
    }

    [Fact]
    public void Should_say_of_one_report_only_that_it_removed_the_recipient()
    {
        var recipient = new Recipient();

        Assert.True(recipient.Report(BounceCategory.UserNotFound, Noon).Decision().Removed);
        Assert.False(recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(1)).Decision().Removed);
    }

    [Fact]
    public void Should_put_the_recipient_on_the_list_of_the_category_once()
    {
        var recipient = new Recipient();
        var first = recipient.Report(BounceCategory.MailboxDisabled, Noon);
        recipient.Report(BounceCategory.MailboxDisabled, Noon.AddHours(1));
        recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(2), action: RemediationAction.MoveToSuppression);

        var lists = recipient.Standing.Suppressions.Where(s => s.Level == SuppressionLevel.Listed).ToList();
        Assert.Equal(["suppression_content_filter", "suppression_mailbox_disabled"], lists.Select(s => s.Reason));
        Assert.Equal([first.EventId], lists[1].Causes);
        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check(null, Noon.AddYears(1)).Advice);
    }

    [Fact]
    public void Should_let_a_person_look_at_an_uncertain_verdict_beside_its_action()
    {
        var decision = new Recipient().Report(BounceCategory.ServerError, confidence: 0.5).Decision();

        Assert.Equal(RemediationAction.RetryWithDelay, decision.Action);
        Assert.Equal(60, decision.ReviewPriority);
    }

    [Fact]
    public void Should_not_list_a_recipient_on_an_uncertain_verdict()
    {
        var recipient = new Recipient();

        Assert.Equal(RemediationAction.FlagForReview, recipient.Report(BounceCategory.MailboxDisabled, confidence: 0.5).Decision().Action);
        Assert.Equal(RemediationAction.FlagForReview, recipient.Report(BounceCategory.Complaint, Noon.AddHours(1), confidence: 0.5).Decision().Action);
        Assert.DoesNotContain(recipient.Standing.Suppressions, s => s.Level >= SuppressionLevel.Listed);
    }

    [Fact]
    public void Should_deny_all_mail_after_a_complaint()
    {
        var recipient = new Recipient();
        var complaint = recipient.Report(BounceCategory.Complaint, stream: "marketing");

        Assert.Equal(SuppressionLevel.Complaint, recipient.Standing.LevelAt(Noon.AddYears(9)));
        Assert.Equal(new SendVerdict(SendAdvice.Deny, SuppressionLevel.Complaint, null, "complaint"), recipient.Standing.Check("transactional", Noon.AddYears(9)));
        Assert.Equal([complaint.EventId], Assert.Single(recipient.Standing.Suppressions).Causes);
    }

    [Fact]
    public void Should_deny_the_stream_a_recipient_opted_out_of_and_no_other()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UnsubscribeRequest, stream: "Marketing");

        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check("marketing", Noon).Advice);
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check("transactional", Noon).Advice);
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check(null, Noon).Advice);
        Assert.Equal(SuppressionLevel.None, recipient.Standing.LevelAt(Noon));
    }

    [Fact]
    public void Should_deny_every_stream_when_the_opt_out_names_none()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UnsubscribeRequest);

        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check("transactional", Noon).Advice);
        Assert.Equal(SuppressionLevel.Unsubscribed, recipient.Standing.LevelAt(Noon));
    }

    [Fact]
    public void Should_name_the_first_complaint_whichever_arrived_first()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.Complaint, Noon.AddHours(2), now: Noon.AddHours(9));
        var first = recipient.Report(BounceCategory.Complaint, Noon, now: Noon.AddHours(9));
        recipient.Report(BounceCategory.Complaint, Noon.AddHours(3), now: Noon.AddHours(9));

        var suppression = Assert.Single(recipient.Standing.Suppressions);
        Assert.Equal(Noon, suppression.Since);
        Assert.Equal([first.EventId], suppression.Causes);
    }

    [Fact]
    public void Should_remember_the_last_sign_of_life_and_change_nothing_else()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.Unknown, Noon.AddHours(1), outcome: ReportOutcome.Engagement, action: RemediationAction.NoAction);
        recipient.Report(BounceCategory.Unknown, Noon, outcome: ReportOutcome.Engagement, action: RemediationAction.NoAction, now: Noon.AddHours(2));

        Assert.Equal(Noon.AddHours(1), recipient.State.LastEngagementAt);
        Assert.Equal(Recipient.Text(Standing.Clean), Recipient.Text(recipient.Standing));
    }
}
