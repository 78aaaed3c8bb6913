using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Recipients;

public class HistorySpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    /// <summary>Categories whose reports are bounces that count in the guide's profile.</summary>
    public static TheoryData<BounceCategory> Counted =>
        [.. Taxonomy.All.Where(r => r.Outcome == ReportOutcome.Bounce && r.Category != BounceCategory.SuppressedBySource).Select(r => r.Category)];

    /// <summary>All other categories.</summary>
    public static TheoryData<BounceCategory> NotCounted =>
        [.. Taxonomy.All.Where(r => r.Outcome != ReportOutcome.Bounce || r.Category == BounceCategory.SuppressedBySource).Select(r => r.Category)];

    [Fact]
    public void Should_begin_with_a_hundred_points_and_nothing_counted()
    {
        Assert.Equal(Recipient.Text(Standing.Clean), Recipient.Text(new Recipient().Standing));
        Assert.Equal(100, Standing.Clean.Score);
    }

    [Theory]
    [MemberData(nameof(Counted))]
    public void Should_count_every_bounce_with_its_type_its_time_and_its_penalty(BounceCategory category)
    {
        var recipient = new Recipient();

        var decided = recipient.Report(category);

        Assert.Null(decided.Decision().NotCountedBecause);
        Assert.Equal(1, recipient.Standing.BounceCount);
        Assert.Equal(1, recipient.Standing.Types[Taxonomy.Of(category).Type!.Value]);
        Assert.Equal(Noon, recipient.Standing.LastBounceAt);
        Assert.Equal(100 - RecipientPolicy.Penalty(category), recipient.Standing.Score);
        Assert.Equal(Taxonomy.Of(category).Type is BounceType.HardBounce or BounceType.BlockBounce ? 1 : 0, recipient.Standing.Consecutive);
    }

    [Theory]
    [MemberData(nameof(NotCounted))]
    public void Should_record_but_never_count_what_is_no_bounce(BounceCategory category)
    {
        var recipient = new Recipient();

        var decided = recipient.Report(category);

        Assert.NotNull(decided.Event);
        Assert.NotNull(decided.Decision().NotCountedBecause);
        AssertUncounted(recipient.Standing);
    }

    [Theory]
    [InlineData(ReportOutcome.Delay)]
    [InlineData(ReportOutcome.Delivered)]
    [InlineData(ReportOutcome.AutoReply)]
    [InlineData(ReportOutcome.Challenge)]
    [InlineData(ReportOutcome.Engagement)]
    [InlineData(ReportOutcome.NotAReport)]
    public void Should_not_count_a_harsh_text_in_a_report_that_is_no_bounce(ReportOutcome outcome)
    {
        var recipient = new Recipient();

        var decided = recipient.Report(BounceCategory.UserNotFound, outcome: outcome, action: RemediationAction.NoAction);

        Assert.Equal($"outcome_{outcome.ToWire()}", decided.Decision().NotCountedBecause);
        AssertUncounted(recipient.Standing);
    }

    [Theory]
    [InlineData(BounceCategory.SuppressedBySource)]
    [InlineData(BounceCategory.VacationReply)]
    [InlineData(BounceCategory.ChallengeRequest)]
    [InlineData(BounceCategory.DeliveryDelay)]
    public void Should_not_count_an_echo_an_auto_reply_a_challenge_or_a_delay_that_a_source_files_as_a_bounce(BounceCategory category)
    {
        var recipient = new Recipient();

        var decided = recipient.Report(category, outcome: ReportOutcome.Bounce);

        Assert.Equal($"category_{category.ToWire()}", decided.Decision().NotCountedBecause);
        AssertUncounted(recipient.Standing);
    }

    [Fact]
    public void Should_count_hard_and_block_bounces_in_a_row()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.SpamFilter, Noon.AddHours(1));

        Assert.Equal(2, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_leave_the_row_alone_at_a_soft_bounce()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(1));
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2));

        Assert.Equal(2, recipient.Standing.Consecutive);
        Assert.Equal(3, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_end_the_row_at_a_soft_bounce_when_set_so()
    {
        var recipient = new Recipient(new RecipientPolicy { ResetConsecutiveOnSoft = true });
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(1));
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2));

        Assert.Equal(1, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_end_the_row_at_a_delivery_and_keep_all_other_counts()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(1));
        recipient.Deliver(Noon.AddHours(2));

        Assert.Equal(0, recipient.Standing.Consecutive);
        Assert.Equal(2, recipient.Standing.BounceCount);
        Assert.Equal(84, recipient.Standing.Score);
        Assert.Equal(Noon.AddHours(1), recipient.Standing.LastBounceAt);
        Assert.Equal(Noon.AddHours(2), recipient.Standing.LastDeliveryAt);
    }

    [Fact]
    public void Should_put_a_late_delivery_where_it_belongs()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2));

        var late = recipient.Deliver(Noon.AddHours(1), now: Noon.AddHours(3));

        Assert.True(late.Decision().Late);
        Assert.Equal(1, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_put_a_bounce_after_a_delivery_of_the_same_second()
    {
        foreach (var bounceFirst in new[] { true, false })
        {
            var recipient = new Recipient();
            Action[] both = [() => recipient.Report(BounceCategory.UserNotFound, Noon), () => recipient.Deliver(Noon)];
            foreach (var tell in bounceFirst ? both : both.Reverse())
            {
                tell();
            }

            Assert.Equal(1, recipient.Standing.Consecutive);
        }
    }

    [Fact]
    public void Should_take_a_report_from_the_future_as_of_now()
    {
        var recipient = new Recipient();

        var decided = recipient.Report(BounceCategory.MailboxFull, Noon.AddYears(1), now: Noon);

        Assert.Equal(Noon, decided.Recorded().OccurredAt);
        Assert.Equal(Noon, recipient.Standing.LastBounceAt);
        Assert.False(decided.Decision().Late);
    }

    [Fact]
    public void Should_cost_one_strike_however_many_reports_tell_of_one_message()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.ServerError, Noon, "m1");
        recipient.Report(BounceCategory.MailboxFull, Noon.AddMinutes(1), "m1");
        recipient.Report(BounceCategory.UserNotFound, Noon.AddMinutes(2), "m1");

        Assert.Equal(1, recipient.Standing.BounceCount);
        Assert.Equal(1, recipient.Standing.Consecutive);
        Assert.Equal(92, recipient.Standing.Score);
        Assert.Equal(1, recipient.Standing.Types[BounceType.HardBounce]);
        Assert.False(recipient.Standing.Types.ContainsKey(BounceType.SoftBounce));
        Assert.Equal(Noon.AddMinutes(2), recipient.Standing.LastBounceAt);
    }

    [Fact]
    public void Should_let_a_sure_hard_bounce_of_a_message_outweigh_an_unsure_block_whatever_its_penalty()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.SpamFilter, Noon, "m1", confidence: 0.5);
        recipient.Report(BounceCategory.UserNotFound, Noon.AddMinutes(1), "m1");

        Assert.Equal(1, recipient.Standing.Consecutive);
        Assert.Equal(92, recipient.Standing.Score);
    }

    [Fact]
    public void Should_let_the_score_fall_to_zero_and_no_further()
    {
        var recipient = new Recipient();
        for (var n = 0; n < 6; n++)
        {
            recipient.Report(BounceCategory.ReputationBlock, Noon.AddHours(n));
        }

        Assert.Equal(0, recipient.Standing.Score);
    }

    [Fact]
    public void Should_count_an_uncertain_verdict_as_a_soft_bounce_that_never_removes_nor_raises_the_row()
    {
        var recipient = new Recipient();

        var decision = recipient.Report(BounceCategory.UserNotFound, confidence: 0.59).Decision();

        Assert.Null(decision.NotCountedBecause);
        Assert.Equal(RemediationAction.FlagForReview, decision.Action);
        Assert.Equal(50, decision.ReviewPriority);
        Assert.False(decision.Removed);
        Assert.Equal(1, recipient.Standing.BounceCount);
        Assert.Equal(1, recipient.Standing.Types[BounceType.SoftBounce]);
        Assert.Equal(0, recipient.Standing.Consecutive);
        Assert.Equal(92, recipient.Standing.Score);
    }

    [Fact]
    public void Should_believe_a_verdict_from_a_confidence_of_six_tenths()
    {
        var recipient = new Recipient();

        Assert.True(recipient.Report(BounceCategory.UserNotFound, confidence: 0.6).Decision().Removed);
        Assert.Equal(1, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_not_count_uncertain_verdicts_when_set_so()
    {
        var recipient = new Recipient(new RecipientPolicy { CountUncertain = false });

        var decided = recipient.Report(BounceCategory.Unknown, confidence: 0.3);

        Assert.Equal("uncertain", decided.Decision().NotCountedBecause);
        Assert.Equal(50, decided.Decision().ReviewPriority);
        AssertUncounted(recipient.Standing);
    }

    [Theory]
    [InlineData(BounceCategory.ReputationBlock, true)]
    [InlineData(BounceCategory.PolicyRejection, true)]
    [InlineData(BounceCategory.AuthenticationFailure, true)]
    [InlineData(BounceCategory.SenderRejected, true)]
    [InlineData(BounceCategory.RelayDenied, true)]
    [InlineData(BounceCategory.SpamFilter, false)]
    [InlineData(BounceCategory.UserNotFound, false)]
    [InlineData(BounceCategory.MailboxFull, false)]
    public void Should_leave_blocks_to_the_sender_when_set_so(BounceCategory category, bool left)
    {
        var recipient = new Recipient(new RecipientPolicy { CountSenderFaultBlocks = false });

        var decided = recipient.Report(category);

        Assert.Equal(left ? "sender_fault" : null, decided.Decision().NotCountedBecause);
        Assert.Equal(left ? 0 : 1, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_count_bounces_too_close_together_once_when_set_so()
    {
        var recipient = new Recipient(new RecipientPolicy { MinStrikeSpacing = TimeSpan.FromHours(24) });
        recipient.Report(BounceCategory.UserNotFound, Noon);
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(24).AddTicks(-1));
        Assert.Equal(1, recipient.Standing.BounceCount);

        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(24));
        Assert.Equal(2, recipient.Standing.BounceCount);

        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(47));
        Assert.Equal(2, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_not_believe_a_delivery_whose_message_bounces_after_all_when_set_so()
    {
        var recipient = new Recipient(new RecipientPolicy { OutOfBandContradictsDelivery = true });
        recipient.Report(BounceCategory.SpamFilter, Noon);
        recipient.Deliver(Noon.AddHours(1), "m1");
        Assert.Equal(0, recipient.Standing.Consecutive);

        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2), "m1");
        Assert.Equal(2, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_believe_a_delivery_of_a_message_that_had_bounced_before()
    {
        var recipient = new Recipient(new RecipientPolicy { OutOfBandContradictsDelivery = true });
        recipient.Report(BounceCategory.SpamFilter, Noon, "m1");
        recipient.Deliver(Noon.AddHours(1), "m1");

        Assert.Equal(0, recipient.Standing.Consecutive);
    }

    [Fact]
    public void Should_believe_every_delivery_by_default()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.SpamFilter, Noon);
        recipient.Deliver(Noon.AddHours(1), "m1");
        recipient.Report(BounceCategory.UserNotFound, Noon.AddHours(2), "m1");

        Assert.Equal(1, recipient.Standing.Consecutive);
    }

    private static void AssertUncounted(Standing standing)
    {
        Assert.Equal(0, standing.BounceCount);
        Assert.Equal(0, standing.Consecutive);
        Assert.Equal(100, standing.Score);
        Assert.Empty(standing.Types);
        Assert.Null(standing.LastBounceAt);
        Assert.DoesNotContain(standing.Suppressions, s => s.Level is > SuppressionLevel.None and <= SuppressionLevel.Removed);
    }
}
