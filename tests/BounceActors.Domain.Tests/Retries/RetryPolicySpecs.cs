using BounceActors.Domain.Classification;
using BounceActors.Domain.Retries;

namespace BounceActors.Domain.Tests.Retries;

public class RetryPolicySpecs
{
    private const double Lowest = 0;
    private const double Middle = 0.5;
    private const double Highest = 0.9999999;

    private static readonly RetryPolicy Exponential = RetryPolicy.Exponential();
    private static readonly RetryPolicy Ladder = RetryPolicy.Ladder();

    public static TheoryData<BounceCategory> Categories => [.. Enum.GetValues<BounceCategory>()];

    [Fact]
    public void Should_by_default_try_five_times_within_a_day()
    {
        Assert.Equal(5, Exponential.MaxAttempts);
        Assert.Equal(TimeSpan.FromSeconds(86_400), Exponential.MaxDelay);
        Assert.Equal(5, Ladder.MaxAttempts);
        Assert.Equal("exponential", Exponential.Name);
        Assert.Equal("ladder", Ladder.Name);
    }

    [Theory]
    [MemberData(nameof(Categories))]
    public void Should_begin_with_the_base_of_the_category(BounceCategory category)
    {
        var seconds = category switch
        {
            BounceCategory.MailboxFull => 3600,
            BounceCategory.ServerError => 1800,
            BounceCategory.RateLimiting => 7200,
            BounceCategory.ConnectionTimeout => 900,
            _ => 1800,
        };

        Assert.Equal(seconds, Seconds(Exponential, category, 0, Middle));
    }

    [Theory]
    [InlineData(0, 900)]
    [InlineData(1, 1800)]
    [InlineData(2, 3600)]
    [InlineData(3, 7200)]
    [InlineData(4, 14400)]
    public void Should_double_the_delay_with_every_retry(int retries, int seconds) =>
        Assert.Equal(seconds, Seconds(Exponential, BounceCategory.ConnectionTimeout, retries, Middle));

    [Fact]
    public void Should_double_no_further_than_sixteen_times()
    {
        var patient = Exponential with { MaxAttempts = 10 };

        Assert.Equal(16 * 900, Seconds(patient, BounceCategory.ConnectionTimeout, 4, Middle));
        Assert.Equal(16 * 900, Seconds(patient, BounceCategory.ConnectionTimeout, 5, Middle));
        Assert.Equal(16 * 900, Seconds(patient, BounceCategory.ConnectionTimeout, 9, Middle));
    }

    [Theory]
    [InlineData(BounceCategory.MailboxFull, 0, Lowest, 2880)]
    [InlineData(BounceCategory.MailboxFull, 0, Highest, 4319)]
    [InlineData(BounceCategory.ServerError, 0, Lowest, 1440)]
    [InlineData(BounceCategory.ServerError, 0, Highest, 2159)]
    [InlineData(BounceCategory.RateLimiting, 0, Lowest, 5760)]
    [InlineData(BounceCategory.RateLimiting, 0, Highest, 8639)]
    [InlineData(BounceCategory.ConnectionTimeout, 0, Lowest, 720)]
    [InlineData(BounceCategory.ConnectionTimeout, 0, Highest, 1079)]
    [InlineData(BounceCategory.ConnectionTimeout, 4, Lowest, 11_520)]
    [InlineData(BounceCategory.ConnectionTimeout, 4, Highest, 17_279)]
    public void Should_spread_the_delay_from_four_to_six_fifths_in_whole_seconds(BounceCategory category, int retries, double random, int seconds) =>
        Assert.Equal(seconds, Seconds(Exponential, category, retries, random));

    [Theory]
    [InlineData(Lowest, 86_400)]
    [InlineData(Middle, 86_400)]
    [InlineData(Highest, 86_400)]
    public void Should_wait_no_longer_than_a_day(double random, int seconds) =>
        Assert.Equal(seconds, Seconds(Exponential, BounceCategory.RateLimiting, 4, random));

