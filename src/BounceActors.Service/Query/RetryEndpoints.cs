using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;

namespace BounceActors.Service.Query;

/// <summary>A retry. The message to be sent again is known by its message id; its recipient by the address.</summary>
internal sealed record RetryJson(
    string Id,
    string? Recipient,
    string Key,
    string MessageId,
    int Attempt,
    string? Stream,
    string Category,
    DateTimeOffset DueAt,
    string State,
    string? Reason,
    DateTimeOffset? EmittedAt,
    string? LeaseOwner,
    DateTimeOffset? LeasedUntil,
    DateTimeOffset? ClosedAt,
    Guid ReportId)
{
    public static RetryJson Of(RetryRow r, IReadOnlyDictionary<RecipientKey, string> addresses) => new(
        r.Id.Value, addresses.GetValueOrDefault(r.RecipientKey), r.RecipientKey.Value, r.MessageId, r.Attempt, r.Stream, r.Category.ToWire(), r.DueAt,
        r.State.ToWire(), r.Reason, r.EmittedAt, r.LeaseOwner, r.LeasedUntil, r.ClosedAt, r.ReportId);
}

internal sealed record RetriesPage(IReadOnlyList<RetryJson> Items, string? Next);

/// <summary>Take due retries on.</summary>
internal sealed record LeaseRequest
{
    /// <summary>Who takes them on.</summary>
    public required string Owner { get; init; }

    /// <summary>At most so many, up to 1,000; 100 when not given.</summary>
    public int? Max { get; init; }

    /// <summary>For how long, up to 86,400; 300 when not given. What is not acknowledged by then is open to others.</summary>
    public int? Seconds { get; init; }
}

internal sealed record LeaseAnswer(IReadOnlyList<RetryJson> Items);

/// <summary>Say that retries were carried out.</summary>
internal sealed record AcknowledgeRequest
{
    /// <summary>Who had leased them.</summary>
    public required string Owner { get; init; }

    /// <summary>Their ids.</summary>
    public required IReadOnlyList<string> Ids { get; init; }
}

internal sealed record AcknowledgeAnswer(IReadOnlyList<AcknowledgeResult> Results);

/// <summary>What became of one: <c>acknowledged</c>, <c>not_leased_by_you</c> or <c>unknown</c>.</summary>
internal sealed record AcknowledgeResult(string Id, string Result);

/// <summary><c>/v1/retries</c>: list, lease, acknowledge.</summary>
internal static class RetryEndpoints
{
    public static IEndpointRouteBuilder MapRetries(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/retries", ListAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Retries")
            .WithName("ListRetries")
            .WithSummary("Retries, earliest due first: pending, emitted, leased, acknowledged, cancelled")
            .Produces<RetriesPage>()
            .ProducesProblems(400, 429, 503);
        api.MapPost("/v1/retries/lease", LeaseAsync)
            .RequireScope(Scopes.Ingest)
            .WithTags("Retries")
            .WithName("LeaseRetries")
            .WithSummary("Take due retries on; nobody else gets them until the lease runs out")
            .Accepts<LeaseRequest>(EventReader.Json)
            .Produces<LeaseAnswer>()
            .ProducesProblems(400, 413, 415, 429, 503);
        api.MapPost("/v1/retries/ack", AcknowledgeAsync)
            .RequireScope(Scopes.Ingest)
            .WithTags("Retries")
            .WithName("AcknowledgeRetries")
            .WithSummary("Say that leased retries were carried out; may be repeated")
            .Accepts<AcknowledgeRequest>(EventReader.Json)
            .Produces<AcknowledgeAnswer>()
            .ProducesProblems(400, 413, 415, 429, 503);
        return api;
    }

    private static async Task<IResult> ListAsync(HttpContext http, ReadStore store, string? state, string? cursor, string? limit, CancellationToken cancel)
    {
        var page = await store.RetriesAsync(Tenants.Of(http), Parameters.EnumOf<RetryState>(state, "state"), cursor, Parameters.Limit(limit), cancel);
        return TypedResults.Ok(new RetriesPage(await JsonOf(store, page.Items, cancel), page.Next));
    }

    private static async Task<IResult> LeaseAsync(HttpContext http, ReadStore store, TimeProvider time, CancellationToken cancel)
    {
        var request = await StrictJson.ReadAsync<LeaseRequest>(http.Request, cancel);
        var leased = await store.LeaseRetriesAsync(
            Tenants.Of(http),
            Parameters.Required(request.Owner, "owner", 100),
            Parameters.Within(request.Max ?? Parameters.DefaultLimit, "max", 1, Parameters.MaxLimit),
            TimeSpan.FromSeconds(Parameters.Within(request.Seconds ?? 300, "seconds", 1, 86_400)),
            time.GetUtcNow(),
            cancel);
        return TypedResults.Ok(new LeaseAnswer(await JsonOf(store, leased, cancel)));
    }

    private static async Task<IResult> AcknowledgeAsync(HttpContext http, ReadStore store, TimeProvider time, CancellationToken cancel)
    {
        var request = await StrictJson.ReadAsync<AcknowledgeRequest>(http.Request, cancel);
        if (request.Ids.Count > Parameters.MaxLimit)
        {
            throw new ProblemException(ProblemTypes.TooManyItems, $"{request.Ids.Count} ids in one request; at most {Parameters.MaxLimit} are taken", "ids");
        }

        var results = await store.AcknowledgeRetriesAsync(
            Tenants.Of(http), Parameters.Required(request.Owner, "owner", 100), [.. request.Ids.Select(id => new RetryId(id))], time.GetUtcNow(), cancel);
        return TypedResults.Ok(new AcknowledgeAnswer([.. results.Select(r => new AcknowledgeResult(r.Id.Value, r.Result.ToWire()))]));
    }

    private static async Task<IReadOnlyList<RetryJson>> JsonOf(ReadStore store, IReadOnlyList<RetryRow> rows, CancellationToken cancel)
    {
        var addresses = await store.AddressesAsync([.. rows.Select(r => r.RecipientKey).Distinct()], cancel);
        return [.. rows.Select(r => RetryJson.Of(r, addresses))];
    }
}
