using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Recipients;

/// <summary>What holds for every history of reports, whatever order they arrive in (SEMANTICS 6.2).</summary>
public class FoldProperties
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;
    private static readonly DateTimeOffset Arrival = Noon.AddDays(60);

    private static readonly Gen<RecipientPolicy> Policies = Gen.Select(
        Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool, Gen.OneOf(0, 0, 24), Gen.Bool, (reset, blocks, uncertain, contradicts, spacing, window) => new RecipientPolicy
        {
            ResetConsecutiveOnSoft = reset,
            CountSenderFaultBlocks = blocks,
            CountUncertain = uncertain,
            OutOfBandContradictsDelivery = contradicts,
            MinStrikeSpacing = TimeSpan.FromHours(spacing),
            SoftWindow = window ? TimeSpan.FromDays(5) : null,
        });

    /// <summary>Reports of one recipient, no two of which mean the same.</summary>
    private static Gen<Report[]> Reports(int max) => Gen.Select(
            Gen.Enum<BounceCategory>(), Gen.Int[0, 20 * 24 * 60], Gen.OneOf(Gen.Const("").Select(_ => (string?)null), Gen.Int[0, 8].Select(n => (string?)$"m{n}")), Gen.OneOf(0.3, 0.59, 0.6, 1.0))
        .Array[0, max]
        .Select(all => all
            .Select((r, n) => new Report(new Guid(n + 1, 0, 0, new byte[8]), r.Item1, Noon.AddMinutes(r.Item2), r.Item3, r.Item4))
            .DistinctBy(r => (Taxonomy.Of(r.Category).Outcome, r.Message, r.Message is null ? r.At.ToUnixTimeSeconds() / 600 : r.At.ToUnixTimeSeconds()))
            .ToArray());

    [Fact]
    public void Should_end_at_the_same_standing_for_every_order_of_arrival_of_a_few_reports() =>
        Gen.Select(Reports(5), Policies).Sample((reports, policy) =>
        {
            var expected = Recipient.Text(Fold(reports, policy).Standing(policy));
            foreach (var order in Permutations(reports))
            {
                Assert.Equal(expected, Recipient.Text(Fold(order, policy).Standing(policy)));
            }
        }, iter: 100);

    [Fact]
    public void Should_end_at_the_same_standing_for_every_order_of_arrival_of_many_reports() =>
        Gen.Select(Reports(60).SelectMany(r => Gen.Shuffle(r).Select(s => (InOrder: r, Shuffled: s))), Policies).Sample((reports, policy) =>
            Assert.Equal(
                Recipient.Text(Fold(reports.InOrder, policy).Standing(policy)),
                Recipient.Text(Fold(reports.Shuffled, policy).Standing(policy))), iter: 1_000);

    [Fact]
    public void Should_not_change_by_duplicates_wherever_they_arrive() =>
        Gen.Select(Reports(30), Gen.Int[0, 1_000_000]).Sample((reports, seed) =>
        {
            var policy = new RecipientPolicy();
            var once = Fold(reports, policy);
            var random = new Random(seed);
            var state = RecipientState.Empty;
            for (var n = 0; n < reports.Length; n++)
            {
                state = Arrive(state, reports[n], policy);
                for (var repeats = random.Next(3); repeats > 0; repeats--)
                {
                    // The same report through the door once more: our id is another one.
                    var repeated = state.Decide(reports[random.Next(n + 1)].Command(Guid.NewGuid()), Arrival, policy);
                    Assert.Null(repeated.Event);
                    Assert.Contains(reports, r => r.Id == repeated.EventId);
                }
            }

            Assert.Equal(Recipient.Text(once), Recipient.Text(state));
        });

    [Fact]
    public void Should_hold_the_invariants_after_every_report() =>
        Gen.Select(Reports(40), Policies).Sample((reports, policy) =>
        {
            var state = RecipientState.Empty;
            var ids = new HashSet<Guid>();
            foreach (var report in reports)
            {
                ids.Add(report.Id);
                var before = Recipient.Text(state);
                var command = report.Command(report.Id);
                var decided = state.Decide(command, Arrival, policy);
                Assert.Equal(Recipient.Text(decided), Recipient.Text(state.Decide(command, Arrival, policy)));
                Assert.Equal(before, Recipient.Text(state));

                var recorded = decided.Recorded();
                state = state.Apply(recorded, policy);
                var standing = state.Standing(policy);
                Assert.Equal(Recipient.Text(standing), Recipient.Text(recorded.After));
                Assert.InRange(standing.Score, 0, 100);
                Assert.InRange(standing.Consecutive, 0, standing.BounceCount);
                Assert.Equal(standing.BounceCount, standing.Types.Values.Sum());
                Assert.All(standing.Suppressions, s => Assert.NotEmpty(s.Causes));
                Assert.All(standing.Suppressions, s => Assert.Subset(ids, s.Causes.ToHashSet()));
                Assert.Equal(standing.Suppressions.OrderByDescending(s => s.Level).Select(s => s.Level), standing.Suppressions.Select(s => s.Level));
            }
        }, iter: 300);

    [Fact]
    public void Should_count_one_strike_per_message_at_most() =>
        Reports(60).Sample(reports =>
        {
            var policy = new RecipientPolicy();
            var counted = reports.Where(r => policy.NotCountedBecause(r.Verdict) is null).ToList();
            var messages = counted.Select(r => r.Message ?? r.Id.ToString()).Distinct().Count();

            Assert.Equal(messages, Fold(reports, policy).Standing(policy).BounceCount);
        }, iter: 1_000);

    [Fact]
    public void Should_never_count_auto_replies_challenges_delays_deliveries_feedback_and_echoes() =>
        Reports(40)
            .Select(all => all.Where(r => Taxonomy.Of(r.Category) is { Outcome: not ReportOutcome.Bounce } or { Category: BounceCategory.SuppressedBySource }).ToArray())
            .Sample(reports =>
            {
                var policy = new RecipientPolicy();
                var standing = Fold(reports, policy).Standing(policy);

                Assert.Equal(0, standing.BounceCount);
                Assert.Equal(0, standing.Consecutive);
                Assert.Equal(100, standing.Score);
                Assert.Null(standing.LastBounceAt);
                Assert.All(standing.Suppressions, s => Assert.True(s.Level is SuppressionLevel.Complaint or SuppressionLevel.Unsubscribed));
            });

    [Fact]
    public void Should_stand_the_same_with_or_without_what_does_not_count() =>
        Reports(40).Sample(reports =>
        {
            var policy = new RecipientPolicy();
            var counting = reports.Where(r => policy.NotCountedBecause(r.Verdict) is null
                || Taxonomy.Of(r.Category).Outcome is ReportOutcome.Delivered or ReportOutcome.Complaint or ReportOutcome.Unsubscribe).ToArray();

            Assert.Equal(Recipient.Text(Fold(counting, policy).Standing(policy)), Recipient.Text(Fold(reports, policy).Standing(policy)));
        });

    [Fact]
    public void Should_recompute_without_a_cause_that_is_voided_as_if_it_had_never_been() =>
        Gen.Select(Reports(20), Gen.Int[0, 19]).Sample((reports, pick) =>
        {
            if (reports.Length == 0)
            {
                return;
            }

            var policy = new RecipientPolicy();
            var voided = reports[pick % reports.Length];
            if (voided.Category == BounceCategory.DeliverySuccess)
            {
                return;
            }

            var review = new RecipientCommands.ReviewReport
            {
                Key = Recipient.Key,
                Tenant = "default",
                EventId = Guid.NewGuid(),
                ReportId = voided.Id,
                OccurredAt = voided.At,
                MessageId = voided.Message,
                From = voided.Category,
                To = BounceCategory.FeedbackOther,
                Actor = "anna",
                Reason = "not theirs",
            };
            var state = Fold(reports, policy);
            var corrected = state.Apply(state.Decide(review, Arrival, policy).Event!, policy).Standing(policy);
            var without = Fold([.. reports.Where(r => r.Id != voided.Id)], policy).Standing(policy);

            // A complaint or opt-out that came second was not kept: the first one spoke for it.
            if (voided.Category is not (BounceCategory.Complaint or BounceCategory.UnsubscribeRequest))
            {
                Assert.Equal(Recipient.Text(without), Recipient.Text(corrected));
            }
        }, iter: 1_000);

    [Fact]
    public void Should_keep_exact_sums_for_more_reports_than_are_kept_singly_in_any_order() =>
        Many.SelectMany(r => Gen.Shuffle(r).Select(s => (InOrder: r, Shuffled: s))).Sample(reports =>
        {
            var policy = new RecipientPolicy();
            var inOrder = Fold(reports.InOrder, policy).Standing(policy);
            var shuffled = Fold(reports.Shuffled, policy).Standing(policy);

            Assert.Equal(reports.InOrder.Count(r => r.Category != BounceCategory.DeliverySuccess), inOrder.BounceCount);
            Assert.Equal(inOrder.BounceCount, shuffled.BounceCount);
            Assert.Equal(inOrder.Score, shuffled.Score);
            Assert.Equal(Recipient.Text(inOrder.Types), Recipient.Text(shuffled.Types));
            Assert.Equal(inOrder.LastBounceAt, shuffled.LastBounceAt);
            Assert.Equal(inOrder.LastDeliveryAt, shuffled.LastDeliveryAt);
            Assert.Equal(inOrder.LevelAt(Arrival), shuffled.LevelAt(Arrival));
        }, iter: 5);

    [Fact]
    public void Should_end_at_the_same_standing_when_reports_arrive_less_late_than_are_kept_singly() =>
        Gen.Select(Many, Gen.Int[1, History.MaxEntries - 1]).Sample((reports, width) =>
        {
            // Reversed in blocks, no report arrives after one that happened `width` places later.
            var late = reports.Chunk(width).SelectMany(block => block.Reverse()).ToArray();
            var policy = new RecipientPolicy();

            Assert.Equal(Recipient.Text(Fold(reports, policy).Standing(policy)), Recipient.Text(Fold(late, policy).Standing(policy)));
        }, iter: 5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_cost_a_message_one_strike_even_when_its_first_report_is_settled_before_its_second(bool spaced)
    {
        var policy = new RecipientPolicy { MinStrikeSpacing = spaced ? TimeSpan.FromHours(1) : TimeSpan.Zero };
        var reports = Enumerable.Range(0, 2 * History.MaxEntries)
            .Select(n => new Report(
                new Guid(n + 1, 0, 0, new byte[8]),
                n % 2 == 0 ? BounceCategory.ContentFilter : BounceCategory.MailboxFull,
                spaced ? Noon.AddMinutes(45 * n) : Noon.AddMinutes(n),
                spaced ? null : $"m{n / 2}",
                1))
            .ToArray();

        var state = Fold(reports, policy);

        Assert.Equal(History.MaxEntries, state.History.Entries.Count);
        Assert.Equal(History.MaxEntries, state.Standing(policy).BounceCount);
        Assert.Equal(History.MaxEntries, state.Standing(policy).Types[BounceType.BlockBounce]);
    }

    [Fact]
    public void Should_keep_the_row_whole_when_a_delivery_arrives_from_before_what_is_settled()
    {
        var policy = new RecipientPolicy();
        var strikes = Enumerable.Range(1, History.MaxEntries + 1).Select(n => At(n, BounceCategory.ContentFilter));

        Assert.Equal(History.MaxEntries + 1, Fold([.. strikes, At(0, BounceCategory.DeliverySuccess)], policy).Standing(policy).Consecutive);
    }

    [Fact]
    public void Should_not_add_to_the_row_what_arrives_from_before_a_settled_delivery()
    {
        var policy = new RecipientPolicy();
        var soft = Enumerable.Range(2, History.MaxEntries).Select(n => At(n, BounceCategory.MailboxFull));

        var standing = Fold([At(1, BounceCategory.DeliverySuccess), .. soft, At(0, BounceCategory.ContentFilter)], policy).Standing(policy);

        Assert.Equal(0, standing.Consecutive);
        Assert.Equal(History.MaxEntries + 1, standing.BounceCount);
    }

    [Fact]
    public void Should_keep_what_removed_a_recipient_however_long_ago_it_was()
    {
        var recipient = new Recipient();
        var removal = recipient.Report(BounceCategory.UserNotFound, Noon);
        for (var n = 1; n <= 2 * History.MaxEntries; n++)
        {
            recipient.Deliver(Noon.AddMinutes(n));
        }

        Assert.True(recipient.Standing.Removed);
        Assert.Equal([removal.EventId], recipient.Standing.Suppressions[0].Causes);

        recipient.Lift(Noon.AddDays(1));
        Assert.False(recipient.Standing.Removed);
        for (var n = 1; n <= 2 * History.MaxEntries; n++)
        {
            recipient.Deliver(Noon.AddDays(2).AddMinutes(n));
        }

        Assert.False(recipient.Standing.Removed);
        Assert.Equal(0, recipient.Standing.BounceCount);
    }

    [Fact]
    public void Should_refuse_events_it_does_not_know() =>
        Assert.Throws<InvalidOperationException>(() => RecipientState.Empty.Apply(
            new UnknownEvent { Key = Recipient.Key, Tenant = "default", EventId = Guid.Empty, RecordedAt = Noon, After = Standing.Clean, LevelBefore = SuppressionLevel.None },
            new RecipientPolicy()));

    [Fact]
    public void Should_refuse_to_decide_questions()
    {
        var state = RecipientState.Empty;

        Assert.Throws<ArgumentException>(() => state.Decide(new RecipientCommands.GetRecipient { Key = Recipient.Key }, Noon, new RecipientPolicy()));
        Assert.Throws<ArgumentException>(() => state.Decide(new RecipientCommands.ConfirmRetry { Key = Recipient.Key, MessageId = "m1", Attempt = 1 }, Noon, new RecipientPolicy()));
    }

    /// <summary>300 to 500 bounces and deliveries, one a minute, each of a message of its own.</summary>
    private static Gen<Report[]> Many =>
        Gen.OneOf(BounceCategory.MailboxFull, BounceCategory.ContentFilter, BounceCategory.ServerError, BounceCategory.ReputationBlock, BounceCategory.DeliverySuccess)
            .Array[300, 500]
            .Select(all => all.Select((c, n) => new Report(new Guid(n + 1, 0, 0, new byte[8]), c, Noon.AddMinutes(n), $"m{n}", 1)).ToArray());

    private static Report At(int minute, BounceCategory category) => new(new Guid(minute + 1, 0, 0, new byte[8]), category, Noon.AddMinutes(minute), $"m{minute}", 1);

    private static RecipientState Fold(IEnumerable<Report> reports, RecipientPolicy policy) =>
        reports.Aggregate(RecipientState.Empty, (state, report) => Arrive(state, report, policy));

    private static RecipientState Arrive(RecipientState state, Report report, RecipientPolicy policy) =>
        state.Apply(state.Decide(report.Command(report.Id), Arrival, policy).Event!, policy);

    private static IEnumerable<Report[]> Permutations(Report[] reports) =>
        reports.Length <= 1
            ? [reports]
            : reports.SelectMany(first => Permutations([.. reports.Where(r => r != first)]).Select(rest => (Report[])[first, .. rest]));

    private sealed record Report(Guid Id, BounceCategory Category, DateTimeOffset At, string? Message, double Confidence)
    {
        public Domain.Classification.Classification Verdict => Recipient.Verdict(Category, Confidence);

        public RecipientCommands.RecordReport Command(Guid id) => new()
        {
            Key = Recipient.Key,
            Tenant = "default",
            EventId = id,
            Facts = new ReportFacts { Source = "spec", MessageId = Message, OccurredAt = At },
            Verdict = Verdict,
            Random = 0.5,
        };
    }

    private sealed record UnknownEvent : RecipientEvents.Event;
}
