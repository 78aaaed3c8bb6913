using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>Statistics of sending domains.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<SenderStatRow> SenderRows = new Batch<SenderStatRow>()
        .Text("tenant", s => s.Tenant)
        .Text("domain", s => s.Domain)
        .Time("hour", s => s.Hour)
        .Text("provider", s => s.Provider)
        .Text("category", s => s.Category.ToWire())
        .Number("count", s => s.Count);

    private static readonly string AddSenders = SenderRows.InsertInto(
        "sender_stats", "ON CONFLICT (tenant, domain, hour, provider, category) DO UPDATE SET count = sender_stats.count + excluded.count");

    /// <summary>Reports about a sending domain per hour, provider and category, by hour.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="domain">The sending domain.</param>
    /// <param name="from">From the hour that begins at or after this time.</param>
    /// <param name="to">Up to the hour that begins before this time.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<SenderStatRow>> SenderStatsAsync(
        string tenant, string domain, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        var (reported, delivered) = await ReadAsync(
            async db => (
                await db.SenderStats.Where(s => s.Tenant == tenant && s.Domain == domain && s.Hour >= from && s.Hour < to).ToListAsync(ct),
                await db.DeliveryStats.Where(s => s.Tenant == tenant && s.Domain == domain && s.Hour >= from && s.Hour < to).ToListAsync(ct)),
            ct);
        return
        [
            .. reported
                .Concat(delivered.Select(d => new SenderStatRow { Tenant = tenant, Domain = domain, Hour = d.Hour, Provider = d.Provider, Category = d.Category, Count = d.Count }))
                .GroupBy(s => (s.Hour, s.Provider, s.Category))
                .Select(g => g.First() with { Count = g.Sum(s => s.Count) })
                .OrderBy(s => s.Hour).ThenBy(s => s.Provider, StringComparer.Ordinal).ThenBy(s => s.Category),
        ];
    }

    private static async Task ProjectSendersAsync(ReadConnection db, ProjectedEvent[] fresh, CancellationToken ct)
    {
        // Many projections count the same senders: in one order, so that they never wait for each other crosswise.
        var counts = fresh.Select(e => e.Event).OfType<RecipientEvents.ReportRecorded>()
            .Where(e => e.Facts.SenderDomain is not null)
            .GroupBy(e => (e.Tenant, Domain: e.Facts.SenderDomain!, Hour: HourOf(e.OccurredAt), Provider: e.Verdict.Provider ?? "", e.Verdict.Category))
            .OrderBy(g => g.Key.Tenant, StringComparer.Ordinal).ThenBy(g => g.Key.Domain, StringComparer.Ordinal).ThenBy(g => g.Key.Hour)
            .ThenBy(g => g.Key.Provider, StringComparer.Ordinal).ThenBy(g => g.Key.Category)
            .Select(g => new SenderStatRow
            {
                Tenant = g.Key.Tenant,
                Domain = g.Key.Domain,
                Hour = g.Key.Hour,
                Provider = g.Key.Provider,
                Category = g.Key.Category,
                Count = g.LongCount(),
            });
        await SenderRows.ExecuteAsync(db, AddSenders, [.. counts], ct);
    }

    private static DateTimeOffset HourOf(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
