using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Projections;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>From events to rows.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<(ProjectedEvent Row, SerializedEvent Wire)> HistoryRows =
        new Batch<(ProjectedEvent Row, SerializedEvent Wire)>()
            .Text("recipient_key", r => r.Row.Event.Key.Value)
            .Number("sequence_nr", r => r.Row.SequenceNr)
            .Text("tenant", r => r.Row.Event.Tenant)
            .Id("event_id", r => r.Row.Event.EventId)
            .Text("kind", r => KindOf(r.Row.Event).ToWire())
            .Time("occurred_at", r => OccurredAt(r.Row.Event))
            .Time("recorded_at", r => r.Row.Event.RecordedAt)
            .Text("outcome", r => (r.Row.Event as RecipientEvents.ReportRecorded)?.Verdict.Outcome.ToWire())
            .Text("category", r => CategoryOf(r.Row.Event)?.ToWire())
            .Text("rule", r => (r.Row.Event as RecipientEvents.ReportRecorded)?.Verdict.Rule)
            .Text("source", r => (r.Row.Event as RecipientEvents.ReportRecorded)?.Facts.Source)
            .Text("message_id", r => MessageIdOf(r.Row.Event))
            .Text("manifest", r => r.Wire.Manifest)
            .Bytes("payload", r => r.Wire.Payload);

    private static readonly Batch<(ProjectedEvent Row, long ChangeNr)> RecipientRows = new Batch<(ProjectedEvent Row, long ChangeNr)>()
        .Text("recipient_key", e => e.Row.Event.Key.Value)
        .Text("tenant", e => e.Row.Event.Tenant)
        .Number("sequence_nr", e => e.Row.SequenceNr)
        .Text("level", e => e.Row.Event.After.LevelAt(e.Row.Event.RecordedAt).ToWire())
        .Time("until", e => e.Row.Event.After.UntilAt(e.Row.Event.RecordedAt))
        .Flag("removed", e => e.Row.Event.After.Removed)
        .Number("bounce_count", e => e.Row.Event.After.BounceCount)
        .Number("consecutive", e => e.Row.Event.After.Consecutive)
        .Real("score", e => e.Row.Event.After.Score)
        .Time("last_bounce_at", e => e.Row.Event.After.LastBounceAt)
        .Time("last_delivery_at", e => e.Row.Event.After.LastDeliveryAt)
        .Time("recorded_at", e => e.Row.Event.RecordedAt)
        .Number("slice", e => ProjectionSlices.Of(e.Row.Event.Key))
        .Number("change_nr", e => e.ChangeNr);

    private static readonly Batch<ProjectionRow> ProjectionRows = new Batch<ProjectionRow>()
        .Text("name", p => p.Name)
        .Number("last_offset", p => p.LastOffset)
        .Time("updated_at", p => p.UpdatedAt);

    private static readonly string InsertHistory = HistoryRows.InsertInto("history", "ON CONFLICT (recipient_key, sequence_nr) DO NOTHING");

    private static readonly string UpsertRecipients = RecipientRows.InsertInto(
        "recipients",
        """
        ON CONFLICT (recipient_key) DO UPDATE SET
            sequence_nr = excluded.sequence_nr, level = excluded.level, until = excluded.until, removed = excluded.removed,
            bounce_count = excluded.bounce_count, consecutive = excluded.consecutive, score = excluded.score,
            last_bounce_at = excluded.last_bounce_at, last_delivery_at = excluded.last_delivery_at, recorded_at = excluded.recorded_at,
            slice = excluded.slice, change_nr = excluded.change_nr
        WHERE recipients.sequence_nr < excluded.sequence_nr
        """);

    private static readonly string InsertProjection = ProjectionRows.InsertInto("projections", "ON CONFLICT (name) DO NOTHING");

    /// <summary>The last offset a projection has written; 0 when it has written none.</summary>
    public Task<long> OffsetAsync(string projection, CancellationToken ct) =>
        ReadAsync(db => db.Projections.Where(p => p.Name == projection).Select(p => p.LastOffset).FirstOrDefaultAsync(ct), ct);

    /// <summary>How far every projection is.</summary>
    public async Task<IReadOnlyList<ProjectionOffset>> OffsetsAsync(CancellationToken ct)
    {
        var rows = await ReadAsync(db => db.Projections.OrderBy(p => p.Name).ToListAsync(ct), ct);
        return rows.ConvertAll(p => new ProjectionOffset(p.Name, p.LastOffset, p.UpdatedAt));
    }

    /// <summary>Sequence number of the last event of a recipient that the read tables know; 0 when they know none.</summary>
    public Task<long> ProjectedSequenceAsync(RecipientKey key, CancellationToken ct) =>
        ReadAsync(db => db.Recipients.Where(r => r.RecipientKey == key).Select(r => r.SequenceNr).FirstOrDefaultAsync(ct), ct);

    /// <summary>
    /// Writes what a batch of events means, and the projection's new offset, in one transaction. Events that a recipient's rows already contain are
    /// passed over, so a batch may come again. Throws <see cref="ProjectionFencedException"/> when the offset is not <paramref name="expectedOffset"/>.
    /// </summary>
    /// <param name="projection">Which projection; an offset of its own.</param>
    /// <param name="expectedOffset">Its offset so far; 0 for a new one.</param>
    /// <param name="newOffset">Its offset afterwards; greater than <paramref name="expectedOffset"/>.</param>
    /// <param name="events">Events in the order of their offsets.</param>
    /// <param name="ct">Gives up before the transaction is committed.</param>
    public Task<ProjectionResult> ProjectAsync(
        string projection, long expectedOffset, long newOffset, IReadOnlyList<ProjectedEvent> events, CancellationToken ct) =>
        ProjectAsync(projection, expectedOffset, newOffset, events, (_, _, _) => Task.FromResult<IReadOnlyList<ProjectedEvent>>([]), ct);

    /// <param name="projection">As above.</param>
    /// <param name="expectedOffset">As above.</param>
    /// <param name="newOffset">As above.</param>
    /// <param name="events">As above.</param>
    /// <param name="missing">The events of a recipient between two sequence numbers, both included, that neither its rows nor the batch have.</param>
    /// <param name="ct">As above.</param>
    internal Task<ProjectionResult> ProjectAsync(
        string projection,
        long expectedOffset,
        long newOffset,
        IReadOnlyList<ProjectedEvent> events,
        Func<RecipientKey, long, long, Task<IReadOnlyList<ProjectedEvent>>> missing,
        CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedOffset);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(newOffset, expectedOffset);
        return WriteAsync(async db =>
        {
            await MoveOffsetAsync(db, projection, expectedOffset, newOffset, ct);
            var (fresh, skipped, gaps) = await FreshAsync(db, events, missing, ct);
            if (fresh.Length == 0)
            {
                return new ProjectionResult(0, events.Count, gaps);
            }

            // One order for all, so that projections that share a row never wait for each other crosswise.
            var last = fresh.GroupBy(e => e.Event.Key).Select(g => g.Last()).OrderBy(e => e.Event.Key.Value, StringComparer.Ordinal).ToArray();
            await HistoryRows.ExecuteAsync(db, InsertHistory, Array.ConvertAll(fresh, e => (e, _serialize(e.Event))), ct);
            await RecipientRows.ExecuteAsync(db, UpsertRecipients, await NumberedAsync(db, last, ct), ct);
            await ProjectSuppressionsAsync(db, last, ct);
            await ProjectRetriesAsync(db, fresh, ct);
            await ProjectReviewsAsync(db, fresh, ct);
            await ProjectSendersAsync(db, fresh, ct);
            await ProjectOutboxAsync(db, fresh, ct);
            return new ProjectionResult(fresh.Length, skipped, gaps);
        }, ct);
    }

    /// <summary>
    /// Forgets everything that projections wrote and how far they are, in one transaction, so that they write it anew from the journal. What is not only in
    /// the journal stays: addresses, the deployment, the state of retries (emitted, leased, acknowledged) and the outbox, whose rows are known again by
    /// their ids.
    /// </summary>
    public Task ForgetProjectedAsync(CancellationToken ct) => WriteAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        foreach (var table in new[] { "projections", "recipients", "history", "suppressions", "reviews", "sender_stats" })
        {
            command.CommandText = $"DELETE FROM {table}";
            await command.ExecuteNonQueryAsync(ct);
        }

        return true;
    }, ct);

    /// <summary>Moving the offset first makes a second writer of the same projection wait, and then find that it has moved.</summary>
    private async Task MoveOffsetAsync(ReadConnection db, string projection, long expected, long next, CancellationToken ct)
    {
        var row = new ProjectionRow { Name = projection, LastOffset = next, UpdatedAt = _clock.GetUtcNow() };
        var moved = await db.Projections
            .Where(p => p.Name == projection && p.LastOffset == expected)
            .Set(p => p.LastOffset, row.LastOffset)
            .Set(p => p.UpdatedAt, row.UpdatedAt)
            .UpdateAsync(ct);
        if (moved == 0 && expected == 0)
        {
            moved = await ProjectionRows.ExecuteAsync(db, InsertProjection, [row], ct);
        }

        if (moved == 0)
        {
            throw new ProjectionFencedException(projection, expected);
        }
    }

    /// <summary>The events that the rows do not contain yet, holes filled, and the recipients of whom one is missing in between all the same.</summary>
    private static async Task<(ProjectedEvent[] Fresh, int Skipped, IReadOnlyList<RecipientKey> Gaps)> FreshAsync(
        ReadConnection db,
        IReadOnlyList<ProjectedEvent> events,
        Func<RecipientKey, long, long, Task<IReadOnlyList<ProjectedEvent>>> missing,
        CancellationToken ct)
    {
        var known = await (
            from key in db.Keys(events.Select(e => e.Event.Key))
            join row in db.Recipients on key equals row.RecipientKey
            select new { row.RecipientKey, row.SequenceNr }).ToDictionaryAsync(r => r.RecipientKey, r => r.SequenceNr, ct);
        var fresh = new List<ProjectedEvent>(events.Count);
        var skipped = 0;
        var gaps = new HashSet<RecipientKey>();
        foreach (var e in events)
        {
            var before = known.GetValueOrDefault(e.Event.Key);
            if (e.SequenceNr <= before)
            {
                skipped++;
                continue;
            }

            if (e.SequenceNr > before + 1)
            {
                var found = await missing(e.Event.Key, before + 1, e.SequenceNr - 1);
                fresh.AddRange(found);
                if (found.Count < e.SequenceNr - 1 - before)
                {
                    gaps.Add(e.Event.Key);
                }
            }

            known[e.Event.Key] = e.SequenceNr;
            fresh.Add(e);
        }

        return ([.. fresh], skipped, [.. gaps]);
    }

    private static HistoryKind KindOf(RecipientEvents.Event e) => e switch
    {
        RecipientEvents.ReportRecorded => HistoryKind.ReportRecorded,
        RecipientEvents.SuppressionAdded => HistoryKind.SuppressionAdded,
        RecipientEvents.SuppressionLifted => HistoryKind.SuppressionLifted,
        RecipientEvents.ReportReviewed => HistoryKind.ReportReviewed,
        _ => throw new InvalidOperationException($"unknown event {e.GetType().Name}"),
    };

    private static DateTimeOffset OccurredAt(RecipientEvents.Event e) => e is RecipientEvents.ReportRecorded report ? report.OccurredAt : e.RecordedAt;

    private static BounceCategory? CategoryOf(RecipientEvents.Event e) => e switch
    {
        RecipientEvents.ReportRecorded report => report.Verdict.Category,
        RecipientEvents.ReportReviewed review => review.To,
        _ => null,
    };

    private static string? MessageIdOf(RecipientEvents.Event e) => e switch
    {
        RecipientEvents.ReportRecorded report => report.Facts.MessageId,
        RecipientEvents.ReportReviewed review => review.MessageId,
        _ => null,
    };
}
