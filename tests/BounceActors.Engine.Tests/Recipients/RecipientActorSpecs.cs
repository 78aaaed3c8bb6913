using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace BounceActors.Engine.Tests.Recipients;

public class RecipientActorSpecs : TestKit
{
    private static readonly RecipientKey Key = new("abcdefghijklmnopqrstuvwxyz");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    public RecipientActorSpecs(ITestOutputHelper output)
        : base(EngineTestConfig.WithSqlite(Path.Combine(Path.GetTempPath(), $"bounceactors-{Guid.NewGuid():N}")), output: output)
    {
    }

    [Fact]
    public void Should_answer_a_report_with_what_it_decided()
    {
        var recipient = Recipient();

        recipient.Tell(Report("m1"), TestActor);

        var decided = ExpectMsg<RecipientReplies.ReportDecided>();
        Assert.False(decided.Duplicate);
        Assert.Equal(SuppressionLevel.TemporarilySuppressed, decided.After.LevelAt(_time.GetUtcNow()));
        Assert.Equal(RemediationAction.RemoveImmediately, decided.Decision!.Action);
        Assert.True(decided.After.Removed);
    }

    [Fact]
    public void Should_know_a_report_again_after_a_restart()
    {
        var recipient = Recipient();
        var report = Report("m1");
        recipient.Tell(report, TestActor);
        var first = ExpectMsg<RecipientReplies.ReportDecided>();

        recipient = Restarted(recipient);
        recipient.Tell(report with { EventId = Guid.NewGuid() }, TestActor);

        var again = ExpectMsg<RecipientReplies.ReportDecided>();
        Assert.True(again.Duplicate);
        Assert.Equal(first.EventId, again.EventId);
        Assert.Equal(1, again.After.BounceCount);
    }

    [Fact]
    public void Should_recover_the_same_standing_from_a_snapshot_and_the_events_after_it()
    {
        var recipient = Recipient();
        for (var i = 0; i < RecipientActor.SnapshotEvery + 7; i++)
        {
            recipient.Tell(Report($"m{i}"), TestActor);
            ExpectMsg<RecipientReplies.ReportDecided>();
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        recipient.Tell(new RecipientCommands.GetRecipient { Key = Key }, TestActor);
        var before = ExpectMsg<RecipientReplies.RecipientFound>();
        recipient = Restarted(recipient);
        recipient.Tell(new RecipientCommands.GetRecipient { Key = Key }, TestActor);
        var after = ExpectMsg<RecipientReplies.RecipientFound>();

        Assert.Equal(Convert.ToBase64String(WireSerializer.Write(before)), Convert.ToBase64String(WireSerializer.Write(after)));
        Assert.Equal(RecipientActor.SnapshotEvery + 7, after.State.EventCount);
    }

    [Fact]
    public void Should_leave_memory_when_it_was_only_asked_and_nothing_is_known()
    {
        var region = CreateTestProbe();
        var recipient = region.ChildActorOf(Props.Create(() => new RecipientActor(Key.Value, new RecipientPolicy(), _time)));

        recipient.Tell(new RecipientCommands.GetRecipient { Key = Key }, TestActor);

        Assert.Equal(0, ExpectMsg<RecipientReplies.RecipientFound>().SequenceNr);
        region.ExpectMsg<Passivate>();
    }

    [Fact]
    public void Should_say_whether_a_retry_is_still_wanted()
    {
        var recipient = Recipient();
        recipient.Tell(Report("m1", BounceCategory.MailboxFull), TestActor);
        Assert.Equal(1, ExpectMsg<RecipientReplies.ReportDecided>().Decision!.Retry!.Attempt);

        recipient.Tell(new RecipientCommands.ConfirmRetry { Key = Key, MessageId = "m1", Attempt = 1 }, TestActor);
        Assert.True(ExpectMsg<RecipientReplies.RetryConfirmed>().Wanted);

        recipient.Tell(Report("m1", BounceCategory.DeliverySuccess), TestActor);
        ExpectMsg<RecipientReplies.ReportDecided>();
        recipient.Tell(new RecipientCommands.ConfirmRetry { Key = Key, MessageId = "m1", Attempt = 1 }, TestActor);
        Assert.False(ExpectMsg<RecipientReplies.RetryConfirmed>().Wanted);
    }

    internal static RecipientCommands.RecordReport Report(string message, BounceCategory category = BounceCategory.UserNotFound)
    {
        var row = Taxonomy.Of(category);
        return new RecipientCommands.RecordReport
        {
            Key = Key,
            Tenant = "default",
            EventId = Guid.NewGuid(),
            Facts = new ReportFacts { Source = "api", MessageId = message },
            Verdict = new BounceActors.Domain.Classification.Classification
            {
                Outcome = row.Outcome,
                Type = row.Type,
                Category = category,
                Action = row.DefaultAction,
                Fault = row.Fault,
                Permanence = Permanence.Permanent,
                Confidence = 0.95,
                Rule = "test",
            },
            Random = 0.5,
        };
    }

    private IActorRef Recipient() => Sys.ActorOf(Props.Create(() => new RecipientActor(Key.Value, new RecipientPolicy(), _time)));

    private IActorRef Restarted(IActorRef recipient)
    {
        Watch(recipient);
        recipient.Tell(PoisonPill.Instance);
        ExpectTerminated(recipient);
        return Recipient();
    }
}

public class RecipientActorWithFailingJournalSpecs : TestKit
{
    public RecipientActorWithFailingJournalSpecs(ITestOutputHelper output)
        : base(EngineTestConfig.WithFailingJournal(), output: output)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_say_so_when_the_journal_does_not_store_the_event(bool rejects)
    {
        FailingJournal.Rejects = rejects;
        var recipient = Sys.ActorOf(Props.Create(() => new RecipientActor("abcdefghijklmnopqrstuvwxyz", new RecipientPolicy(), TimeProvider.System)));
        Watch(recipient);

        recipient.Tell(RecipientActorSpecs.Report("m1"), TestActor);

        ExpectMsg<RecipientReplies.Failed>();
        if (!rejects)
        {
            ExpectTerminated(recipient);
        }
    }
}
