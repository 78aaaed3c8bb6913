using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Journal;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Projections;

namespace BounceActors.Engine.Recipients;

/// <summary>
/// One recipient: remembers, decides, persists one event per report, and answers when it is stored. All thinking is in
/// <see cref="RecipientState"/>. Recipients start by the thousand a second, so starting one must be cheap: no tables of handlers are built.
/// </summary>
public sealed class RecipientActor : UntypedPersistentActor
{
    /// <summary>Events between two snapshots: a replay stays short, and most recipients never need one.</summary>
    public const int SnapshotEvery = 50;

    private readonly RecipientPolicy _policy;
    private readonly TimeProvider _time;
    private RecipientState _state = RecipientState.Empty;

    public RecipientActor(string entityId, RecipientPolicy policy, TimeProvider time)
    {
        PersistenceId = PersistenceIdOf(new RecipientKey(entityId));
        _policy = policy;
        _time = time;
    }

    public override string PersistenceId { get; }

    public static string PersistenceIdOf(RecipientKey key) => $"recipient-{key}";

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case RecipientEvents.Event e:
                Apply(e);
                break;
            case SnapshotOffer offer:
                _state = (RecipientState)offer.Snapshot;
                break;
            case RecoveryCompleted:
                break;
            default:
                throw new InvalidOperationException($"{PersistenceId} cannot be recovered: its journal holds a {message.GetType()}");
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case RecipientCommands.GetRecipient:
                Sender.Tell(new RecipientReplies.RecipientFound(LastSequenceNr, _state.Standing(_policy), _state));
                LeaveIfUnknown();
                break;
            case RecipientCommands.ConfirmRetry question:
                var because = _state.RetryUnwantedBecause(question, _time.GetUtcNow(), _policy);
                Sender.Tell(new RecipientReplies.RetryConfirmed(because is null, because));
                LeaveIfUnknown();
                break;
            case RecipientCommands.Command command:
                Handle(command);
                break;
            case SaveSnapshotSuccess saved:
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failed:
                Context.GetLogger().Warning(failed.Cause, "Snapshot of {PersistenceId} at {SequenceNr} was not saved; the journal still has everything", PersistenceId, failed.Metadata.SequenceNr);
                break;
            case DeleteSnapshotsSuccess:
                break;
            case DeleteSnapshotsFailure failed:
                Context.GetLogger().Warning(failed.Cause, "Old snapshots of {PersistenceId} were not deleted", PersistenceId);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell(new RecipientReplies.Failed("the journal did not take the event"));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell(new RecipientReplies.Failed("the journal refused the event"));
        base.OnPersistRejected(cause, @event, sequenceNr);
    }

    private void Handle(RecipientCommands.Command command)
    {
        var decided = _state.Decide(command, _time.GetUtcNow(), _policy);
        if (decided.Event is null)
        {
            Reply(command, decided);
            LeaveIfUnknown();
            return;
        }

        Persist(new Tagged(decided.Event, [ProjectionSlices.TagOf(decided.Event.Key)]), stored =>
        {
            Apply((RecipientEvents.Event)stored.Payload);
            Reply(command, decided);
            if (LastSequenceNr % SnapshotEvery == 0)
            {
                SaveSnapshot(_state);
            }
        });
    }

    /// <summary>
    /// A recipient nobody has reported on need not stay only because somebody asked. Nor may it: an import writes the first event of many recipients at once
    /// without waking them, and one that was awake would not know of it (docs/decisions/bulk-import.md).
    /// </summary>
    private void LeaveIfUnknown()
    {
        if (LastSequenceNr == 0)
        {
            Context.Parent.Tell(new Passivate(PoisonPill.Instance));
        }
    }

    private void Apply(RecipientEvents.Event e) => _state = _state.Apply(e, _policy);

    private void Reply(RecipientCommands.Command command, Decided decided) => Sender.Tell(command is RecipientCommands.RecordReport
        ? new RecipientReplies.ReportDecided(
            decided.EventId,
            decided.Event is null,
            decided.LevelBefore,
            decided.Standing,
            (decided.Event as RecipientEvents.ReportRecorded)?.Decision,
            decided.ExistingRetry)
        : new RecipientReplies.Changed(decided.Event is not null, decided.LevelBefore, decided.Standing));
}
