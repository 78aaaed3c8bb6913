using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.DataProvider.PostgreSQL;

namespace BounceActors.Engine.Storage;

/// <content>Retries, from the plan to the acknowledgement.</content>
public sealed partial class ReadStore
{
    /// <summary>
    /// How many parts due retries come in, each emitted by a worker of its own; a recipient's are all in one. It may change from version to version:
    /// workers of both at once emit nothing twice.
    /// </summary>
    public const int RetryPartitions = 4;

    // By the first character of the recipient's key; the last partition takes what no other does
    private static readonly string[][] PartitionLetters = [.. RecipientKeys.Alphabet.Select(c => c.ToString()).Chunk(RecipientKeys.Alphabet.Length / RetryPartitions).SkipLast(1)];
    private static readonly string[] TakenLetters = [.. PartitionLetters.SelectMany(letters => letters)];

    private static readonly Batch<RetryRow> RetryRows = new Batch<RetryRow>()
        .Text("id", r => r.Id.Value)
        .Text("recipient_key", r => r.RecipientKey.Value)
        .Text("tenant", r => r.Tenant)
        .Text("message_id", r => r.MessageId)
        .Number("attempt", r => r.Attempt)
        .Text("stream", r => r.Stream)
        .Time("due_at", r => r.DueAt)
        .Id("report_id", r => r.ReportId)
        .Time("bounced_at", r => r.BouncedAt)
        .Text("category", r => r.Category.ToWire())
        .Text("state", r => r.State.ToWire());

    private static readonly Batch<RetryStep> RetryStepRows = new Batch<RetryStep>()
        .Text("recipient_key", s => s.Key.Value)
        .Text("message_id", s => s.MessageId)
        .Number("before_attempt", s => s.Planned?.Attempt ?? int.MaxValue)
        .Text("reason", s => s.Planned is null ? "delivered" : "superseded")
        .Time("delivered_at", s => s.DeliveredAt)
        .Time("closed_at", s => s.At);

    private static readonly Batch<RetryTaker> RetryTakerRows = new Batch<RetryTaker>()
        .Text("tenant", t => t.Tenant)
        .Text("owner", t => t.Owner)
        .Text("id", t => t.Id.Value)
        .Time("time", t => t.Time);

    // The same attempt can be planned again after a delivery undid it: then it was never emitted.
    private static readonly string InsertRetries = RetryRows.InsertInto(
        "retries",
        """
        ON CONFLICT (id) DO UPDATE SET
            due_at = excluded.due_at, report_id = excluded.report_id, bounced_at = excluded.bounced_at, category = excluded.category, stream = excluded.stream,
            state = excluded.state, reason = NULL, closed_at = NULL
        WHERE retries.state = 'cancelled'
        """);

    private const string CancelRetries =
        """
        UPDATE retries SET state = 'cancelled', reason = r.reason, closed_at = r.closed_at FROM {rows}
        WHERE retries.recipient_key = r.recipient_key AND retries.message_id = r.message_id
            AND retries.attempt < r.before_attempt AND retries.state = 'pending'
            AND (r.delivered_at IS NULL OR retries.bounced_at <= r.delivered_at)
        """;

    private const string LeaseRetries =
        "UPDATE retries SET state = 'leased', lease_owner = r.owner, leased_until = r.time FROM {rows} WHERE retries.id = r.id AND retries.tenant = r.tenant";

    private const string AcknowledgeRetries =
        """
        UPDATE retries SET state = 'acknowledged', closed_at = r.time FROM {rows}
        WHERE retries.id = r.id AND retries.tenant = r.tenant AND retries.state = 'leased' AND retries.lease_owner = r.owner
        """;

