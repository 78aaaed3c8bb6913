using BounceActors.Domain;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Problems;

namespace BounceActors.Service.Query;

/// <summary>How a sending domain stands, from its actor, and its hours, from the read side.</summary>
internal sealed record SenderJson(string Domain, SenderStandingJson Standing, IReadOnlyList<SenderHour> Hours);

internal sealed record SenderHour(DateTimeOffset Hour, string Provider, string Category, long Count);

internal sealed record SenderStandingJson(
    long Score,
    string Severity,
    bool Alert,
    IReadOnlyList<string> Recommendations,
    long TotalBounces,
    long HardBounces,
    long ReputationBlocks,
    long Delivered,
    long Complaints,
    IReadOnlyDictionary<string, long> Categories,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Providers,
    SenderRates Rates,
    IReadOnlyDictionary<string, SenderRates> ProviderRates,
    DateTimeOffset? LastUpdated)
{
    public static SenderStandingJson Of(SenderStanding s) => new(
        s.Score, s.Severity.ToWire(), s.Alert, s.Recommendations, s.TotalBounces, s.HardBounces, s.ReputationBlocks, s.Delivered, s.Complaints,
        s.Categories.ToDictionary(c => c.Key.ToWire(), c => c.Value),
        s.Providers.ToDictionary(p => p.Key, p => (IReadOnlyDictionary<string, long>)p.Value.ToDictionary(c => c.Key.ToWire(), c => c.Value)),
        s.Rates,
        s.ProviderRates,
        s.LastUpdated);
}

/// <summary><c>GET /v1/senders/{domain}</c>: a sending domain's reputation and statistics.</summary>
internal static class SenderEndpoints
{
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(31);

    public static IEndpointRouteBuilder MapSenders(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/senders/{domain}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Senders")
            .WithName("GetSender")
            .WithSummary("A sending domain's reputation, and its reports hour by hour (the last day, or from and to, at most 31 days)")
            .Produces<SenderJson>()
            .ProducesProblems(400, 429, 503);
        return api;
    }

    private static async Task<IResult> GetAsync(
        HttpContext http, BounceEngine engine, ReadStore store, TimeProvider time, string domain, string? from, string? to, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var name = Parameters.DomainOf(domain, "domain");
        var end = Parameters.Time(to, "to") ?? time.GetUtcNow();
        var start = Parameters.Time(from, "from") ?? end - DefaultSpan;
        if (start > end || end - start > LongestSpan)
        {
            throw new ProblemException(ProblemTypes.InvalidValue, $"from must lie at most {LongestSpan.Days} days before to", "from");
        }

        var standing = await engine.SenderAsync(tenant, name, cancel);
        var hours = await store.SenderStatsAsync(tenant, name, start, end, cancel);
        return TypedResults.Ok(new SenderJson(
            name, SenderStandingJson.Of(standing), [.. hours.Select(h => new SenderHour(h.Hour, h.Provider, h.Category.ToWire(), h.Count))]));
    }
}
