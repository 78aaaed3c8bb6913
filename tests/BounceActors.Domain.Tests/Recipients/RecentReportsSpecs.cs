using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Recipients;

public class RecentReportsSpecs
{
    private static readonly DateTimeOffset Noon = Recipient.Noon;
    private static readonly EnhancedStatusCode Full = new(4, 2, 2);

    [Fact]
    public void Should_answer_a_repeated_report_with_the_first_one()
    {
        var recipient = new Recipient();
        var first = Tell(recipient, Facts(messageId: "m1"));

        var again = Tell(recipient, Facts(messageId: "m1"), Noon.AddDays(1));

        Assert.Null(again.Event);
        Assert.Equal(first.EventId, again.EventId);
        Assert.Equal(recipient.State.Retries["m1"], again.ExistingRetry);
        Assert.Equal(1, recipient.State.EventCount);
    }

    [Fact]
    public void Should_know_a_command_again_by_its_own_id_whatever_else_it_says()
    {
        var recipient = new Recipient();
        var id = recipient.NewId();
        Tell(recipient, Facts(messageId: "m1"), id: id);

        Assert.True(Repeats(recipient, Facts(messageId: "m2"), Noon.AddHours(3), id));
    }

    [Fact]
    public void Should_know_a_report_again_by_the_id_its_source_gave_it_whatever_else_it_says()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1", sourceEventId: "e1"));

        Assert.True(Repeats(recipient, Facts(messageId: "m2", sourceEventId: "e1", occurredAt: Noon.AddHours(5)), Noon.AddHours(6)));
    }

    [Fact]
    public void Should_keep_the_ids_of_sources_apart()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1", sourceEventId: "e1"));

        Assert.False(Repeats(recipient, Facts(messageId: "m2", sourceEventId: "e1", source: "other")));
    }

    [Fact]
    public void Should_know_a_report_again_by_its_meaning_although_the_source_gave_it_a_new_id()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1", sourceEventId: "e1", code: Full));

        Assert.True(Repeats(recipient, Facts(messageId: "m1", sourceEventId: "e2", code: Full)));
        Assert.True(Repeats(recipient, Facts(messageId: "m1", source: "other", code: Full, occurredAt: Noon.AddMilliseconds(999)), Noon.AddSeconds(1)));
    }

    [Fact]
    public void Should_not_take_another_message_second_code_or_outcome_for_the_same()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1", code: Full));

        Assert.False(Repeats(recipient, Facts(messageId: "m2", code: Full)));
        Assert.False(Repeats(recipient, Facts(messageId: "m1", code: Full, occurredAt: Noon.AddSeconds(1)), Noon.AddSeconds(1)));
        Assert.False(Repeats(recipient, Facts(messageId: "m1", code: new EnhancedStatusCode(5, 2, 2))));
        Assert.False(Repeats(recipient, Facts(messageId: "m1")));
        Assert.False(Repeats(recipient, Facts(messageId: "m1", code: Full), category: BounceCategory.DeliverySuccess));
    }

    [Fact]
    public void Should_take_the_time_in_steps_of_ten_minutes_when_no_message_is_named()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts());

        Assert.True(Repeats(recipient, Facts(occurredAt: Noon.AddSeconds(599)), Noon.AddSeconds(599)));
        Assert.False(Repeats(recipient, Facts(occurredAt: Noon.AddSeconds(600)), Noon.AddSeconds(600)));
    }

    [Fact]
    public void Should_know_a_report_again_whose_source_has_a_clock_ahead_of_ours()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1", occurredAt: Noon.AddHours(1)), Noon);

        Assert.True(Repeats(recipient, Facts(messageId: "m1", occurredAt: Noon.AddHours(1)), Noon.AddMinutes(5)));
    }

    [Fact]
    public void Should_remember_for_eight_days()
    {
        Assert.Equal(TimeSpan.FromDays(8), RecentReports.Memory);
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1"));

        Assert.True(Repeats(recipient, Facts(messageId: "m1"), Noon.AddDays(8)));
        Assert.False(Repeats(recipient, Facts(messageId: "m1"), Noon.AddDays(8).AddTicks(1)));
    }

    [Fact]
    public void Should_forget_what_is_older_than_eight_days_at_the_next_event()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1"));
        Tell(recipient, Facts(messageId: "m2", occurredAt: Noon.AddDays(9)), Noon.AddDays(9));

        Assert.Single(recipient.State.Recent);
    }

    [Fact]
    public void Should_not_remember_without_bound()
    {
        var recipient = new Recipient();
        for (var n = 0; n < 600; n++)
        {
            Tell(recipient, Facts(messageId: $"m{n}"));
        }

        Assert.Equal(512, RecentReports.MaxMarks);
        Assert.Equal(512, recipient.State.Recent.Count);
        Assert.True(Repeats(recipient, Facts(messageId: "m599")));
        Assert.False(Repeats(recipient, Facts(messageId: "m0")));
    }

    [Fact]
    public void Should_not_count_a_repeated_report_that_is_remembered_no_longer_when_it_names_its_message()
    {
        var recipient = new Recipient();
        Tell(recipient, Facts(messageId: "m1"));
        Tell(recipient, Facts(messageId: "m1"), Noon.AddDays(30));

        Assert.Equal(1, recipient.Standing.BounceCount);
    }

    private static ReportFacts Facts(
        string? messageId = null, string? sourceEventId = null, string source = "spec", EnhancedStatusCode? code = null, DateTimeOffset? occurredAt = null) =>
        new() { Source = source, SourceEventId = sourceEventId, MessageId = messageId, EnhancedCode = code, OccurredAt = occurredAt ?? Noon };

    private static Decided Tell(Recipient recipient, ReportFacts facts, DateTimeOffset? now = null, Guid? id = null) =>
        recipient.Tell(Command(recipient, facts, id), now ?? Noon);

    private static bool Repeats(Recipient recipient, ReportFacts facts, DateTimeOffset? now = null, Guid? id = null, BounceCategory category = BounceCategory.MailboxFull) =>
        recipient.State.Decide(Command(recipient, facts, id, category), now ?? Noon, recipient.Policy).Event is null;

    private static RecipientCommands.RecordReport Command(
        Recipient recipient, ReportFacts facts, Guid? id, BounceCategory category = BounceCategory.MailboxFull) => new()
        {
            Key = Recipient.Key,
            Tenant = "default",
            EventId = id ?? recipient.NewId(),
            Facts = facts,
            Verdict = Recipient.Verdict(category),
            Random = 0.5,
        };
}
