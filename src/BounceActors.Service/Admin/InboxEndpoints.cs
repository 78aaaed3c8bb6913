using System.Text;
using BounceActors.Domain;
using BounceActors.Engine.Inbox;
using BounceActors.Service.Auth;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;

namespace BounceActors.Service.Admin;

/// <summary>The inbox in numbers.</summary>
/// <param name="Payloads">How many of each source and account are in each state.</param>
/// <param name="Waiting">What is not decided yet, and how long the first of it waits for somebody to work on it.</param>
internal sealed record InboxJson(IReadOnlyList<InboxCountJson> Payloads, IReadOnlyList<WaitingJson> Waiting);

internal sealed record InboxCountJson(string Source, string Account, string State, long Count, DateTimeOffset Oldest, DateTimeOffset Latest);

internal sealed record WaitingJson(string Source, long Pending, double OverdueSeconds);

/// <summary>A payload, without its body.</summary>
internal sealed record PayloadJson(
    Guid Id,
    string Source,
    string Account,
    DateTimeOffset ReceivedAt,
    string State,
    long Size,
    long Attempts,
    long Reports,
    long ProblemCount,
    IReadOnlyList<PayloadProblem> Problems,
    string? Note,
    DateTimeOffset? DueAt,
    DateTimeOffset? FinishedAt,
    string? ContentType = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    string? Text = null)
{
    public static PayloadJson Of(InboxEntry e) => new(
        e.Id, e.Source, e.Account, e.ReceivedAt, e.State.ToWire(), e.Size, e.Attempts, e.Reports, e.ProblemCount, e.Problems, e.Note, e.DueAt, e.FinishedAt);
}

internal sealed record PayloadPage(IReadOnlyList<PayloadJson> Items, string? Next);

/// <summary>How far a replay is.</summary>
/// <param name="Id">Its id, for <c>/admin/inbox/replays/{id}</c>.</param>
/// <param name="Payloads">How many payloads it put back.</param>
/// <param name="Pending">Of these, not decided yet.</param>
/// <param name="States">How many are in each state.</param>
internal sealed record ReplayJson(Guid Id, long Payloads, long Pending, IReadOnlyDictionary<string, long> States);

/// <summary><c>/admin/inbox</c> and <c>/admin/deadletters</c>: raw payloads, looked at and read again.</summary>
internal static class InboxEndpoints
{
    /// <summary>Of a longer body the page shows the beginning; <c>/body</c> gives all of it.</summary>
    private const int MaxText = 64 * 1024;
    private const int ReplayedAtOnce = 1_000;

    private static readonly InboxState[] DeadStates = [InboxState.Dead, InboxState.Partial];

    public static IEndpointRouteBuilder MapInbox(this IEndpointRouteBuilder api)
    {
        Get(api, "/admin/inbox", CountsAsync, "GetInbox", "Payloads by source, account and state").Produces<InboxJson>();
        Get(api, "/admin/inbox/{id:guid}", FindAsync, "GetPayload", "A payload: what came, and what became of it").Produces<PayloadJson>();
        Get(api, "/admin/inbox/{id:guid}/body", BodyAsync, "GetPayloadBody", "The body of a payload, as it came");
        Get(api, "/admin/inbox/replays/{id:guid}", ReplayProgressAsync, "GetReplay", "How far a replay is").Produces<ReplayJson>();
        Get(api, "/admin/deadletters", ListAsync, "ListDeadLetters", "Payloads that were not understood, or not all of them, latest first").Produces<PayloadPage>();
        Get(api, "/admin/deadletters/{id:guid}", FindAsync, "GetDeadLetter", "A dead letter: what came, and why it was not understood").Produces<PayloadJson>();
        Post(api, "/admin/inbox/replay", ReplayRangeAsync, "ReplayInbox", "Read payloads again, by time, source, account or state; what was decided counts no second time");
        Post(api, "/admin/deadletters/replay", ReplayDeadAsync, "ReplayDeadLetters", "Read all dead letters again, or those of a source or account");
        Post(api, "/admin/deadletters/{id:guid}/replay", ReplayOneAsync, "ReplayDeadLetter", "Read one payload again");
        return api;
    }

    private static RouteHandlerBuilder Get(IEndpointRouteBuilder api, string path, Delegate handler, string name, string summary) => api.MapGet(path, handler)
        .RequireScope(Scopes.Admin).WithTags("Admin").WithName(name).WithSummary(summary).ProducesProblems(400, 404, 429, 503);

    private static void Post(IEndpointRouteBuilder api, string path, Delegate handler, string name, string summary) => api.MapPost(path, handler)
        .RequireScope(Scopes.Admin).WithTags("Admin").WithName(name).WithSummary(summary).Produces<ReplayJson>(StatusCodes.Status202Accepted).ProducesProblems(400, 404, 429, 503);

