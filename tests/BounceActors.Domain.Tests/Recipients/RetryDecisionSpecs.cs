using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Retries;

namespace BounceActors.Domain.Tests.Recipients;

public class RetryDecisionSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;

    [Fact]
    public void Should_plan_the_next_try_of_the_message()
    {
        var decision = new Recipient().Report(BounceCategory.MailboxFull, Noon, "m1", stream: "transactional").Decision();

        Assert.Equal(new RetryPlan("m1", 1, Noon.AddHours(1), "transactional"), decision.Retry);
        Assert.Null(decision.NoRetryBecause);
    }

    [Theory]
    [InlineData(0, 1, 1800)]
    [InlineData(1, 2, 3600)]
    [InlineData(2, 3, 7200)]
    [InlineData(3, 4, 14_400)]
    [InlineData(4, 5, 28_800)]
    public void Should_plan_up_to_five_retries_each_later_than_the_one_before(int made, int attempt, int seconds) =>
        Assert.Equal(
            new RetryPlan("m1", attempt, Noon.AddSeconds(seconds)),
            new Recipient().Report(BounceCategory.ServerError, Noon, "m1", retryCount: made).Decision().Retry);

    [Theory]
    [InlineData(5)]
    [InlineData(int.MaxValue)]
    public void Should_give_up_when_no_attempt_is_left(int made)
    {
        var decision = new Recipient().Report(BounceCategory.ServerError, Noon, "m1", retryCount: made).Decision();

        Assert.Equal(RemediationAction.RetryWithDelay, decision.Action);
        Assert.Null(decision.Retry);
        Assert.Equal("attempts_exhausted", decision.NoRetryBecause);
    }

    [Theory]
    [InlineData(0, 480)]
    [InlineData(0.5, 600)]
    [InlineData(0.9999999, 719)]
    public void Should_hand_its_randomness_to_the_policy_that_is_set(double random, int seconds)
    {
        var recipient = new Recipient(new RecipientPolicy { Retry = RetryPolicy.Ladder() });

        Assert.Equal(Noon.AddSeconds(seconds), recipient.Report(BounceCategory.ServerError, random: random).Decision().Retry!.DueAt);
    }

    [Fact]
    public void Should_wait_from_now_and_not_from_when_it_happened() =>
        Assert.Equal(
            Noon.AddDays(1).AddHours(1),
            new Recipient().Report(BounceCategory.MailboxFull, Noon, now: Noon.AddDays(1)).Decision().Retry!.DueAt);

    [Fact]
    public void Should_wait_as_long_as_the_reply_asks() =>
        Assert.Equal(
            Noon.AddHours(3),
            new Recipient().Report(BounceCategory.MailboxFull, Noon, retryAfter: TimeSpan.FromHours(3)).Decision().Retry!.DueAt);

    [Fact]
    public void Should_not_plan_the_same_attempt_twice()
    {
        var recipient = new Recipient();
        var planned = recipient.Report(BounceCategory.MailboxFull, Noon, "m1").Decision().Retry;

        var again = recipient.Report(BounceCategory.ServerError, Noon.AddMinutes(5), "m1").Decision();

        Assert.Null(again.Retry);
        Assert.Equal("already_scheduled", again.NoRetryBecause);
        Assert.Equal(planned, recipient.State.Retries["m1"]);
    }

    [Fact]
    public void Should_know_the_failure_of_a_retry_although_the_source_does_not_count()
    {
        var recipient = new Recipient();
        var due = recipient.Report(BounceCategory.ConnectionTimeout, Noon, "m1").Decision().Retry!.DueAt;

        Assert.Equal("already_scheduled", recipient.Report(BounceCategory.ConnectionTimeout, due.AddTicks(-1), "m1").Decision().NoRetryBecause);
        for (var attempt = 2; attempt <= 5; attempt++)
        {
            var next = recipient.Report(BounceCategory.ConnectionTimeout, due.AddDays(attempt), "m1", action: RemediationAction.RetryWithDelay).Decision().Retry!;
            Assert.Equal(attempt, next.Attempt);
            due = next.DueAt;
        }

        Assert.Equal("attempts_exhausted", recipient.Report(BounceCategory.ConnectionTimeout, due.AddDays(1), "m1").Decision().NoRetryBecause);
    }

    [Fact]
    public void Should_replace_the_plan_by_that_of_the_next_attempt()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon, "m1");
        recipient.Report(BounceCategory.MailboxFull, Noon.AddMinutes(5), "m1", retryCount: 1);

        Assert.Equal("superseded", recipient.RetryUnwantedBecause("m1", 1, Noon.AddHours(1)));
        Assert.Null(recipient.RetryUnwantedBecause("m1", 2, Noon.AddHours(1)));
    }

    [Fact]
    public void Should_want_a_retry_even_while_the_recipient_is_held_for_a_recent_bounce()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon, "m1");

        Assert.Equal(SendAdvice.Hold, recipient.Standing.Check(null, Noon.AddHours(1)).Advice);
        Assert.Null(recipient.RetryUnwantedBecause("m1", 1, Noon.AddHours(1)));
    }

    [Fact]
    public void Should_not_want_a_retry_of_a_message_that_was_delivered_meanwhile()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon, "m1");
        recipient.Deliver(Noon.AddMinutes(5), "m1");

        Assert.Equal("delivered_or_unknown", recipient.RetryUnwantedBecause("m1", 1, Noon.AddHours(1)));
    }

    [Fact]
    public void Should_not_plan_a_retry_of_a_message_whose_delivery_arrived_before_its_bounce()
    {
        var recipient = new Recipient();
        recipient.Deliver(Noon.AddMinutes(5), "m1");

        Assert.Equal("delivered", recipient.Report(BounceCategory.MailboxFull, Noon, "m1", now: Noon.AddMinutes(6)).Decision().NoRetryBecause);
    }

    [Fact]
    public void Should_keep_the_retry_of_a_message_that_bounced_after_it_was_taken_whichever_arrived_first()
    {
        var inOrder = new Recipient();
        inOrder.Deliver(Noon, "m1", now: Noon.AddHours(1));
        inOrder.Report(BounceCategory.MailboxFull, Noon.AddMinutes(5), "m1", now: Noon.AddHours(1));
        var outOfOrder = new Recipient();
        outOfOrder.Report(BounceCategory.MailboxFull, Noon.AddMinutes(5), "m1", now: Noon.AddHours(1));
        outOfOrder.Deliver(Noon, "m1", now: Noon.AddHours(1));

        Assert.Null(inOrder.RetryUnwantedBecause("m1", 1, Noon.AddHours(2)));
        Assert.Null(outOfOrder.RetryUnwantedBecause("m1", 1, Noon.AddHours(2)));
    }

    [Fact]
    public void Should_not_plan_a_retry_to_a_suppressed_recipient()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.UserNotFound, Noon);

        Assert.Equal("suppressed", recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(1)).Decision().NoRetryBecause);
    }

    [Fact]
    public void Should_not_plan_a_retry_when_this_very_bounce_suppresses_the_recipient()
    {
        var recipient = new Recipient();
        for (var n = 0; n < 4; n++)
        {
            Assert.NotNull(recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(n)).Decision().Retry);
        }

        Assert.Equal("suppressed", recipient.Report(BounceCategory.MailboxFull, Noon.AddHours(4)).Decision().NoRetryBecause);
    }

    [Fact]
    public void Should_no_longer_want_a_planned_retry_when_the_recipient_was_suppressed_meanwhile()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon, "m1");
        recipient.Report(BounceCategory.Complaint, Noon.AddMinutes(1));

        Assert.Equal("complaint", recipient.RetryUnwantedBecause("m1", 1, Noon.AddHours(1)));
    }

    [Fact]
    public void Should_no_longer_want_a_retry_in_a_stream_the_recipient_left()
    {
        var recipient = new Recipient();
        recipient.Report(BounceCategory.MailboxFull, Noon, "m1", stream: "marketing");
        recipient.Report(BounceCategory.MailboxFull, Noon, "m2", stream: "transactional");
        recipient.Report(BounceCategory.UnsubscribeRequest, Noon.AddMinutes(1), stream: "marketing");

        Assert.Equal("unsubscribe_request", recipient.RetryUnwantedBecause("m1", 1, Noon.AddHours(1)));
        Assert.Null(recipient.RetryUnwantedBecause("m2", 1, Noon.AddHours(1)));
    }

    [Fact]
    public void Should_not_want_a_retry_it_never_planned() =>
        Assert.Equal("delivered_or_unknown", new Recipient().RetryUnwantedBecause("m1", 1, Noon));

    [Fact]
    public void Should_plan_a_retry_by_report_when_the_source_names_no_message()
    {
        var recipient = new Recipient();
        var id = recipient.NewId();

        var decided = recipient.Tell(
            new RecipientCommands.RecordReport
            {
                Key = Recipient.Key,
                Tenant = "default",
                EventId = id,
                Facts = new ReportFacts { Source = "spec" },
                Verdict = Recipient.Verdict(BounceCategory.MailboxFull),
                Random = 0.5,
            },
            Noon);

        Assert.Equal($"report:{id:N}", decided.Decision().Retry!.MessageId);
    }

    [Fact]
    public void Should_remember_a_bounded_number_of_retries()
    {
        var recipient = new Recipient(new RecipientPolicy { SoftThreshold = 1_000, ReputationThreshold = 0 });
        for (var n = 0; n < RecipientState.MaxRetries + 10; n++)
        {
            recipient.Report(BounceCategory.MailboxFull, Noon.AddMinutes(n), $"m{n}");
        }

        Assert.Equal(64, recipient.State.Retries.Count);
        Assert.DoesNotContain("m9", recipient.State.Retries.Keys);
        Assert.Contains("m10", recipient.State.Retries.Keys);
    }
}
