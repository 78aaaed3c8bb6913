using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;

namespace BounceActors.Domain.Tests.Recipients;

/// <summary>What people do by hand: suppress, lift, review.</summary>
public class OperatorSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    public static TheoryData<SuppressionLevel> ByHand =>
        [SuppressionLevel.Complaint, SuppressionLevel.Unsubscribed, SuppressionLevel.Manual, SuppressionLevel.Legal];

    public static TheoryData<SuppressionLevel> NotByHand =>
        [.. Enum.GetValues<SuppressionLevel>().Except([SuppressionLevel.Complaint, SuppressionLevel.Unsubscribed, SuppressionLevel.Manual, SuppressionLevel.Legal])];

    [Theory]
    [MemberData(nameof(ByHand))]
    public void Should_deny_mail_at_every_level_that_is_set_by_hand(SuppressionLevel level)
    {
        var recipient = new Recipient();

        var decided = recipient.Suppress(level);

        Assert.Equal(SuppressionLevel.None, decided.LevelBefore);
        Assert.Equal(level, recipient.Standing.LevelAt(Noon.AddYears(1)));
        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check("any", Noon.AddYears(1)).Advice);
        var suppression = Assert.Single(recipient.Standing.Suppressions);
        Assert.Equal("anna", suppression.Actor);
        Assert.Equal("asked by phone", suppression.Reason);
        Assert.Equal(Noon, suppression.Since);
    }

    [Theory]
    [MemberData(nameof(NotByHand))]
    public void Should_refuse_to_set_what_only_bounces_lead_to(SuppressionLevel level) =>
        Assert.Equal(
            $"{level.ToWire()} cannot be set by hand (Parameter 'command')",
            Assert.Throws<ArgumentException>(() => new Recipient().Suppress(level)).Message);

    [Fact]
    public void Should_end_a_suppression_at_its_time()
    {
        var recipient = new Recipient();
        recipient.Suppress(SuppressionLevel.Manual, until: Noon.AddDays(1));

        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check(null, Noon.AddDays(1).AddTicks(-1)).Advice);
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check(null, Noon.AddDays(1)).Advice);
    }

    [Fact]
    public void Should_limit_a_suppression_to_its_stream()
    {
        var recipient = new Recipient();
        recipient.Suppress(SuppressionLevel.Manual, stream: "marketing");

        Assert.Equal(SendAdvice.Deny, recipient.Standing.Check("marketing", Noon).Advice);
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check("transactional", Noon).Advice);
    }

    [Fact]
    public void Should_answer_with_the_strongest_of_several_suppressions()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound);
        recipient.Suppress(SuppressionLevel.Legal);
        recipient.Suppress(SuppressionLevel.Manual);

        Assert.Equal(SuppressionLevel.Legal, recipient.Standing.Check(null, Noon).Level);
        Assert.Equal(
            [SuppressionLevel.Legal, SuppressionLevel.Manual, SuppressionLevel.Removed, SuppressionLevel.TemporarilySuppressed],
            recipient.Standing.Suppressions.Select(s => s.Level));
    }

    [Fact]
    public void Should_change_nothing_when_the_same_suppression_is_set_again()
    {
        var recipient = new Recipient();
        recipient.Suppress(SuppressionLevel.Manual);

        Assert.Null(recipient.Suppress(SuppressionLevel.Manual, Noon.AddDays(1)).Event);
        Assert.NotNull(recipient.Suppress(SuppressionLevel.Manual, Noon.AddDays(2), reason: "asked again").Event);
        Assert.Equal("asked again", Assert.Single(recipient.Standing.Suppressions).Reason);
    }

    [Fact]
    public void Should_not_lose_a_complaint_to_what_an_operator_set_for_a_while()
    {
        var recipient = new Recipient();
        recipient.Suppress(SuppressionLevel.Complaint, until: Noon.AddDays(1));
        recipient.Report(BounceCategory.Complaint, Noon.AddHours(1));

        Assert.Equal(SuppressionLevel.Complaint, recipient.Standing.LevelAt(Noon.AddDays(2)));
    }

    [Fact]
    public void Should_requalify_a_recipient_when_its_suppressions_are_lifted()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.MailboxDisabled, Noon.AddHours(1));
        recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(2));

        var decided = recipient.Lift(Noon.AddHours(3));

        Assert.Equal(
            [SuppressionLevel.Removed, SuppressionLevel.Listed, SuppressionLevel.HardSuppressed],
            Assert.IsType<RecipientEvents.SuppressionLifted>(decided.Event).Levels);
        Assert.Equal(SuppressionLevel.HardSuppressed, decided.LevelBefore);
        Assert.Equal(Recipient.Text(Standing.Clean), Recipient.Text(recipient.Standing));
    }

    [Fact]
    public void Should_keep_the_time_of_the_last_delivery_when_a_recipient_is_requalified()
    {
        var recipient = new Recipient();
        recipient.Deliver(Noon);
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(1));
        recipient.Lift(Noon.AddHours(2));

        Assert.Equal(Noon, recipient.Standing.LastDeliveryAt);
    }

    [Fact]
    public void Should_count_from_the_beginning_after_a_requalification()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.ContentFilter, Noon, "m1");
        recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(1));
        recipient.Lift(Noon.AddHours(2));
        recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(3), "m1");

        Assert.Equal(1, recipient.Standing.BounceCount);
        Assert.Equal(99, recipient.Standing.Score);
        Assert.NotEmpty(Assert.Single(recipient.Standing.Suppressions).Causes);
    }

    [Fact]
    public void Should_not_count_what_happened_before_a_requalification_and_arrives_after_it()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Lift(Noon.AddHours(2));

        var late = recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(1), now: Noon.AddHours(3));

        Assert.False(late.Decision().Removed);
        Assert.Equal(0, recipient.Standing.BounceCount);
        Assert.Equal(SuppressionLevel.None, recipient.Standing.LevelAt(Noon.AddHours(3)));
    }

    [Fact]
    public void Should_not_count_what_happened_in_the_moment_of_a_requalification()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Lift(Noon);

        Assert.Equal(Recipient.Text(Standing.Clean), Recipient.Text(recipient.Standing));
    }

    [Fact]
    public void Should_keep_no_address_an_operator_writes_into_a_reason()
    {
        var recipient = new Recipient();

        var suppressed = recipient.Suppress(SuppressionLevel.Manual, reason: "jane@example.com called");

        Assert.Equal("<address> called", Assert.IsType<RecipientEvents.SuppressionAdded>(suppressed.Event).Suppression.Reason);
        Assert.Null(recipient.Suppress(SuppressionLevel.Manual, Noon.AddHours(1), reason: "jane@example.com called").Event);
    }

    [Fact]
    public void Should_never_lift_complaint_opt_out_manual_and_legal_unless_they_are_named()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.Complaint, Noon);
        recipient.Report(BounceCategory.UnsubscribeRequest, Noon);
        recipient.Suppress(SuppressionLevel.Manual);
        recipient.Suppress(SuppressionLevel.Legal);

        recipient.Lift(Noon.AddHours(1));
        Assert.Equal(
            [SuppressionLevel.Legal, SuppressionLevel.Manual, SuppressionLevel.Unsubscribed, SuppressionLevel.Complaint],
            recipient.Standing.Suppressions.Select(s => s.Level));
        Assert.Null(recipient.Lift(Noon.AddHours(2)).Event);

        recipient.Lift(Noon.AddHours(3), SuppressionLevel.Complaint, SuppressionLevel.Manual);
        Assert.Equal([SuppressionLevel.Legal, SuppressionLevel.Unsubscribed], recipient.Standing.Suppressions.Select(s => s.Level));

        recipient.Lift(Noon.AddHours(4), SuppressionLevel.Legal, SuppressionLevel.Unsubscribed);
        Assert.Empty(recipient.Standing.Suppressions);
    }

    [Fact]
    public void Should_not_requalify_a_recipient_when_only_a_complaint_is_lifted()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.Complaint, Noon);
        recipient.Lift(Noon.AddHours(1), SuppressionLevel.Complaint);

        Assert.True(recipient.Standing.Removed);
        Assert.Equal(1, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_lift_all_that_bounces_led_to_when_one_of_it_is_named_and_say_so()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);

        var lifted = Assert.IsType<RecipientEvents.SuppressionLifted>(recipient.Lift(Noon.AddHours(1), SuppressionLevel.TemporarilySuppressed).Event);

        Assert.Equal([SuppressionLevel.Removed, SuppressionLevel.TemporarilySuppressed], lifted.Levels);
        Assert.Empty(recipient.Standing.Suppressions);
    }

    [Fact]
    public void Should_change_nothing_when_there_is_nothing_to_lift()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);

        Assert.Null(new Recipient().Lift(Noon).Event);
        Assert.Null(recipient.Lift(Noon, SuppressionLevel.Manual).Event);
        Assert.True(recipient.Standing.Removed);
    }

    [Fact]
    public void Should_change_nothing_when_a_command_is_repeated()
    {
        var recipient = new Recipient();
        var (add, lift, review) = (recipient.NewId(), recipient.NewId(), recipient.NewId());
        recipient.Suppress(SuppressionLevel.Manual, id: add);
        recipient.Lift(lift, Noon.AddHours(1), SuppressionLevel.Manual);
        var report = recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2)).Recorded();
        recipient.Review(report, BounceCategory.MailboxFull, Noon.AddHours(3), review);
        recipient.Suppress(SuppressionLevel.Manual, Noon.AddHours(4));
        var before = Recipient.Text(recipient.State);

        Assert.Null(recipient.Suppress(SuppressionLevel.Manual, Noon.AddHours(5), id: add).Event);
        Assert.Null(recipient.Lift(lift, Noon.AddHours(5), SuppressionLevel.Manual).Event);
        Assert.Null(recipient.Review(report, BounceCategory.MailboxFull, Noon.AddHours(5), review).Event);
        Assert.Equal(before, Recipient.Text(recipient.State));
    }

    [Fact]
    public void Should_undo_what_a_wrong_category_did_when_it_is_corrected()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.UserNotFound, Noon).Recorded();
        Assert.True(recipient.Standing.Removed);

        recipient.Review(report, BounceCategory.MailboxFull, Noon.AddHours(1));

        Assert.False(recipient.Standing.Removed);
        Assert.Equal(0, recipient.Standing.Consecutive);
        Assert.Equal(1, recipient.Standing.BounceCount);
        Assert.Equal(99, recipient.Standing.Score);
        Assert.Equal(Noon, recipient.Standing.LastBounceAt);
    }

    [Fact]
    public void Should_do_what_the_right_category_asks_when_it_is_corrected()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.Unknown, Noon, confidence: 0.5).Recorded();

        recipient.Review(report, BounceCategory.UserNotFound, Noon.AddHours(1));

        Assert.True(recipient.Standing.Removed);
        Assert.Equal(1, recipient.Standing.Consecutive);
        Assert.Equal([report.EventId], recipient.Standing.Suppressions[0].Causes);
    }

    [Fact]
    public void Should_believe_an_uncertain_category_that_a_person_confirms()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.UserNotFound, Noon, confidence: 0.5).Recorded();

        recipient.Review(report, BounceCategory.UserNotFound, Noon.AddHours(1));

        Assert.True(recipient.Standing.Removed);
        Assert.Equal(1, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_take_back_a_strike_that_was_none()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.MailboxFull, Noon).Recorded();

        recipient.Review(report, BounceCategory.VacationReply, Noon.AddHours(1));

        Assert.Equal(Recipient.Text(Standing.Clean), Recipient.Text(recipient.Standing));
    }

    [Fact]
    public void Should_count_a_report_that_turns_out_to_be_a_bounce()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.VacationReply, Noon).Recorded();

        recipient.Review(report, BounceCategory.MailboxFull, Noon.AddHours(1));

        Assert.Equal(1, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_set_and_take_back_a_complaint_by_review()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.FeedbackOther, Noon).Recorded();

        recipient.Review(report, BounceCategory.Complaint, Noon.AddHours(1));
        Assert.Equal(SuppressionLevel.Complaint, recipient.Standing.LevelAt(Noon.AddHours(1)));

        recipient.Review(report, BounceCategory.FeedbackOther, Noon.AddHours(2));
        Assert.Empty(recipient.Standing.Suppressions);
    }

    [Fact]
    public void Should_let_the_last_word_stand_when_a_report_is_reviewed_twice()
    {
        var recipient = new Recipient();
        var report = recipient.Report(BounceCategory.Unknown, Noon).Recorded();
        recipient.Review(report, BounceCategory.UserNotFound, Noon.AddHours(1));
        recipient.Review(report, BounceCategory.SpamFilter, Noon.AddHours(2));

        Assert.False(recipient.Standing.Removed);
        Assert.Equal(85, recipient.Standing.Score);
    }

    [Fact]
    public void Should_leave_as_it_is_what_is_too_old_to_be_told_apart()
    {
        var recipient = new Recipient();
        var old = recipient.Report(BounceCategory.MailboxFull, Noon).Recorded();
        for (var n = 1; n <= History.MaxEntries; n++)
        {
            recipient.Report(BounceCategory.MailboxFull, Noon.AddMinutes(n));
        }

        recipient.Review(old, BounceCategory.ContentFilter, Noon.AddDays(1));

        Assert.Equal(History.MaxEntries + 1, recipient.Standing.BounceCount);
    }
}
