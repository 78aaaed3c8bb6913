using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <summary>A delivery, as it is counted.</summary>
/// <param name="Recipient">The recipient's mark.</param>
/// <param name="Meaning">What makes it the same report when it comes again (<see cref="RecentReports"/>).</param>
/// <param name="Tenant">Whose.</param>
/// <param name="Domain">The sending domain; empty when not known.</param>
/// <param name="Provider">Mailbox provider; empty when not known.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="MessageId">The message.</param>
/// <param name="Source">Who says so.</param>
internal sealed record DeliveryRow(
    ulong Recipient,
    ulong Meaning,
    string Tenant,
    string Domain,
    string Provider,
    DateTimeOffset OccurredAt,
    string? MessageId,
    string Source);

/// <summary>A number of deliveries on its way to a sending domain.</summary>
/// <param name="Nr">Place among all, in the order in which they were committed.</param>
/// <param name="Count">What is counted.</param>
internal sealed record DeliveryCount(long Nr, SenderStatRow Count);

/// <summary>A recipient with a first event.</summary>
/// <param name="Key">The recipient.</param>
/// <param name="Tenant">Whose.</param>
/// <param name="RecordedAt">When that event was recorded.</param>
internal sealed record Newcomer(RecipientKey Key, string Tenant, DateTimeOffset RecordedAt);

/// <content>Deliveries: each is remembered for some days and counted once, whatever comes again.</content>
public sealed partial class ReadStore
{
    /// <summary>The row of <c>change_numbers</c> that delivery counts are numbered by.</summary>
    internal const int DeliverySlice = 100;

    private static readonly Batch<(DeliveryRow Row, DateTimeOffset Now)> DeliveryRows = new Batch<(DeliveryRow Row, DateTimeOffset Now)>()
        .Number("recipient", d => (long)d.Row.Recipient)
        .Number("meaning", d => (long)d.Row.Meaning)
        .Time("occurred_at", d => d.Row.OccurredAt)
        .Text("message_id", d => d.Row.MessageId)
        .Text("source", d => d.Row.Source)
        .Time("recorded_at", d => d.Now);

    private static readonly Batch<DeliveryCount> DeliveryCountRows = new Batch<DeliveryCount>()
        .Number("nr", c => c.Nr)
        .Text("tenant", c => c.Count.Tenant)
        .Text("domain", c => c.Count.Domain)
        .Time("hour", c => c.Count.Hour)
        .Text("provider", c => c.Count.Provider)
        .Text("category", c => c.Count.Category.ToWire())
        .Number("count", c => c.Count.Count);

    private static readonly Batch<Newcomer> NewcomerRows = new Batch<Newcomer>()
        .Number("recipient", n => (long)n.Key.Mark)
        .Time("since", n => n.RecordedAt);

    private static readonly string InsertDeliveries = DeliveryRows.InsertInto("deliveries", "ON CONFLICT (recipient, meaning) DO NOTHING RETURNING recipient, meaning");
    private static readonly string InsertDeliveryCounts = DeliveryCountRows.InsertInto("delivery_counts", "");

    // Not a field: those of other files may come after it.
    private static string AddDeliveries => SenderRows.InsertInto(
        "delivery_stats", "ON CONFLICT (tenant, domain, hour, provider, category) DO UPDATE SET count = delivery_stats.count + excluded.count");

    /// <summary>Remembers deliveries and counts those that are new, in one transaction. Says of each whether it was known already.</summary>
    internal Task<IReadOnlyList<bool>> CountDeliveriesAsync(IReadOnlyList<DeliveryRow> deliveries, CancellationToken ct) => WriteAsync(async db =>
    {
        var now = _clock.GetUtcNow();
        var first = deliveries.DistinctBy(d => (d.Recipient, d.Meaning)).OrderBy(d => d.Recipient).ThenBy(d => d.Meaning).ToArray();
        var fresh = new HashSet<(ulong, ulong)>();
        await DeliveryRows.ReadAsync(db, InsertDeliveries, Array.ConvertAll(first, d => (d, now)), reader => fresh.Add(((ulong)reader.GetInt64(0), (ulong)reader.GetInt64(1))), ct);
        var counts = first.Where(d => d.Domain.Length > 0 && fresh.Contains((d.Recipient, d.Meaning)))
            .GroupBy(d => (d.Tenant, d.Domain, Hour: HourOf(d.OccurredAt), d.Provider))
            .Select(g => new SenderStatRow { Tenant = g.Key.Tenant, Domain = g.Key.Domain, Hour = g.Key.Hour, Provider = g.Key.Provider, Category = BounceCategory.DeliverySuccess, Count = g.LongCount() })
            .ToArray();
        if (counts.Length > 0)
        {
            // Last, as the number stays locked until the commit.
            var next = await NextNumbersAsync(db, DeliverySlice, counts.Length, ct);
            await DeliveryCountRows.ExecuteAsync(db, InsertDeliveryCounts, [.. counts.Select((c, i) => new DeliveryCount(next + i, c))], ct);
        }

        var told = new HashSet<(ulong, ulong)>();
        return (IReadOnlyList<bool>)[.. deliveries.Select(d => !fresh.Contains((d.Recipient, d.Meaning)) || !told.Add((d.Recipient, d.Meaning)))];
    }, ct);

    /// <summary>Counts that no sending domain may know yet, in order.</summary>
    internal async Task<IReadOnlyList<DeliveryCount>> DeliveryCountsAsync(int limit, CancellationToken ct)
    {
        var rows = await ReadAsync(db => db.DeliveryCounts.OrderBy(c => c.Nr).Take(limit).ToListAsync(ct), ct);
        return rows.ConvertAll(c => new DeliveryCount(
            c.Nr, new SenderStatRow { Tenant = c.Tenant, Domain = c.Domain, Hour = c.Hour, Provider = c.Provider, Category = c.Category, Count = c.Count }));
    }

