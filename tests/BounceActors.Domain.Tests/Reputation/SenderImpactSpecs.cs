using BounceActors.Domain.Classification;
using BounceActors.Domain.Reputation;

namespace BounceActors.Domain.Tests.Reputation;

public class SenderImpactSpecs
{
    public static TheoryData<BounceCategory> Others =>
    [
        .. Enum.GetValues<BounceCategory>().Except(
        [
            BounceCategory.ReputationBlock, BounceCategory.SpamFilter, BounceCategory.PolicyRejection, BounceCategory.InvalidAddress, BounceCategory.DomainNotFound,
        ]),
    ];

    [Theory]
    [InlineData(BounceCategory.ReputationBlock, Severity.Critical, -10, true, "Investigate sender reputation immediately")]
    [InlineData(BounceCategory.SpamFilter, Severity.High, -5, false, "Review email content and sending practices")]
    [InlineData(BounceCategory.PolicyRejection, Severity.Medium, -2, false, "Monitor bounce patterns for trends")]
    [InlineData(BounceCategory.InvalidAddress, Severity.Medium, -2, false, "Monitor bounce patterns for trends")]
    [InlineData(BounceCategory.DomainNotFound, Severity.Medium, -2, false, "Monitor bounce patterns for trends")]
    public void Should_weigh_what_hurts_a_sender_as_the_guide_does(BounceCategory category, Severity severity, int change, bool alert, string recommendation)
    {
        var impact = SenderImpact.Of(category);

        Assert.Equal(severity, impact.Severity);
        Assert.Equal(change, impact.ScoreChange);
        Assert.Equal(alert, impact.Alert);
        Assert.Equal([recommendation], impact.Recommendations);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void Should_take_everything_else_lightly(BounceCategory category)
    {
        var impact = SenderImpact.Of(category);

        Assert.Equal(Severity.Low, impact.Severity);
        Assert.Equal(0, impact.ScoreChange);
        Assert.False(impact.Alert);
        Assert.Empty(impact.Recommendations);
    }
}
