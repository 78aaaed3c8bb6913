using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;

namespace BounceActors.Domain.Tests;

public class WireNamesSpecs
{
    [Theory]
    [InlineData(BounceCategory.UserNotFound, "user_not_found")]
    [InlineData(BounceCategory.Unknown, "unknown")]
    public void Should_write_categories_as_the_guide_does(BounceCategory category, string name) => Assert.Equal(name, category.ToWire());

    [Fact]
    public void Should_write_the_levels_of_the_guide_as_the_guide_does() =>
        Assert.Equal(
            ["none", "temporarily_suppressed", "reputation_suppressed", "soft_suppressed", "hard_suppressed", "listed", "removed", "complaint", "unsubscribed", "manual", "legal"],
            WireNames.All<SuppressionLevel>());

    [Fact]
    public void Should_write_the_types_and_actions_of_the_guide_as_the_guide_does()
    {
        Assert.Equal(
            ["hard_bounce", "soft_bounce", "block_bounce", "challenge_response", "auto_reply", "unsubscribe", "spam_complaint"],
            WireNames.All<BounceType>());
        Assert.Equal(
            ["no_action", "remove_immediately", "retry_with_delay", "move_to_suppression", "flag_for_review", "update_reputation"],
            WireNames.All<RemediationAction>());
        Assert.Equal(["low", "medium", "high", "critical"], WireNames.All<Severity>());
    }

    [Fact]
    public void Should_read_every_name_it_writes()
    {
        static void RoundTrip<T>()
            where T : struct, Enum => Assert.Equal(Enum.GetValues<T>(), WireNames.All<T>().Select(WireNames.Parse<T>));

        RoundTrip<BounceCategory>();
        RoundTrip<BounceType>();
        RoundTrip<RemediationAction>();
        RoundTrip<ReportOutcome>();
        RoundTrip<DsnAction>();
        RoundTrip<Fault>();
        RoundTrip<Permanence>();
        RoundTrip<StrikeWeight>();
        RoundTrip<SuppressionLevel>();
        RoundTrip<SendAdvice>();
        RoundTrip<EntryKind>();
        RoundTrip<Severity>();
    }

    [Theory]
    [InlineData("UserNotFound")]
    [InlineData("USER_NOT_FOUND")]
    [InlineData("user_not_found ")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData(null)]
    public void Should_take_nothing_but_the_exact_name(string? text)
    {
        Assert.False(WireNames.TryParse<BounceCategory>(text, out var category));
        Assert.Equal(default, category);
    }

    [Fact]
    public void Should_name_what_is_allowed_when_a_name_is_not()
    {
        var refused = Assert.Throws<FormatException>(() => WireNames.Parse<Severity>("dire"));

        Assert.Equal("'dire' is none of: low, medium, high, critical", refused.Message);
    }
}
