using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;

namespace BounceActors.Domain.Tests.Recipients;

public class RecipientPolicySpecs
{
    public static TheoryData<BounceCategory> Categories => [.. Enum.GetValues<BounceCategory>()];

    [Fact]
    public void Should_by_default_be_the_guide()
    {
        var policy = new RecipientPolicy();

        Assert.Equal("guide", policy.Profile);
        Assert.Equal(3, policy.HardThreshold);
        Assert.Equal(5, policy.SoftThreshold);
        Assert.Equal(20, policy.ReputationThreshold);
        Assert.Equal(7, policy.RecentDays);
        Assert.False(policy.ResetConsecutiveOnSoft);
        Assert.Equal(0.6, policy.MinConfidence);
        Assert.Equal("exponential", policy.Retry.Name);
        Assert.Equal(TimeSpan.FromSeconds(86_400), policy.Retry.MaxDelay);
        Assert.Equal(5, policy.Retry.MaxAttempts);
    }

    [Fact]
    public void Should_by_default_leave_off_what_goes_beyond_the_guide()
    {
        var policy = new RecipientPolicy();

        Assert.True(policy.CountSenderFaultBlocks);
        Assert.True(policy.CountUncertain);
        Assert.Equal(TimeSpan.Zero, policy.MinStrikeSpacing);
        Assert.Null(policy.SoftWindow);
        Assert.False(policy.OutOfBandContradictsDelivery);
    }

    [Theory]
    [MemberData(nameof(Categories))]
    public void Should_penalise_every_category_as_the_guide_does(BounceCategory category)
    {
        var penalty = category switch
        {
            BounceCategory.DomainNotFound => 15,
            BounceCategory.InvalidAddress => 10,
            BounceCategory.UserNotFound => 8,
            BounceCategory.PolicyRejection => 5,
            BounceCategory.MailboxFull => 1,
            BounceCategory.ServerError => 0.5,
            BounceCategory.RateLimiting => 2,
            BounceCategory.ReputationBlock => 20,
            BounceCategory.SpamFilter => 15,
            BounceCategory.VacationReply => 0,
            _ => 3,
        };

        Assert.Equal(penalty, RecipientPolicy.Penalty(category));
    }

    [Theory]
    [MemberData(nameof(Categories))]
    public void Should_rank_every_category_for_review_as_the_guide_does(BounceCategory category)
    {
        var priority = category switch
        {
            BounceCategory.ReputationBlock => 80,
            BounceCategory.SpamFilter => 80,
            BounceCategory.PolicyRejection => 70,
            BounceCategory.ServerError => 60,
            BounceCategory.ConnectionTimeout => 60,
            _ => 50,
        };

        Assert.Equal(priority, RecipientPolicy.ReviewPriority(category));
    }
}
