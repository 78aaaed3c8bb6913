using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;

namespace BounceActors.Service.Query;

/// <summary>A report that a person should look at.</summary>
internal sealed record ReviewJson(
    Guid Id,
    string? Recipient,
    string Key,
    string State,
    int Priority,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    string? MessageId,
    string Category,
    string Rule,
    double Confidence,
    string? Provider,
    string Source,
    int? SmtpCode,
    string? EnhancedCode,
    string Diagnostic,
    string? CorrectedCategory,
    string? ResolvedBy,
    string? ResolvedReason,
    DateTimeOffset? ResolvedAt)
{
    public static ReviewJson Of(ReviewRow r, IReadOnlyDictionary<RecipientKey, string> addresses) => new(
        r.ReportId, addresses.GetValueOrDefault(r.RecipientKey), r.RecipientKey.Value, r.State.ToWire(), r.Priority, r.OccurredAt, r.RecordedAt, r.MessageId,
        r.Category.ToWire(), r.Rule, r.Confidence, r.Provider, r.Source, r.SmtpCode, r.EnhancedCode, r.Diagnostic,
        r.CorrectedCategory?.ToWire(), r.ResolvedBy, r.ResolvedReason, r.ResolvedAt);
}

internal sealed record ReviewsPage(IReadOnlyList<ReviewJson> Items, string? Next);

/// <summary>Confirm a report's category, or correct it.</summary>
internal sealed record ResolveRequest
{
    /// <summary>The category that is right; the report's own when not given.</summary>
    public string? Category { get; init; }

    /// <summary>Who says so.</summary>
    public required string Actor { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>What a review did to its recipient.</summary>
internal sealed record ResolveAnswer(Guid Id, string From, string To, string? Recipient, SuppressionAnswer Suppression);

/// <summary><c>/v1/reviews</c>: reports that wait for a person, most urgent first.</summary>
internal static class ReviewEndpoints
{
    public static IEndpointRouteBuilder MapReviews(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/reviews", ListAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Reviews")
            .WithName("ListReviews")
            .WithSummary("Reports that wait for a person (or state=resolved), most urgent first")
            .Produces<ReviewsPage>()
            .ProducesProblems(400, 429, 503);
        api.MapPost("/v1/reviews/{id:guid}/resolve", ResolveAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Reviews")
            .WithName("ResolveReview")
            .WithSummary("Confirm a report's category, or correct it; the recipient is judged anew")
            .Accepts<ResolveRequest>(EventReader.Json)
            .Produces<ResolveAnswer>()
            .ProducesProblems(400, 404, 409, 413, 415, 429, 503);
        return api;
    }

    private static async Task<IResult> ListAsync(HttpContext http, ReadStore store, string? state, string? cursor, string? limit, CancellationToken cancel)
    {
        var page = await store.ReviewsAsync(
            Tenants.Of(http), Parameters.EnumOf<ReviewState>(state, "state") ?? ReviewState.Open, cursor, Parameters.Limit(limit), cancel);
        var addresses = await store.AddressesAsync([.. page.Items.Select(r => r.RecipientKey).Distinct()], cancel);
        return TypedResults.Ok(new ReviewsPage([.. page.Items.Select(r => ReviewJson.Of(r, addresses))], page.Next));
    }

    private static async Task<IResult> ResolveAsync(HttpContext http, BounceEngine engine, ReadStore store, TimeProvider time, Guid id, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var request = await StrictJson.ReadAsync<ResolveRequest>(http.Request, cancel);
        var category = Parameters.EnumOf<BounceCategory>(request.Category, "category");
        var (actor, reason) = (Parameters.Required(request.Actor, "actor", 100), Parameters.Required(request.Reason, "reason", 500));
        var review = await store.ReviewAsync(tenant, id, cancel)
            ?? throw new ProblemException(ProblemTypes.NotFound, "there is no such review; right after the report it may take a second to appear", "id");
        if (review.State == ReviewState.Resolved)
        {
            throw new ProblemException(ProblemTypes.AlreadyResolved, $"{review.ResolvedBy} resolved it as {review.CorrectedCategory?.ToWire()}", "id");
        }

        var to = category ?? review.Category;
        var result = await engine.ReviewAsync(tenant, review, to, actor, reason, cancel);
        var addresses = await store.AddressesAsync([review.RecipientKey], cancel);
        return TypedResults.Ok(new ResolveAnswer(
            id, review.Category.ToWire(), to.ToWire(), addresses.GetValueOrDefault(review.RecipientKey), SuppressionAnswer.Of(result.LevelBefore, result.After, time.GetUtcNow())));
    }
}