    private static async Task<IResult> CountsAsync(HttpContext http, InboxStore store, InboxBacklog backlog, TimeProvider time, string? source, string? account, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var counts = await store.CountsAsync(new InboxFilter { Tenant = tenant, Source = source, Account = account }, cancel);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new InboxJson(
            [.. counts.Select(c => new InboxCountJson(c.Source, c.Account, c.State.ToWire(), c.Count, c.Oldest, c.Latest))],
            [.. backlog.All.Where(b => b.Tenant == tenant).Select(b => new WaitingJson(b.Source, b.Pending, Math.Max(0, (now - b.FirstDue).TotalSeconds)))]));
    }

    private static async Task<IResult> FindAsync(HttpContext http, InboxStore store, Guid id, CancellationToken cancel)
    {
        var (entry, payload) = await PayloadAsync(http, store, id, cancel);
        return TypedResults.Ok(PayloadJson.Of(entry) with
        {
            ContentType = payload.ContentType,
            Headers = payload.Headers,
            Text = Encoding.UTF8.GetString(payload.Body.Span[..Math.Min(payload.Body.Length, MaxText)]),
        });
    }

    private static async Task<IResult> BodyAsync(HttpContext http, InboxStore store, Guid id, CancellationToken cancel)
    {
        var (_, payload) = await PayloadAsync(http, store, id, cancel);

        // What a stranger wrote is never shown as a page of ours.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(payload.Body, "application/octet-stream", $"{id}.bin");
    }

    private static async Task<(InboxEntry Entry, StoredPayload Payload)> PayloadAsync(HttpContext http, InboxStore store, Guid id, CancellationToken cancel) =>
        await store.FindAsync(id, Tenants.Of(http), cancel)
        ?? throw new ProblemException(ProblemTypes.NotFound, "there is no such payload; they are deleted after Inbox:RetentionDays", "id");

    private static async Task<IResult> ListAsync(
        HttpContext http, InboxStore store, string? source, string? account, string? from, string? to, string? state, string? cursor, string? limit, CancellationToken cancel)
    {
        var page = await store.ListAsync(Filter(http, source, account, from, to, state, DeadStates), cursor, Parameters.Limit(limit), cancel);
        return TypedResults.Ok(new PayloadPage([.. page.Items.Select(PayloadJson.Of)], page.Next));
    }

    private static Task<IResult> ReplayRangeAsync(
        HttpContext http, InboxStore store, TimeProvider time, string? source, string? account, string? from, string? to, string? state, CancellationToken cancel)
    {
        if (new[] { source, account, from, to, state }.All(string.IsNullOrEmpty))
        {
            throw new ProblemException(ProblemTypes.MissingField, "say what is to be read again: from, to, source, account or state", "from");
        }

        return ReplayAsync(store, time, Filter(http, source, account, from, to, state, []), cancel);
    }

    private static Task<IResult> ReplayDeadAsync(
        HttpContext http, InboxStore store, TimeProvider time, string? source, string? account, string? from, string? to, string? state, CancellationToken cancel) =>
        ReplayAsync(store, time, Filter(http, source, account, from, to, state, DeadStates), cancel);

    private static async Task<IResult> ReplayOneAsync(HttpContext http, InboxStore store, TimeProvider time, Guid id, CancellationToken cancel)
    {
        await PayloadAsync(http, store, id, cancel);
        return await ReplayAsync(store, time, new InboxFilter { Id = id, Tenant = Tenants.Of(http) }, cancel);
    }

    private static async Task<IResult> ReplayAsync(InboxStore store, TimeProvider time, InboxFilter filter, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow());
        while (await store.ReplayAsync(filter, id, time.GetUtcNow(), ReplayedAtOnce, cancel) > 0)
        {
        }

        return TypedResults.Accepted($"/admin/inbox/replays/{id}", await ProgressAsync(store, id, filter.Tenant!, cancel));
    }

    private static async Task<IResult> ReplayProgressAsync(HttpContext http, InboxStore store, Guid id, CancellationToken cancel) =>
        TypedResults.Ok(await ProgressAsync(store, id, Tenants.Of(http), cancel));

    private static async Task<ReplayJson> ProgressAsync(InboxStore store, Guid id, string tenant, CancellationToken cancel)
    {
        var counts = await store.CountsAsync(new InboxFilter { ReplayId = id, Tenant = tenant }, cancel);
        var states = counts.GroupBy(c => c.State).ToDictionary(g => g.Key.ToWire(), g => g.Sum(c => c.Count));
        return new ReplayJson(id, states.Values.Sum(), states.GetValueOrDefault(InboxState.Pending.ToWire()), states);
    }

    private static InboxFilter Filter(HttpContext http, string? source, string? account, string? from, string? to, string? state, InboxState[] standard) => new()
    {
        Tenant = Tenants.Of(http),
        Source = string.IsNullOrEmpty(source) ? null : source,
        Account = string.IsNullOrEmpty(account) ? null : account,
        From = Parameters.Time(from, "from"),
        To = Parameters.Time(to, "to"),
        States = Parameters.EnumOf<InboxState>(state, "state") is { } one ? [one] : standard,
    };
}