    /// <summary>Moves counts that the sending domains know into their hours. What is not there any more was moved before.</summary>
    internal Task<int> SettleDeliveryCountsAsync(IReadOnlyList<DeliveryCount> counts, CancellationToken ct) => WriteAsync(async db =>
    {
        var moved = new HashSet<long>();
        await DeliveryCountRows.ReadAsync(
            db, "DELETE FROM delivery_counts WHERE nr IN (SELECT r.nr FROM {rows}) RETURNING nr", [.. counts], reader => moved.Add(reader.GetInt64(0)), ct);
        var rows = counts.Where(c => moved.Contains(c.Nr)).Select(c => c.Count)
            .GroupBy(c => (c.Tenant, c.Domain, c.Hour, c.Provider, c.Category))
            .Select(g => g.First() with { Count = g.Sum(c => c.Count) })
            .OrderBy(c => c.Tenant, StringComparer.Ordinal).ThenBy(c => c.Domain, StringComparer.Ordinal).ThenBy(c => c.Hour)
            .ThenBy(c => c.Provider, StringComparer.Ordinal).ThenBy(c => c.Category);
        return await SenderRows.ExecuteAsync(db, AddDeliveries, [.. rows], ct);
    }, ct);

    /// <summary>Remembered deliveries of a recipient, latest first.</summary>
    internal async Task<IReadOnlyList<DeliveryRow>> DeliveriesOfAsync(ulong recipient, CancellationToken ct)
    {
        var mark = (long)recipient;
        var rows = await ReadAsync(
            db => db.Deliveries.Where(d => d.Recipient == mark).OrderByDescending(d => d.OccurredAt).Take(100).ToListAsync(ct), ct);
        return rows.ConvertAll(d => new DeliveryRow((ulong)d.Recipient, (ulong)d.Meaning, "", "", "", d.OccurredAt, d.MessageId, d.Source));
    }

    /// <summary>Deliveries of recipients that were counted since a time, each recipient's own.</summary>
    internal Task<IReadOnlyList<DeliveryRow>> DeliveriesSinceAsync(IReadOnlyList<Newcomer> recipients, CancellationToken ct) => ReadAsync(async db =>
    {
        var found = new List<DeliveryRow>();
        await NewcomerRows.ReadAsync(
            db,
            "SELECT d.recipient, d.meaning, d.occurred_at, d.message_id, d.source FROM {rows} JOIN deliveries d ON d.recipient = r.recipient AND d.recorded_at >= r.since",
            [.. recipients],
            reader => found.Add(new DeliveryRow(
                (ulong)reader.GetInt64(0), (ulong)reader.GetInt64(1), "", "", "", TimeAt(reader, 2), reader.IsDBNull(3) ? null : reader.GetString(3), reader.GetString(4))),
            ct);
        return (IReadOnlyList<DeliveryRow>)found;
    }, ct);

    /// <summary>The recipients of a slice whose rows changed last, with when their first event was recorded.</summary>
    internal Task<IReadOnlyList<Newcomer>> LastNewcomersAsync(int slice, int limit, CancellationToken ct) => ReadAsync(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = """
            SELECT r.recipient_key, r.tenant, h.recorded_at
            FROM (SELECT recipient_key, tenant FROM recipients WHERE slice = @slice ORDER BY change_nr DESC LIMIT @limit) r
            JOIN history h ON h.recipient_key = r.recipient_key AND h.sequence_nr = 1
            """;
        Parameter(command, "slice", (long)slice);
        Parameter(command, "limit", (long)limit);
        var found = new List<Newcomer>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            found.Add(new Newcomer(new RecipientKey(reader.GetString(0)), reader.GetString(1), TimeAt(reader, 2)));
        }

        return (IReadOnlyList<Newcomer>)found;
    }, ct);

    /// <summary>Forgets deliveries that were recorded before a time.</summary>
    internal Task<int> ForgetDeliveriesAsync(DateTimeOffset before, CancellationToken ct) =>
        WriteAsync(db => db.Deliveries.Where(d => d.RecordedAt < before).DeleteAsync(ct), ct);

    /// <summary>The next numbers of a slice; gives the first of them. Locked until the transaction ends.</summary>
    private static async Task<long> NextNumbersAsync(ReadConnection db, int slice, int count, CancellationToken ct)
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = "UPDATE change_numbers SET last = last + @rows WHERE slice = @slice RETURNING last";
        Parameter(command, "rows", (long)count);
        Parameter(command, "slice", (long)slice);
        return (long)(await command.ExecuteScalarAsync(ct))! - count + 1;
    }
}

internal sealed record DeliveryTableRow
{
    public long Recipient { get; init; }

    public long Meaning { get; init; }

    public DateTimeOffset OccurredAt { get; init; }

    public string? MessageId { get; init; }

    public string Source { get; init; } = "";

    public DateTimeOffset RecordedAt { get; init; }
}

internal sealed record DeliveryCountRow
{
    public long Nr { get; init; }

    public string Tenant { get; init; } = "";

    public string Domain { get; init; } = "";

    public DateTimeOffset Hour { get; init; }

    public string Provider { get; init; } = "";

    public BounceCategory Category { get; init; }

    public long Count { get; init; }
}

internal sealed record DeliveryStatRow
{
    public string Tenant { get; init; } = "";

    public string Domain { get; init; } = "";

    public DateTimeOffset Hour { get; init; }

    public string Provider { get; init; } = "";

    public BounceCategory Category { get; init; }

    public long Count { get; init; }
}
