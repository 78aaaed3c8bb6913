using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Snapshot;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// The plugin's snapshot store on the plugin's table, with the one thing every recipient asks at its start (the latest snapshot, which most have none
/// of) asked for many at once. Everything else stays the plugin's.
/// </summary>
internal sealed class BatchingSnapshotStore : SqlSnapshotStore
{
    private readonly IJournalTables _tables;
    private readonly Akka.Serialization.Serialization _serialization;
    private readonly Batcher<string, LongSnapshotRow?> _latest;

    public BatchingSnapshotStore(Config config)
        : base(config)
    {
        _serialization = Context.System.Serialization;
        _tables = JournalTables.Open(config);
        _latest = new Batcher<string, LongSnapshotRow?>(
            new Limits(JournalTables.Lanes(config), Waiting: 5_000, Items: 200, Weight: 200), _ => 1, _tables.LatestSnapshotsAsync, _tables.IsOfOne);
    }

    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        if (criteria.MaxSequenceNr != long.MaxValue || criteria.MaxTimeStamp != DateTime.MaxValue)
        {
            return await base.LoadAsync(persistenceId, criteria, cancellationToken);
        }

        var row = await _latest.SubmitAsync(persistenceId, persistenceId, cancellationToken);
        return row switch
        {
            null => null,

            // Written by an old plugin: it names a class instead of a serializer.
            { SerializerId: null } => await base.LoadAsync(persistenceId, criteria, cancellationToken),
            _ => new SelectedSnapshot(
                new SnapshotMetadata(row.PersistenceId, row.SequenceNumber, new DateTime(row.Created)),
                _serialization.Deserialize(row.Payload, row.SerializerId.Value, row.Manifest)),
        };
    }

    protected override void PostStop()
    {
        _latest.Stop();
        _ = _tables.DisposeAsync();
        base.PostStop();
    }
}
