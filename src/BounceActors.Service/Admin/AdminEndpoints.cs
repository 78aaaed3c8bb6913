using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Clustering;
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
    string? Node,
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
    public static ActorJson Of(string recipient, string? node, RecipientView view) => new(
        recipient,
        view.Key.Value,
        $"recipient-{view.Key}",
        EngineInspector.ShardOf(view.Key),
        node,
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

/// <summary>That a node is to end.</summary>
internal sealed record DrainRequest
{
    /// <summary>Who wants it.</summary>
    public required string Actor { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Also when no other node can take over.</summary>
    public bool Force { get; init; }
}

internal sealed record DrainJson(string Node, string Told);

internal sealed record WorkersJson(IReadOnlyList<WorkerView> Workers);

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
        api.MapPost("/admin/cluster/nodes/{address}/drain", DrainAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("DrainNode")
            .WithSummary("Tell a node (host:port) to hand over what it holds and end")
            .Accepts<DrainRequest>(EventReader.Json)
            .Produces<DrainJson>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415, 429, 503);
        api.MapGet("/admin/workers", async (EngineInspector inspector, CancellationToken cancel) => TypedResults.Ok(new WorkersJson(await inspector.WorkersAsync(cancel))))
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetWorkers")
            .WithSummary("Which node runs each projection slice, retry partition and inbox sweeper")
            .Produces<WorkersJson>()
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

    private static async Task<IResult> RecipientAsync(HttpContext http, BounceEngine engine, EngineInspector inspector, string address, CancellationToken cancel)
    {
        var recipient = Parameters.AddressInPath(address);
        var view = await engine.RecipientAsync(Tenants.Of(http), recipient, cancel);
        return TypedResults.Ok(ActorJson.Of(recipient.Display, await inspector.NodeOfAsync(view.Key, cancel), view));
    }

    private static async Task<IResult> DrainAsync(HttpContext http, NodeDrain drain, EngineInspector inspector, string address, CancellationToken cancel)
    {
        var request = await StrictJson.ReadAsync<DrainRequest>(http.Request, cancel);
        var (actor, reason) = (Parameters.Required(request.Actor, "actor", 100), Parameters.Required(request.Reason, "reason", 500));
        return await drain.TellAsync(address, actor, reason, request.Force, cancel) switch
        {
            DrainAnswer.NoSuchNode => throw new ProblemException(
                ProblemTypes.NotFound, $"no node of this cluster is at this address; there are {string.Join(", ", inspector.ClusterView().Members.Select(m => m.Address))}", "address"),
            DrainAnswer.LastNode => throw new ProblemException(ProblemTypes.LastNode, "nothing would be decided until another node is started; \"force\": true does it all the same", "address"),
            _ => TypedResults.Accepted((string?)null, new DrainJson(address, "hands over and ends within seconds; /admin/cluster shows when it has gone")),
        };
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
