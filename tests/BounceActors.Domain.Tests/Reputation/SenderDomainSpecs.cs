using BounceActors.Domain.Classification;
using BounceActors.Domain.Reputation;
using BounceActors.Domain.Tests.Recipients;
using CsCheck;

namespace BounceActors.Domain.Tests.Reputation;

public class SenderDomainSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    private static readonly Gen<SenderDelta[]> Stream =
        Gen.Select(Gen.Int[0, 240], Gen.OneOf("google", "microsoft", ""), Gen.Enum<BounceCategory>())
            .Array[0, 30]
            .Select(all => all.Select((d, i) => new SenderDelta(3 * i, Noon.AddHours(-d.Item1), d.Item2, d.Item3)).ToArray());

    [Fact]
    public void Should_count_a_batch_by_hour_provider_and_category()
    {
        var state = Told(SenderDomainState.Empty, 0, [
            new(1, Noon.AddMinutes(1), "google", BounceCategory.UserNotFound),
            new(2, Noon.AddMinutes(59), "google", BounceCategory.UserNotFound),
            new(3, Noon.AddMinutes(60), "google", BounceCategory.UserNotFound),
            new(4, Noon.AddMinutes(1), "microsoft", BounceCategory.UserNotFound),
            new(5, Noon.AddMinutes(1), "google", BounceCategory.MailboxFull),
        ], Noon.AddHours(2));

        Assert.Equal(2, state.Hours[(Noon, "google", BounceCategory.UserNotFound)]);
        Assert.Equal(1, state.Hours[(Noon.AddHours(1), "google", BounceCategory.UserNotFound)]);
        Assert.Equal(1, state.Hours[(Noon, "microsoft", BounceCategory.UserNotFound)]);
        Assert.Equal(1, state.Hours[(Noon, "google", BounceCategory.MailboxFull)]);
        Assert.Equal(4, state.Totals[BounceCategory.UserNotFound]);
        Assert.Equal(5, state.Offsets[0]);
    }

    [Fact]
    public void Should_take_the_hour_in_utc()
    {
        var state = Told(SenderDomainState.Empty, 0, [new(1, Noon.AddMinutes(30).ToOffset(TimeSpan.FromHours(5.5)), "", BounceCategory.MailboxFull)], Noon);

        Assert.Equal(1, state.Hours[(Noon, "", BounceCategory.MailboxFull)]);
    }

    [Fact]
    public void Should_pass_over_what_a_slice_has_already_delivered()
    {
        var state = Told(SenderDomainState.Empty, 3, [Delta(10), Delta(11)], Noon);

        Assert.Null(state.Decide(new SenderCommands.ApplyDeltas("default", "example.com", 3, [Delta(10), Delta(11)]), Noon));
        Assert.Equal(3, Told(state, 3, [Delta(10), Delta(11), Delta(12)], Noon).Totals[BounceCategory.MailboxFull]);
    }

    [Fact]
    public void Should_count_the_offset_zero() =>
        Assert.Equal(1, Told(SenderDomainState.Empty, 0, [Delta(0)], Noon).Totals[BounceCategory.MailboxFull]);

    [Fact]
    public void Should_keep_the_offsets_of_slices_apart()
    {
        var state = Told(SenderDomainState.Empty, 0, [Delta(10)], Noon);

        Assert.Equal(2, Told(state, 1, [Delta(10)], Noon).Totals[BounceCategory.MailboxFull]);
    }

    [Fact]
    public void Should_count_an_offset_once_even_when_one_batch_holds_it_twice() =>
        Assert.Equal(1, Told(SenderDomainState.Empty, 0, [Delta(10), Delta(10)], Noon).Totals[BounceCategory.MailboxFull]);

    [Fact]
    public void Should_count_exactly_once_however_a_stream_is_cut_into_overlapping_batches() =>
        Gen.Select(Stream, Gen.Int[1, 7], Gen.Int[0, 5]).Sample((stream, size, overlap) =>
        {
            var atOnce = Told(SenderDomainState.Empty, 0, stream, Noon);
            var inBatches = SenderDomainState.Empty;
            for (var from = 0; from < stream.Length; from += size)
            {
                var batch = stream[Math.Max(0, from - overlap)..Math.Min(stream.Length, from + size)];
                inBatches = Told(inBatches, 0, batch, Noon);
                inBatches = Told(inBatches, 0, batch, Noon);
            }

            Assert.Equal(Recipient.Text(atOnce.Standing(Noon)), Recipient.Text(inBatches.Standing(Noon)));
            Assert.Equal(stream.Length, inBatches.Totals.Values.Sum());
            Assert.True(atOnce.Hours.OrderBy(h => h.Key).SequenceEqual(inBatches.Hours.OrderBy(h => h.Key)));
        });

    [Fact]
    public void Should_not_care_which_slice_comes_first() =>
        Gen.Select(Stream, Stream).Sample((a, b) =>
        {
            var ab = Told(Told(SenderDomainState.Empty, 0, a, Noon), 1, b, Noon);
            var ba = Told(Told(SenderDomainState.Empty, 1, b, Noon), 0, a, Noon);

            Assert.Equal(Recipient.Text(ab.Standing(Noon)), Recipient.Text(ba.Standing(Noon)));
        });

    [Fact]
    public void Should_keep_hours_for_seven_days_and_totals_for_ever()
    {
        Assert.Equal(TimeSpan.FromDays(7), SenderDomainState.Window);
        var state = Told(SenderDomainState.Empty, 0, [Delta(1, BounceCategory.ReputationBlock)], Noon);

        Assert.Equal(90, state.Standing(Noon.AddDays(7)).Score);
        Assert.Equal(100, state.Standing(Noon.AddDays(7).AddHours(1)).Score);

        var later = Told(state, 0, [Delta(2)], Noon.AddDays(8));
        Assert.DoesNotContain(later.Hours.Keys, h => h.Category == BounceCategory.ReputationBlock);
        Assert.Equal(1, later.Standing(Noon.AddDays(8)).ReputationBlocks);
        Assert.Equal(100, later.Standing(Noon.AddDays(8)).Score);
    }

    [Fact]
    public void Should_stand_clean_when_nothing_was_reported()
    {
        var standing = SenderDomainState.Empty.Standing(Noon);

        Assert.Equal(100, standing.Score);
        Assert.Equal(Severity.Low, standing.Severity);
        Assert.False(standing.Alert);
        Assert.Empty(standing.Recommendations);
        Assert.Equal(0, standing.TotalBounces);
        Assert.Null(standing.LastUpdated);
    }

    [Fact]
    public void Should_lose_score_by_the_impact_of_each_report_and_name_the_most_urgent_advice_first()
    {
        var standing = Told(SenderDomainState.Empty, 0, [
            Delta(1, BounceCategory.PolicyRejection),
            Delta(2, BounceCategory.SpamFilter),
            Delta(3, BounceCategory.ReputationBlock),
            Delta(4, BounceCategory.ReputationBlock),
            Delta(5, BounceCategory.MailboxFull),
        ], Noon).Standing(Noon);

        Assert.Equal(100 - 2 - 5 - 10 - 10, standing.Score);
        Assert.Equal(Severity.Critical, standing.Severity);
        Assert.True(standing.Alert);
        Assert.Equal(
            ["Investigate sender reputation immediately", "Review email content and sending practices", "Monitor bounce patterns for trends"],
            standing.Recommendations);
    }

    [Fact]
    public void Should_never_fall_below_zero() =>
        Assert.Equal(0, Told(SenderDomainState.Empty, 0, [.. Enumerable.Range(0, 50).Select(n => Delta(n, BounceCategory.ReputationBlock))], Noon).Standing(Noon).Score);

    [Fact]
    public void Should_tell_bounces_hard_bounces_blocks_deliveries_and_complaints_apart()
    {
        var standing = Told(SenderDomainState.Empty, 0, [
            Delta(1, BounceCategory.UserNotFound),
            Delta(2, BounceCategory.MailboxFull),
            Delta(3, BounceCategory.ReputationBlock),
            Delta(4, BounceCategory.DeliverySuccess),
            Delta(5, BounceCategory.DeliverySuccess),
            Delta(6, BounceCategory.Complaint),
            Delta(7, BounceCategory.VacationReply),
            Delta(8, BounceCategory.DeliveryDelay),
        ], Noon).Standing(Noon);

        Assert.Equal(3, standing.TotalBounces);
        Assert.Equal(1, standing.HardBounces);
        Assert.Equal(1, standing.ReputationBlocks);
        Assert.Equal(2, standing.Delivered);
        Assert.Equal(1, standing.Complaints);
        Assert.Equal(Noon, standing.LastUpdated);
        Assert.Equal(2, standing.Providers["google"][BounceCategory.DeliverySuccess]);
    }

    private static SenderDelta Delta(long offset, BounceCategory category = BounceCategory.MailboxFull) => new(offset, Noon, "google", category);

    private static SenderDomainState Told(SenderDomainState state, int slice, SenderDelta[] deltas, DateTimeOffset now)
    {
        var command = new SenderCommands.ApplyDeltas("default", "example.com", slice, deltas);
        return state.Decide(command, now) is { } counted ? state.Apply(counted) : state;
    }
}
