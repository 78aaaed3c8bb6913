using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;

namespace BounceActors.Service.Admin;

/// <summary>A recipient's actor, looked into.</summary>
internal sealed record ActorJson(
    string Recipient,
    string Key,
    string PersistenceId,
    string Shard,
    long SequenceNr,
    StandingJson Standing,
    IReadOnlyList<HistoryEntryJson> History,
    int SettledBounces,
    DateTimeOffset? SettledUntil,
    IReadOnlyList<RetryInFlight> Retries,
    int RememberedReports,
    DateTimeOffset? LastReportAt,
    DateTimeOffset? LastEngagementAt)
{
    public static ActorJson Of(string recipient, RecipientView view) => new(
        recipient,
        view.Key.Value,
        $"recipient-{view.Key}",
        EngineInspector.ShardOf(view.Key),
        view.SequenceNr,
        StandingJson.Of(view.Standing, view.Now),
        [.. view.State.History.Entries.Select(HistoryEntryJson.Of)],
        view.State.History.Settled.BounceCount,
        view.State.History.SettledUntil,
        [.. view.State.Retries.Values.OrderBy(r => r.DueAt).Select(r => new RetryInFlight(r.MessageId, r.Attempt, r.DueAt, r.Stream))],
        view.State.Recent.Select(r => r.EventId).Distinct().Count(),
        view.State.LastReportAt,
        view.State.LastEngagementAt);
}

internal sealed record HistoryEntryJson(Guid EventId, string Kind, DateTimeOffset OccurredAt, string? MessageId, string? Category, string? Type, string? Action)
{
    public static HistoryEntryJson Of(HistoryEntry e) => e.Kind == EntryKind.Strike
        ? new(e.EventId, e.Kind.ToWire(), e.OccurredAt, e.MessageId, e.Category.ToWire(), e.Type.ToWire(), e.Action.ToWire())
        : new(e.EventId, e.Kind.ToWire(), e.OccurredAt, e.MessageId, null, null, null);
}

internal sealed record RetryInFlight(string MessageId, int Attempt, DateTimeOffset DueAt, string? Stream);

internal sealed record ShardsJson(int Entities, IReadOnlyList<ShardView> Shards);

internal sealed record ProjectionsJson(IReadOnlyList<ProjectionJson> Projections, IReadOnlyList<StoredOffset> Stored);

/// <summary>A projection slice as this node sees it. Lag is the time from recording the last event to its being readable.</summary>
internal sealed record ProjectionJson(
    int Slice, long Offset, long Events, DateTimeOffset? WrittenAt, double LagSeconds, string? LastError, DateTimeOffset? LastErrorAt);

internal sealed record StoredOffset(string Projection, long Offset, DateTimeOffset UpdatedAt);

/// <summary><c>/admin</c>: the running engine, looked into.</summary>
internal static class AdminEndpoints
{
    public static IEndpointRouteBuilder MapAdmin(this IEndpointRouteBuilder api)
    {
        api.MapGet("/admin/recipients/{address}", RecipientAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetRecipientActor")
            .WithSummary("The live state of a recipient's actor")
            .Produces<ActorJson>()
            .ProducesProblems(400, 429, 503);
        api.MapGet("/admin/senders/{domain}", SenderAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetSenderActor")
            .WithSummary("The live state of a sending domain's actor")
            .Produces<SenderStandingJson>()
            .ProducesProblems(400, 429, 503);
        api.MapGet("/admin/shards", ShardsAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetShards")
            .WithSummary("Shards, where they are, and how many live actors they hold")
            .Produces<ShardsJson>()
            .ProducesProblems(429, 503);
        api.MapGet("/admin/cluster", (EngineInspector inspector) => TypedResults.Ok(inspector.ClusterView()))
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetCluster")
            .WithSummary("The nodes of the cluster as this one sees them")
            .ProducesProblems(429, 503);
        api.MapGet("/admin/projections", ProjectionsAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetProjections")
            .WithSummary("The read side: offsets, lag, last errors")
            .Produces<ProjectionsJson>()
            .ProducesProblems(429, 503);
        return api;
    }

    private static async Task<IResult> RecipientAsync(HttpContext http, BounceEngine engine, string address, CancellationToken cancel)
    {
        var recipient = Parameters.AddressInPath(address);
        return TypedResults.Ok(ActorJson.Of(recipient.Display, await engine.RecipientAsync(Tenants.Of(http), recipient, cancel)));
    }

    private static async Task<IResult> SenderAsync(HttpContext http, BounceEngine engine, string domain, CancellationToken cancel) =>
        TypedResults.Ok(SenderStandingJson.Of(await engine.SenderAsync(Tenants.Of(http), Parameters.DomainOf(domain, "domain"), cancel)));

    private static async Task<IResult> ShardsAsync(EngineInspector inspector, CancellationToken cancel)
    {
        var shards = await inspector.ShardsAsync(cancel);
        return TypedResults.Ok(new ShardsJson(shards.Sum(s => s.Entities), shards));
    }

    private static async Task<IResult> ProjectionsAsync(EngineInspector inspector, CancellationToken cancel)
    {
        var (here, stored) = await inspector.ProjectionsAsync(cancel);
        return TypedResults.Ok(new ProjectionsJson(
            [.. here.Select(s => new ProjectionJson(s.Slice, s.Offset, s.Events, s.WrittenAt, s.Lag.TotalSeconds, s.LastError, s.LastErrorAt))],
            [.. stored.Select(s => new StoredOffset(s.Projection, s.Offset, s.UpdatedAt))]));
    }
}
