using System.Buffers.Binary;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;

namespace BounceActors.Engine.Deliveries;

/// <summary>Counts deliveries durably, many in one transaction, each once (docs/decisions/deliveries.md).</summary>
public sealed class DeliveryCounter(ReadStore store, IndexFeed feed) : IAsyncDisposable
{
    private const int BatchSize = 1_000;

    private readonly Batcher<DeliveryRow, bool> _batches = new(BatchSize, 5_000, async rows =>
    {
        var known = await store.CountDeliveriesAsync(rows, CancellationToken.None);

        // After the commit: a recipient whose first event comes into the read tables later than this look is told by the projection.
        await feed.LookAgainAsync();
        return known;
    });

    /// <summary>
    /// Returns when the report is counted and remembered, and this node's index has everybody who was in the read tables then; true when it was counted before.
    /// </summary>
    public Task<bool> CountAsync(RecipientCommands.RecordReport report, DateTimeOffset now, CancellationToken cancel) => _batches.RunAsync(
        new DeliveryRow(
            report.Key.Mark,
            RecentReports.MeaningOf(report.Facts, report.Verdict.Outcome, now),
            report.Tenant,
            report.Facts.SenderDomain ?? "",
            report.Verdict.Provider ?? "",
            report.Facts.OccurredAt is { } time && time < now ? time : now,
            report.Facts.MessageId,
            report.Facts.Source),
        cancel);

    /// <summary>The id that a counted report has whenever it comes, and however it is told.</summary>
    public static Guid IdOf(ulong recipient, ulong meaning)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, recipient);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], meaning);
        return new Guid(bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _batches.DisposeAsync();
}
