using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;

namespace BounceActors.Domain.Tests.Recipients;

public class SuppressionLevelSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    [Fact]
    public void Should_be_none_while_nothing_has_bounced()
    {
        var recipient = new Recipient();
        recipient.Deliver();

        Assert.Equal(SuppressionLevel.None, recipient.Standing.LevelAt(Noon));
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check(null, Noon).Advice);
    }

    [Fact]
    public void Should_be_temporary_for_seven_days_after_the_last_bounce()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon);

        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon));
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.Add(new TimeSpan(6, 23, 59, 59))));
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddDays(7).AddTicks(-1)));
        Assert.Equal(SuppressionLevel.None, recipient.Standing.LevelAt(Noon.AddDays(7)));
        Assert.Equal(Noon.AddDays(7), recipient.Standing.UntilAt(Noon));
        Assert.Null(recipient.Standing.UntilAt(Noon.AddDays(7)));
    }

    [Fact]
    public void Should_hold_mail_while_temporary_and_allow_it_afterwards()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon);

        Assert.Equal(new SendVerdict(SendAdvice.Hold, SuppressionLevel.TemporarilySuppressed, Noon.AddDays(7), "recent_bounce"), recipient.Standing.Check("marketing", Noon));
        Assert.Equal(SendAdvice.Allow, recipient.Standing.Check("marketing", Noon.AddDays(7)).Advice);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Should_be_hard_from_the_third_bounce_in_a_row(int bounces, bool hard)
    {
        var recipient = Bounced(bounces, BounceCategory.ContentFilter);

        Assert.Equal(hard ? SuppressionLevel.HardSuppressed : SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddHours(bounces)));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public void Should_be_soft_from_the_fifth_bounce(int bounces, bool soft)
    {
        var recipient = Bounced(bounces, BounceCategory.MailboxFull);

        Assert.Equal(soft ? SuppressionLevel.SoftSuppressed : SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddHours(bounces)));
    }

    [Fact]
    public void Should_be_reputation_suppressed_under_twenty_points_and_not_at_twenty()
    {
        var recipient = new Recipient();
        for (var n = 0; n < 4; n++)
        {
            recipient.Report(BounceCategory.ReputationBlock, Noon.AddHours(2 * n));
            recipient.Deliver(Noon.AddHours((2 * n) + 1));
        }

        Assert.Equal(20, recipient.Standing.Score);
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddHours(9)));

        var lenient = new Recipient(new RecipientPolicy { SoftThreshold = 100 });
        for (var n = 0; n < 5; n++)
        {
            lenient.Report(n < 4 ? BounceCategory.ReputationBlock : BounceCategory.ServerError, Noon.AddHours(2 * n));
            lenient.Deliver(Noon.AddHours((2 * n) + 1));
        }

        Assert.Equal(19.5, lenient.Standing.Score);
        Assert.Equal(SuppressionLevel.ReputationSuppressed, lenient.Standing.LevelAt(Noon.AddHours(10)));
    }

    [Fact]
    public void Should_ask_for_the_row_first_then_the_count_then_the_score()
    {
        // Six reputation blocks meet all three; five with a delivery before the last two meet count and score.
        Assert.Equal(SuppressionLevel.HardSuppressed, Bounced(6, BounceCategory.ReputationBlock).Standing.LevelAt(Noon.AddHours(6)));

        var recipient = new Recipient();
        for (var n = 0; n < 5; n++)
        {
            recipient.Report(BounceCategory.ReputationBlock, Noon.AddHours(2 * n));
            recipient.Deliver(Noon.AddHours((2 * n) + 1));
        }

        Assert.Equal(0, recipient.Standing.Score);
        Assert.Equal(SuppressionLevel.SoftSuppressed, recipient.Standing.LevelAt(Noon.AddHours(10)));
    }

    [Theory]
    [InlineData(BounceCategory.ContentFilter, 3, SuppressionLevel.HardSuppressed, "consecutive_bounces")]
    [InlineData(BounceCategory.MailboxFull, 5, SuppressionLevel.SoftSuppressed, "bounce_count")]
    public void Should_deny_mail_without_end_beyond_temporary(BounceCategory category, int bounces, SuppressionLevel level, string reason)
    {
        var recipient = Bounced(bounces, category);

        Assert.Equal(new SendVerdict(SendAdvice.Deny, level, null, reason), recipient.Standing.Check(null, Noon.AddYears(3)));
    }

    [Fact]
    public void Should_fall_from_hard_to_temporary_at_a_delivery()
    {
        var recipient = Bounced(3, BounceCategory.ContentFilter);
        recipient.Deliver(Noon.AddHours(5));

        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddHours(5)));
    }

    [Fact]
    public void Should_obey_thresholds_that_are_set()
    {
        var strict = new Recipient(new RecipientPolicy { HardThreshold = 1 });
        strict.Report(BounceCategory.ContentFilter);
        Assert.Equal(SuppressionLevel.HardSuppressed, strict.Standing.LevelAt(Noon));

        var counting = new Recipient(new RecipientPolicy { SoftThreshold = 2 });
        counting.Report(BounceCategory.MailboxFull, Noon);
        counting.Report(BounceCategory.MailboxFull, Noon.AddHours(1));
        Assert.Equal(SuppressionLevel.SoftSuppressed, counting.Standing.LevelAt(Noon.AddHours(1)));

        var scoring = new Recipient(new RecipientPolicy { ReputationThreshold = 99.5 });
        scoring.Report(BounceCategory.MailboxFull);
        Assert.Equal(SuppressionLevel.ReputationSuppressed, scoring.Standing.LevelAt(Noon));

        var brief = new Recipient(new RecipientPolicy { RecentDays = 1 });
        brief.Report(BounceCategory.MailboxFull);
        Assert.Equal(SuppressionLevel.None, brief.Standing.LevelAt(Noon.AddDays(1)));
    }

    [Fact]
    public void Should_count_for_soft_only_within_the_window_when_one_is_set()
    {
        var recipient = new Recipient(new RecipientPolicy { SoftWindow = TimeSpan.FromDays(30) });
        for (var n = 0; n < 5; n++)
        {
            recipient.Report(BounceCategory.MailboxFull, Noon.AddDays(8 * n));
        }

        // 32 days lie between the first and the last.
        Assert.Equal(5, recipient.Standing.BounceCount);
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Standing.LevelAt(Noon.AddDays(32)));

        recipient.Report(BounceCategory.MailboxFull, Noon.AddDays(33));
        Assert.Equal(SuppressionLevel.SoftSuppressed, recipient.Standing.LevelAt(Noon.AddDays(33)));
    }

    [Fact]
    public void Should_name_the_causes_of_every_level()
    {
        var recipient = new Recipient();
        var ids = Enumerable.Range(0, 3).Select(n => recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(n)).EventId).ToList();

        Assert.Equal(ids, Assert.Single(recipient.Standing.Suppressions).Causes);

        var recent = new Recipient();
        recent.Report(BounceCategory.MailboxFull, Noon);
        var last = recent.Report(BounceCategory.MailboxFull, Noon.AddHours(1)).EventId;
        Assert.Equal([last], Assert.Single(recent.Standing.Suppressions).Causes);
    }

    [Fact]
    public void Should_name_ten_causes_at_most_the_latest()
    {
        var recipient = new Recipient();
        var ids = Enumerable.Range(0, 15).Select(n => recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(n)).EventId).ToList();

        Assert.Equal(ids.TakeLast(10), Assert.Single(recipient.Standing.Suppressions).Causes);
    }

    [Fact]
    public void Should_say_what_the_level_was_before()
    {
        var recipient = new Recipient();
        Assert.Equal(SuppressionLevel.None, recipient.Report(BounceCategory.ContentFilter, Noon).LevelBefore);
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(1)).LevelBefore);
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(2)).LevelBefore);
        Assert.Equal(SuppressionLevel.HardSuppressed, recipient.Report(BounceCategory.ContentFilter, Noon.AddHours(3)).LevelBefore);
    }

    private static Recipient Bounced(int times, BounceCategory category)
    {
        var recipient = new Recipient();
        for (var n = 0; n < times; n++)
        {
            recipient.Report(category, Noon.AddHours(n));
        }

        return recipient;
    }
}
