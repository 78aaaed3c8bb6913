using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>The trail of a recipient.</content>
public sealed partial class ReadStore
{
    /// <summary>A recipient's events, latest recorded first.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="beforeSequence">Only events before this sequence number; null begins with the latest.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<HistoryRow>> HistoryAsync(RecipientKey key, int limit, long? beforeSequence, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = beforeSequence ?? long.MaxValue;
        return await ReadAsync(
            db => db.History
                .Where(h => h.RecipientKey == key && h.SequenceNr < before)
                .OrderByDescending(h => h.SequenceNr)
                .Take(limit)
                .ToListAsync(ct),
            ct);
    }
}