    /// <summary>Retries of one partition whose time has come, longest due first.</summary>
    /// <param name="partition">0 to <see cref="RetryPartitions"/> - 1.</param>
    /// <param name="now">What is due by then.</param>
    /// <param name="limit">Most to give.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<IReadOnlyList<RetryRow>> DueRetriesAsync(int partition, DateTimeOffset now, int limit, CancellationToken ct) => await ReadAsync(
        db =>
        {
            var due = db.Retries.Where(r => r.State == RetryState.Pending && r.DueAt <= now);
            due = partition < PartitionLetters.Length
                ? due.Where(r => FirstLetter(r.RecipientKey).In(PartitionLetters[partition]))
                : due.Where(r => FirstLetter(r.RecipientKey).NotIn(TakenLetters));
            return due.OrderBy(r => r.DueAt).ThenBy(r => r.Id).Take(limit).ToListAsync(ct);
        },
        ct);

    [Sql.Expression("substr({0}, 1, 1)", ServerSideOnly = true)]
    private static string FirstLetter(RecipientKey key) => throw new InvalidOperationException("only in a query");

    /// <summary>Announces a retry, once: marks it emitted and puts <c>retry.due</c> into the outbox. False when it was not pending any more.</summary>
    public Task<bool> EmitRetryAsync(RetryId id, DateTimeOffset now, CancellationToken ct) => WriteAsync(async db =>
    {
        var emitted = await db.Retries
            .Where(r => r.Id == id && r.State == RetryState.Pending)
            .Set(r => r.State, RetryState.Emitted)
            .Set(r => r.EmittedAt, now)
            .UpdateAsync(ct);
        if (emitted == 0)
        {
            return false;
        }

        var retry = await db.Retries.FirstAsync(r => r.Id == id, ct);
        await AddToOutboxAsync(db, [RetryDue(retry, now)], ct);
        return true;
    }, ct);

    /// <summary>Gives a pending retry up. False when it was not pending any more.</summary>
    /// <param name="id">Which.</param>
    /// <param name="reason">Why, as a short code.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Gives up.</param>
    public Task<bool> CancelRetryAsync(RetryId id, string reason, DateTimeOffset now, CancellationToken ct) => WriteAsync(
        async db => await db.Retries
            .Where(r => r.Id == id && r.State == RetryState.Pending)
            .Set(r => r.State, RetryState.Cancelled)
            .Set(r => r.Reason, reason)
            .Set(r => r.ClosedAt, now)
            .UpdateAsync(ct) > 0,
        ct);

    /// <summary>A tenant's retries, earliest due first.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="cursor">Where an earlier page ended.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    public Task<Page<RetryRow>> RetriesAsync(string tenant, RetryState? state, string? cursor, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var after = Cursor.Read(cursor, 2);
        return ReadAsync(async db =>
        {
            var query = db.Retries.Where(r => r.Tenant == tenant);
            if (state is { } wanted)
            {
                query = query.Where(r => r.State == wanted);
            }

            if (after is not null)
            {
                var due = Cursor.Time(after[0]);
                var id = new RetryId(after[1]);
                query = query.Where(r => r.DueAt >= due && (r.DueAt > due || r.Id > id));
            }

            var rows = await query.OrderBy(r => r.DueAt).ThenBy(r => r.Id).Take(limit + 1).ToListAsync(ct);
            return Cursor.Page(rows, limit, r => Cursor.Of(Cursor.Time(r.DueAt), r.Id.Value));
        }, ct);
    }

    /// <summary>One retry; null when the tenant has none of this id.</summary>
    public Task<RetryRow?> RetryAsync(string tenant, RetryId id, CancellationToken ct) =>
        ReadAsync(db => db.Retries.FirstOrDefaultAsync(r => r.Tenant == tenant && r.Id == id, ct), ct);

    /// <summary>Takes retries on: announced ones, and those whose lease has run out. No two owners get the same one.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="owner">Who takes them on.</param>
    /// <param name="max">At most so many.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="now">From when.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<RetryRow>> LeaseRetriesAsync(
        string tenant, string owner, int max, TimeSpan duration, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var until = now + duration;
        return await WriteAsync(async db =>
        {
            var free = db.Retries
                .Where(r => r.Tenant == tenant && (r.State == RetryState.Emitted || (r.State == RetryState.Leased && r.LeasedUntil <= now)))
                .OrderBy(r => r.DueAt).ThenBy(r => r.Id)
                .Take(max);

            // Others skip these rows while this transaction lasts. SQLite has but one writer.
            var rows = await (IsSqlite ? free : free.AsPostgreSQL().ForUpdateSkipLockedHint()).ToListAsync(ct);
            await RetryTakerRows.ExecuteAsync(db, LeaseRetries, [.. rows.Select(r => new RetryTaker(tenant, owner, r.Id, until))], ct);
            return rows.ConvertAll(r => r with { State = RetryState.Leased, LeaseOwner = owner, LeasedUntil = until.Stored() });
        }, ct);
    }

    /// <summary>
    /// Notes that retries were carried out, each once however often it is said. A lease that has run out is good as long as nobody else has taken it.
    /// </summary>
    /// <returns>What became of each, in the order asked.</returns>
    public async Task<IReadOnlyList<(RetryId Id, Acknowledgement Result)>> AcknowledgeRetriesAsync(
        string tenant, string owner, IReadOnlyList<RetryId> ids, DateTimeOffset now, CancellationToken ct) => await WriteAsync(async db =>
    {
        // In one order, so that two callers never wait for each other crosswise.
        var asked = ids.Distinct().OrderBy(i => i.Value, StringComparer.Ordinal).Select(i => new RetryTaker(tenant, owner, i, now)).ToArray();
        await RetryTakerRows.ExecuteAsync(db, AcknowledgeRetries, asked, ct);
        var found = await (
            from id in db.Ids(ids)
            join row in db.Retries on id equals row.Id
            where row.Tenant == tenant
            select new { row.Id, Done = row.State == RetryState.Acknowledged && row.LeaseOwner == owner }).ToDictionaryAsync(r => r.Id, r => r.Done, ct);
        return ids.Select(i => (i, ResultOf(i))).ToList();

        Acknowledgement ResultOf(RetryId id) => !found.TryGetValue(id, out var done) ? Acknowledgement.Unknown
            : done ? Acknowledgement.Acknowledged
            : Acknowledgement.NotLeasedByYou;
    }, ct);

    /// <summary>What the batch's reports do to retries. Several steps about one message are taken one after another, in the order of the events.</summary>
    private static async Task ProjectRetriesAsync(ReadConnection db, ProjectedEvent[] fresh, CancellationToken ct)
    {
        var steps = fresh.Select(e => e.Event).OfType<RecipientEvents.ReportRecorded>().SelectMany(StepsOf);
        var rounds = steps
            .GroupBy(s => (s.Key, s.MessageId))
            .SelectMany(g => g.Select((step, round) => (step, round)))
            .GroupBy(s => s.round, s => s.step)
            .OrderBy(g => g.Key);
        foreach (var round in rounds)
        {
            await RetryStepRows.ExecuteAsync(db, CancelRetries, [.. round], ct);
            await RetryRows.ExecuteAsync(db, InsertRetries, [.. round.Select(s => s.Planned).OfType<RetryRow>()], ct);
        }
    }

    private static IEnumerable<RetryStep> StepsOf(RecipientEvents.ReportRecorded e)
    {
        if (e.Verdict.Outcome == ReportOutcome.Delivered && e.Facts.MessageId is { } delivered)
        {
            yield return new RetryStep(e.Key, delivered, e.RecordedAt, e.OccurredAt, null);
        }

        if (e.Decision.Retry is { } plan)
        {
            yield return new RetryStep(e.Key, plan.MessageId, e.RecordedAt, null, new RetryRow
            {
                Id = RetryId.Of(e.Key, plan.MessageId, plan.Attempt),
                RecipientKey = e.Key,
                Tenant = e.Tenant,
                MessageId = plan.MessageId,
                Attempt = plan.Attempt,
                Stream = plan.Stream,
                DueAt = plan.DueAt,
                ReportId = e.EventId,
                BouncedAt = e.OccurredAt,
                Category = e.Verdict.Category,
                State = RetryState.Pending,
            });
        }
    }

    /// <summary>A plan, or (without one) a delivery. A plan ends earlier attempts; a delivery ends what was planned for bounces until then, as in the entity.</summary>
    private sealed record RetryStep(RecipientKey Key, string MessageId, DateTimeOffset At, DateTimeOffset? DeliveredAt, RetryRow? Planned);

    private readonly record struct RetryTaker(string Tenant, string Owner, RetryId Id, DateTimeOffset Time);
}