    [Fact]
    public void Should_cap_after_the_jitter()
    {
        // 7200 × 8 is under the cap; what the jitter makes of it is not, with a cap of 60,000 s.
        var capped = Exponential with { MaxDelay = TimeSpan.FromSeconds(60_000) };

        Assert.Equal(46_080, Seconds(capped, BounceCategory.RateLimiting, 3, Lowest));
        Assert.Equal(57_600, Seconds(capped, BounceCategory.RateLimiting, 3, Middle));
        Assert.Equal(60_000, Seconds(capped, BounceCategory.RateLimiting, 3, Highest));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    [InlineData(int.MaxValue, false)]
    public void Should_give_up_after_the_fifth_retry(int retriesMade, bool again) =>
        Assert.Equal(again, Exponential.NextDelay(BounceCategory.MailboxFull, retriesMade, Middle) is not null);

    [Theory]
    [MemberData(nameof(Categories))]
    public void Should_climb_the_ladder_of_the_category_and_then_give_up(BounceCategory category)
    {
        int[] steps = category switch
        {
            BounceCategory.MailboxFull => [1800, 7200, 28_800],
            BounceCategory.ServerError => [600, 1800, 7200],
            BounceCategory.RateLimiting => [3600, 10_800, 21_600],
            BounceCategory.ReputationBlock => [86_400, 172_800],
            _ => [1800, 7200],
        };

        Assert.Equal(steps, Enumerable.Range(0, steps.Length).Select(n => Seconds(Ladder, category, n, Middle)));
        Assert.Equal(steps.Select(s => s / 5 * 4), Enumerable.Range(0, steps.Length).Select(n => Seconds(Ladder, category, n, Lowest)));
        Assert.Equal(steps.Select(s => (s / 5 * 6) - 1), Enumerable.Range(0, steps.Length).Select(n => Seconds(Ladder, category, n, Highest)));
        Assert.Null(Ladder.NextDelay(category, steps.Length, Middle));
        Assert.Null(Ladder.NextDelay(category, int.MaxValue, Middle));
    }

    [Fact]
    public void Should_not_climb_the_ladder_beyond_the_most_attempts()
    {
        var impatient = Ladder with { MaxAttempts = 1 };

        Assert.Equal(1800, Seconds(impatient, BounceCategory.MailboxFull, 0, Middle));
        Assert.Null(impatient.NextDelay(BounceCategory.MailboxFull, 1, Middle));
    }

    [Theory]
    [InlineData(300, 900)]
    [InlineData(899, 900)]
    [InlineData(901, 901)]
    [InlineData(5000, 5000)]
    [InlineData(86_400, 86_400)]
    [InlineData(1_000_000, 86_400)]
    [InlineData(-5, 900)]
    public void Should_wait_longer_when_the_reply_asks_for_it_but_never_shorter_nor_beyond_the_cap(int hint, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Exponential.NextDelay(BounceCategory.ConnectionTimeout, 0, Middle, TimeSpan.FromSeconds(hint)));

    [Fact]
    public void Should_cap_a_hint_on_the_ladder_too_but_not_the_ladder_itself()
    {
        Assert.Equal(172_800, Ladder.NextDelay(BounceCategory.ReputationBlock, 1, Middle, TimeSpan.FromDays(9))!.Value.TotalSeconds);
        Assert.Equal(86_400, Ladder.NextDelay(BounceCategory.MailboxFull, 0, Middle, TimeSpan.FromDays(9))!.Value.TotalSeconds);
    }

    [Fact]
    public void Should_not_revive_a_message_that_has_no_try_left_because_of_a_hint() =>
        Assert.Null(Exponential.NextDelay(BounceCategory.MailboxFull, 5, Middle, TimeSpan.FromMinutes(5)));

    [Fact]
    public void Should_refuse_a_negative_number_of_retries() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Exponential.NextDelay(BounceCategory.MailboxFull, -1, Middle));

    private static int Seconds(RetryPolicy policy, BounceCategory category, int retries, double random)
    {
        var seconds = policy.NextDelay(category, retries, random)!.Value.TotalSeconds;
        Assert.Equal(Math.Truncate(seconds), seconds);
        return (int)seconds;
    }
}
