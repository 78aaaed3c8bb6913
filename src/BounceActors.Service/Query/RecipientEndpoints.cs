using BounceActors.Engine.Hosting;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;

namespace BounceActors.Service.Query;

/// <summary>A recipient: where it stands, and whether it may be mailed.</summary>
/// <param name="Recipient">The address asked for.</param>
/// <param name="Key">Its key, by which logs and metrics know it.</param>
/// <param name="Known">Whether anything was ever recorded about it.</param>
/// <param name="Check">May it be mailed, on the stream asked for?</param>
/// <param name="Standing">Where it stands.</param>
internal sealed record RecipientJson(string Recipient, string Key, bool Known, VerdictJson Check, StandingJson Standing);

/// <summary><c>GET /v1/recipients/{address}</c> and its trail.</summary>
internal static class RecipientEndpoints
{
    public static IEndpointRouteBuilder MapRecipients(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/recipients/{address}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Recipients")
            .WithName("GetRecipient")
            .WithSummary("Where a recipient stands, from the actor itself")
            .Produces<RecipientJson>()
            .ProducesProblems(400, 429, 503);
        api.MapGet("/v1/recipients/{address}/trail", TrailAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Recipients")
            .WithName("GetTrail")
            .WithSummary("Everything that was recorded about a recipient, latest first, and why each decision was made")
            .Produces<TrailJson>()
            .ProducesProblems(400, 429, 503);
        return api;
    }

    private static async Task<IResult> GetAsync(HttpContext http, BounceEngine engine, string address, string? stream, CancellationToken cancel)
    {
        var recipient = Parameters.AddressInPath(address);
        var view = await engine.RecipientAsync(Tenants.Of(http), recipient, cancel);
        return TypedResults.Ok(new RecipientJson(
            recipient.Display,
            view.Key.Value,
            view.SequenceNr > 0,
            VerdictJson.Of(view.Standing.Check(ReportInput.Name(stream, "stream"), view.Now)),
            StandingJson.Of(view.Standing, view.Now)));
    }

    private static async Task<IResult> TrailAsync(HttpContext http, BounceEngine engine, string address, string? limit, string? before, CancellationToken cancel)
    {
        var recipient = Parameters.AddressInPath(address);
        var most = Parameters.Limit(limit);
        var trail = await engine.TrailAsync(Tenants.Of(http), recipient, most, Parameters.Whole(before, "before", 1, int.MaxValue), cancel);
        return TypedResults.Ok(TrailJson.Of(recipient.Display, trail, most));
    }
}
