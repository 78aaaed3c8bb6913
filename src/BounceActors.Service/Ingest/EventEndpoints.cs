using BounceActors.Service.Auth;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Ingest;

/// <summary><c>POST /v1/events</c>: reports as JSON.</summary>
internal static class EventEndpoints
{
    public static IEndpointRouteBuilder MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1/events", PostAsync)
            .RequireScope(Scopes.Ingest)
            .WithTags("Reports")
            .WithName("PostEvents")
            .WithSummary("Report what happened to messages")
            .WithDescription("One object, a list of objects, or one object per line. Answers when everything is decided and stored; 207 when some items have an error.")
            .Accepts<ReportInput>(EventReader.Json, EventReader.Lines)
            .Produces<ReportsAnswer>()
            .Produces<ReportsAnswer>(StatusCodes.Status207MultiStatus)
            .ProducesProblems(400, 413, 415, 429, 503);
        return api;
    }

    private static async Task<IResult> PostAsync(HttpContext http, ReportIntake intake, ServiceOptions options, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var body = await Body.ReadAsync(http.Request, cancel);
        var items = EventReader.Read(body, http.Request.ContentType, options.MaxItems, intake.Check);
        var decided = await intake.DecideAsync(tenant, items, cancel);
        return decided.ToResult(http, new ReportsAnswer(decided.Results));
    }
}
