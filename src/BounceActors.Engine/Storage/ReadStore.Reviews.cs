using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>Reports that a person should look at.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<RecipientEvents.ReportRecorded> OpenReviewRows = new Batch<RecipientEvents.ReportRecorded>()
        .Id("report_id", e => e.EventId)
        .Text("recipient_key", e => e.Key.Value)
        .Text("tenant", e => e.Tenant)
        .Text("state", _ => ReviewState.Open.ToWire())
        .Number("priority", e => e.Decision.ReviewPriority)
        .Time("occurred_at", e => e.OccurredAt)
        .Time("recorded_at", e => e.RecordedAt)
        .Text("message_id", e => e.Facts.MessageId)
        .Text("category", e => e.Verdict.Category.ToWire())
        .Text("rule", e => e.Verdict.Rule)
        .Real("confidence", e => e.Verdict.Confidence)
        .Text("provider", e => e.Verdict.Provider)
        .Text("source", e => e.Facts.Source)
        .Number("smtp_code", e => e.Facts.SmtpCode)
        .Text("enhanced_code", e => e.Facts.EnhancedCode?.ToString())
        .Text("diagnostic", e => e.Facts.Diagnostic);

    private static readonly Batch<RecipientEvents.ReportReviewed> ResolvedReviewRows = new Batch<RecipientEvents.ReportReviewed>()
        .Id("report_id", e => e.ReportId)
        .Text("corrected_category", e => e.To.ToWire())
        .Text("resolved_by", e => e.Actor)
        .Text("resolved_reason", e => e.Reason)
        .Time("resolved_at", e => e.RecordedAt);

    private static readonly string InsertReviews = OpenReviewRows.InsertInto("reviews", "ON CONFLICT (report_id) DO NOTHING");

    private const string ResolveReviews =
        """
        UPDATE reviews SET state = 'resolved', corrected_category = r.corrected_category, resolved_by = r.resolved_by,
            resolved_reason = r.resolved_reason, resolved_at = r.resolved_at
        FROM {rows} WHERE reviews.report_id = r.report_id
        """;

    /// <summary>A tenant's review queue, most urgent first, and among equals the longest waiting.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="state">Reports that wait, or reports that are done.</param>
    /// <param name="cursor">Where an earlier page ended.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    public Task<Page<ReviewRow>> ReviewsAsync(string tenant, ReviewState state, string? cursor, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var after = Cursor.Read(cursor, 3);
        return ReadAsync(async db =>
        {
            var query = db.Reviews.Where(r => r.Tenant == tenant && r.State == state);
            if (after is not null)
            {
                var priority = (int)Math.Clamp(Cursor.Number(after[0]), 0, int.MaxValue);
                var recorded = Cursor.Time(after[1]);
                var report = Guid.TryParse(after[2], out var id) ? id : throw new InvalidCursorException();
                query = query.Where(r => r.Priority <= priority
                    && (r.Priority < priority || (r.RecordedAt >= recorded && (r.RecordedAt > recorded || r.ReportId > report))));
            }

            var rows = await query
                .OrderByDescending(r => r.Priority).ThenBy(r => r.RecordedAt).ThenBy(r => r.ReportId)
                .Take(limit + 1)
                .ToListAsync(ct);
            return Cursor.Page(rows, limit, r => Cursor.Of(Cursor.Number(r.Priority), Cursor.Time(r.RecordedAt), r.ReportId.ToString()));
        }, ct);
    }

    /// <summary>A report of the review queue, open or resolved; null when the tenant has none of this id.</summary>
    public Task<ReviewRow?> ReviewAsync(string tenant, Guid reportId, CancellationToken ct) =>
        ReadAsync(db => db.Reviews.FirstOrDefaultAsync(r => r.Tenant == tenant && r.ReportId == reportId, ct), ct);

    /// <summary>Opens and resolves reviews. A report comes before its review, so all openings may go before all resolutions.</summary>
    private static async Task ProjectReviewsAsync(ReadConnection db, ProjectedEvent[] fresh, CancellationToken ct)
    {
        var opened = fresh.Select(e => e.Event).OfType<RecipientEvents.ReportRecorded>().Where(e => e.Decision.ReviewPriority is not null);
        var resolved = fresh.Select(e => e.Event).OfType<RecipientEvents.ReportReviewed>().GroupBy(e => e.ReportId).Select(g => g.Last());
        await OpenReviewRows.ExecuteAsync(db, InsertReviews, [.. opened], ct);
        await ResolvedReviewRows.ExecuteAsync(db, ResolveReviews, [.. resolved], ct);
    }
}
