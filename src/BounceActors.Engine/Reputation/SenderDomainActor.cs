using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using Akka.Persistence;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Reputation;

/// <summary>One sending domain of one tenant: counts what the projections tell it, once, whatever is told twice.</summary>
public sealed class SenderDomainActor : ReceivePersistentActor
{
    /// <summary>Events between two snapshots.</summary>
    public const int SnapshotEvery = 50;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private SenderDomainState _state = SenderDomainState.Empty;

    public SenderDomainActor(string entityId, TimeProvider time)
    {
        PersistenceId = $"sender-{entityId}";

        Recover<SenderEvents.DeltasApplied>(e => _state = _state.Apply(e));
        Recover<SnapshotOffer>(offer => _state = (SenderDomainState)offer.Snapshot);
        Recover<RecoveryCompleted>(_ => { });
        RecoverAny(unknown => throw new InvalidOperationException($"{PersistenceId} cannot be recovered: its journal holds a {unknown.GetType()}"));

        Command<SenderCommands.GetSender>(_ =>
        {
            Sender.Tell(new SenderReplies.SenderFound(_state));
            if (LastSequenceNr == 0)
            {
                Context.Parent.Tell(new Passivate(PoisonPill.Instance));
            }
        });
        Command<SenderCommands.ApplyDeltas>(command =>
        {
            var reply = new SenderReplies.DeltasAcknowledged(command.Slice);
            if (_state.Decide(command, time.GetUtcNow()) is not { } counted)
            {
                Sender.Tell(reply);
                return;
            }

            Persist(counted, stored =>
            {
                _state = _state.Apply(stored);
                Sender.Tell(reply);
                if (LastSequenceNr % SnapshotEvery == 0)
                {
                    SaveSnapshot(_state);
                }
            });
        });
        Command<SaveSnapshotSuccess>(saved => DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1)));
        Command<SaveSnapshotFailure>(failed => _log.Warning(failed.Cause, "Snapshot of {PersistenceId} at {SequenceNr} was not saved; the journal still has everything", PersistenceId, failed.Metadata.SequenceNr));
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteSnapshotsFailure>(failed => _log.Warning(failed.Cause, "Old snapshots of {PersistenceId} were not deleted", PersistenceId));
    }

    public override string PersistenceId { get; }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell(new SenderReplies.Failed("the journal did not take the event"));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell(new SenderReplies.Failed("the journal refused the event"));
        base.OnPersistRejected(cause, @event, sequenceNr);
    }
}

/// <summary>Registry key of the region sending domains live in.</summary>
public sealed class SenderRegion;

/// <summary>Sends a command to the sending domain it names.</summary>
public sealed class SenderExtractor() : HashCodeMessageExtractor(ShardCount)
{
    /// <summary>Decided once (docs/decisions/shard-count.md).</summary>
    public const int ShardCount = 100;

    public override string? EntityId(object message) => message switch
    {
        SenderCommands.ApplyDeltas c => EntityIdOf(c.Tenant, c.Domain),
        SenderCommands.GetSender c => EntityIdOf(c.Tenant, c.Domain),
        _ => null,
    };

    // Neither tenants nor domains contain a tilde.
    private static string EntityIdOf(string tenant, string domain) => $"{tenant}~{domain}";
}

public static class SenderSharding
{
    public const string TypeName = "sender";

    /// <summary>One sharded persistent actor per tenant and sending domain.</summary>
    public static AkkaConfigurationBuilder AddSenders(this AkkaConfigurationBuilder builder, NodeOptions node) =>
        builder.AddRegion<SenderRegion>(
            node,
            TypeName,
            resolver => entityId => Props.Create(() => new SenderDomainActor(entityId, resolver.GetService<TimeProvider>())),
            new SenderExtractor());
}
