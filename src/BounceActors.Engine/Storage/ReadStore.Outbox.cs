using System.Text.Json;
using System.Text.Json.Serialization;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace BounceActors.Engine.Storage;

/// <content>What others are told.</content>
public sealed partial class ReadStore
{
    private static readonly JsonSerializerOptions PayloadJson = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly Batch<OutboxRow> OutboxRows = new Batch<OutboxRow>()
        .Text("unique_id", o => o.UniqueId)
        .Text("type", o => o.Type)
        .Text("tenant", o => o.Tenant)
        .Text("recipient_key", o => o.RecipientKey?.Value)
        .Text("payload", o => o.Payload)
        .Time("created_at", o => o.CreatedAt);

    private static readonly string InsertOutbox = OutboxRows.InsertInto("outbox", "ON CONFLICT (unique_id) DO NOTHING");

    /// <summary>What was announced after a position, in order. Nothing ever appears at or before a position that was read.</summary>
    /// <param name="after">The last position read; 0 begins at the start.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<OutboxRow>> OutboxAsync(long after, int limit, CancellationToken ct) => await ReadAsync(
        db => db.Outbox.Where(o => o.Position > after).OrderBy(o => o.Position).Take(limit).ToListAsync(ct), ct);

    /// <summary>Numbers for metrics.</summary>
    public Task<StoreCounts> CountsAsync(DateTimeOffset now, CancellationToken ct) => ReadAsync(async db => new StoreCounts(
        await db.Retries.LongCountAsync(r => r.State == RetryState.Pending, ct),
        await db.Retries.LongCountAsync(r => r.State == RetryState.Pending && r.DueAt <= now, ct),
        await db.Retries.LongCountAsync(r => r.State == RetryState.Emitted || r.State == RetryState.Leased, ct),
        await db.Reviews.LongCountAsync(r => r.State == ReviewState.Open, ct),
        await db.Outbox.MaxAsync(o => (long?)o.Position, ct) ?? 0), ct);

    private static async Task ProjectOutboxAsync(ReadConnection db, ProjectedEvent[] fresh, CancellationToken ct) =>
        await AddToOutboxAsync(db, [.. fresh.SelectMany(e => Announcements(e.Event))], ct);

    /// <summary>
    /// The last thing a transaction does. Positions are given out before a commit; writers take turns from here to their commit, or a reader could see
    /// a later position before an earlier one and pass that over for ever.
    /// </summary>
    private static async Task AddToOutboxAsync(ReadConnection db, OutboxRow[] rows, CancellationToken ct)
    {
        if (rows.Length > 0 && !db.IsSqlite)
        {
            await db.ExecuteAsync($"SELECT pg_advisory_xact_lock({OutboxLock})", ct);
        }

        await OutboxRows.ExecuteAsync(db, InsertOutbox, rows, ct);
    }

    private static IEnumerable<OutboxRow> Announcements(RecipientEvents.Event e)
    {
        var level = e.After.LevelAt(e.RecordedAt);
        if (level > e.LevelBefore)
        {
            var suppression = e.After.Suppressions.First(s => s.Level == level && s.AppliesTo(null, e.RecordedAt));
            yield return Row(OutboxTypes.RecipientSuppressed, e, new
            {
                recipientKey = e.Key.Value,
                level = level.ToWire(),
                previousLevel = e.LevelBefore.ToWire(),
                until = suppression.Until,
                reason = suppression.Reason,
                eventId = e.EventId,
            });
        }

        if (e is not RecipientEvents.ReportRecorded report)
        {
            yield break;
        }

        if (report.Decision.Removed)
        {
            yield return Row(OutboxTypes.RecipientRemoved, e, new
            {
                recipientKey = e.Key.Value,
                category = report.Verdict.Category.ToWire(),
                messageId = report.Facts.MessageId,
                eventId = e.EventId,
            });
        }

        if (report.Decision.SenderImpact.Alert && report.Facts.SenderDomain is { } domain)
        {
            yield return Row(OutboxTypes.SenderAlert, e, new
            {
                senderDomain = domain,
                severity = report.Decision.SenderImpact.Severity.ToWire(),
                scoreChange = report.Decision.SenderImpact.ScoreChange,
                recommendations = report.Decision.SenderImpact.Recommendations,
                category = report.Verdict.Category.ToWire(),
                provider = report.Verdict.Provider,
                eventId = e.EventId,
            }) with
            { RecipientKey = null };
        }
    }

    private static OutboxRow Row(string type, RecipientEvents.Event e, object payload) => new()
    {
        UniqueId = $"{type}:{e.EventId:N}",
        Type = type,
        Tenant = e.Tenant,
        RecipientKey = e.Key,
        Payload = JsonSerializer.Serialize(payload, PayloadJson),
        CreatedAt = e.RecordedAt,
    };

    private static OutboxRow RetryDue(RetryRow retry, DateTimeOffset now) => new()
    {
        UniqueId = $"{OutboxTypes.RetryDue}:{retry.Id}",
        Type = OutboxTypes.RetryDue,
        Tenant = retry.Tenant,
        RecipientKey = retry.RecipientKey,
        Payload = JsonSerializer.Serialize(
            new
            {
                id = retry.Id.Value,
                recipientKey = retry.RecipientKey.Value,
                messageId = retry.MessageId,
                attempt = retry.Attempt,
                stream = retry.Stream,
                dueAt = retry.DueAt,
                category = retry.Category.ToWire(),
                reportId = retry.ReportId,
            },
            PayloadJson),
        CreatedAt = now,
    };
}
