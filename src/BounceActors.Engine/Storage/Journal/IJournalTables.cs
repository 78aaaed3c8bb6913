using Akka.Persistence.Sql.Journal.Types;
using Akka.Persistence.Sql.Snapshot;

namespace BounceActors.Engine.Storage.Journal;

/// <summary>
/// The plugin's own tables, asked and written for many persistent actors at once. Every list that is returned has one element for each of the call,
/// in its order.
/// </summary>
internal interface IJournalTables : IAsyncDisposable
{
    /// <summary>Stores rows with their tags, all or none, with rising ordering numbers in the order given.</summary>
    Task WriteAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct);

    /// <summary>
    /// Stores first events of persistent actors, in one transaction; passes over those of whom there is one already. Says of each row whether it was stored.
    /// Each row has one tag, and no two are of the same actor.
    /// </summary>
    Task<IReadOnlyList<bool>> WriteFirstAsync(IReadOnlyList<JournalRow> rows, CancellationToken ct);

    /// <summary>The highest sequence number above the one given, deleted events included; 0 when there is none.</summary>
    Task<IReadOnlyList<long>> HighestAsync(IReadOnlyList<HighestQuery> queries, CancellationToken ct);

    /// <summary>Events in the order of their sequence numbers, without deleted ones.</summary>
    Task<IReadOnlyList<IReadOnlyList<JournalRow>>> ReplayAsync(IReadOnlyList<ReplayQuery> queries, CancellationToken ct);

    /// <summary>The latest snapshots; null where there is none.</summary>
    Task<IReadOnlyList<LongSnapshotRow?>> LatestSnapshotsAsync(IReadOnlyList<string> ids, CancellationToken ct);

    /// <summary>The highest ordering number that can be seen, and then those who may still make lower ones visible.</summary>
    Task<Writers> WritersAsync(CancellationToken ct);

    /// <summary>Rows of a tag in their order, deleted ones included; a row whose tag is there without it has no <see cref="JournalRow.Identifier"/>.</summary>
    Task<IReadOnlyList<JournalRow>> TaggedAsync(string tag, long after, long upTo, int max, CancellationToken ct);

    /// <summary>Whether an error says that the database refused what one row or question holds, and has done nothing.</summary>
    bool IsOfOne(Exception cause);
}

/// <summary>What is the highest sequence number above <paramref name="After"/>?</summary>
internal readonly record struct HighestQuery(string Id, long After);

/// <summary>Which events are there from one sequence number to another, both included, at most <paramref name="Max"/>?</summary>
internal readonly record struct ReplayQuery(string Id, long From, long To, int Max);

/// <summary>Who writes into the journal.</summary>
/// <param name="Highest">The highest ordering number that could be seen; 0 when there is none.</param>
/// <param name="UnderWay">Names of the transactions that were writing after that was read. A name is not given twice.</param>
internal sealed record Writers(long Highest, IReadOnlySet<string> UnderWay);
