using BounceActors.Engine.Inbox;
using BounceActors.Service.Auth;
using BounceActors.Service.CampaignReports;
using BounceActors.Service.Problems;
using BounceActors.Service.Queues;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;

namespace BounceActors.Service.Admin;

internal sealed record SourcesJson(IReadOnlyList<SourceJson> Sources);

/// <summary>How an account of a source is. Requests are counted by the node that answers, since it started; payloads are counted over all nodes.</summary>
/// <param name="Source">The source.</param>
/// <param name="Account">Its account.</param>
/// <param name="LastEventAt">When something came last.</param>
/// <param name="PerMinute">Payloads a minute, over the last ten.</param>
/// <param name="Pending">Payloads of the source that are not decided yet.</param>
/// <param name="LagSeconds">How long the first of them waits for somebody to work on it.</param>
/// <param name="NotUnderstood">Payloads of the last ten minutes that were not understood, or not all of them.</param>
/// <param name="Received">Requests taken.</param>
/// <param name="Late">Of these, signed long ago.</param>
/// <param name="RefusedForNow">Requests that were told to come again.</param>
/// <param name="Rejected">Requests refused because of their proof, by reason.</param>
/// <param name="LastRejectedAt">When the last of them was refused.</param>
/// <param name="UnsubscribedAt">When the sender said that no more will come.</param>
/// <param name="Silent">Whether it is silent for longer than <c>SilentAfter</c>.</param>
/// <param name="Failing">Why it fails; null when it does not.</param>
/// <param name="Queue">How its queue is read by the node that answers; null when its events are posted.</param>
/// <param name="Reports">How its reports are pulled; null when they are not.</param>
internal sealed record SourceJson(
    string Source,
    string Account,
    DateTimeOffset? LastEventAt,
    double PerMinute,
    long Pending,
    double LagSeconds,
    long NotUnderstood,
    long Received,
    long Late,
    long RefusedForNow,
    IReadOnlyDictionary<string, long> Rejected,
    DateTimeOffset? LastRejectedAt,
    DateTimeOffset? UnsubscribedAt,
    bool Silent,
    string? Failing,
    QueueStatus? Queue,
    PullStatus? Reports);

internal sealed record SelfTestsJson(bool Passed, IReadOnlyList<SelfTestResult> Results);

/// <summary><c>/admin/sources</c>: whether what should come comes, and a test that it would.</summary>
internal static class SourceEndpoints
{
    public static IEndpointRouteBuilder MapSources(this IEndpointRouteBuilder api)
    {
        api.MapGet("/admin/sources", ListAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetSources")
            .WithSummary("Every configured account of a source: last event, rate, failures, lag")
            .Produces<SourcesJson>()
            .ProducesProblems(400, 429, 503);
        api.MapPost("/admin/sources/{name}/selftest", TestAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("TestSource")
            .WithSummary("Sign a synthetic bounce as the source's sender would, and follow it to its decision")
            .WithDescription("Of one account, or of all accounts of the source. It is booked under the tenant selftest.")
            .Produces<SelfTestsJson>()
            .ProducesProblems(400, 404, 429, 503);
        return api;
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, WebhookAccounts accounts, SourceWatch watch, SourceMonitor monitor, QueueReaders queues, ReportPullers pullers, InboxBacklog backlog, TimeProvider time, string? source, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var now = time.GetUtcNow();
        var sources = new List<SourceJson>();
        foreach (var account in accounts.All.Where(a => a.Tenant == tenant && (source is null || a.Source.Name == source)))
        {
            var health = await watch.HealthAsync(account, cancel);
            var seen = monitor.Find(account.Source.Name, account.Name);
            var waiting = backlog.All.Where(b => b.Tenant == tenant && b.Source == account.Source.Name).ToList();
            sources.Add(new SourceJson(
                account.Source.Name,
                account.Name,
                health.LastEventAt,
                health.Payloads / (double)SourceWatch.Minutes,
                waiting.Sum(b => b.Pending),
                waiting.Select(b => Math.Max(0, (now - b.FirstDue).TotalSeconds)).DefaultIfEmpty(0).Max(),
                health.NotUnderstood,
                seen?.Received ?? 0,
                seen?.Late ?? 0,
                seen?.RefusedForNow ?? 0,
                seen?.Rejections ?? new Dictionary<string, long>(),
                seen?.LastRejected,
                seen?.UnsubscribedAt,
                health.Silent,
                health.FailingBecause,
                queues.Find(account),
                pullers.Find(account)));
        }

        return TypedResults.Ok(new SourcesJson(sources));
    }

    private static async Task<IResult> TestAsync(HttpContext http, WebhookAccounts accounts, SelfTest test, string name, string? account, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var chosen = accounts.All.Where(a => a.Tenant == tenant && a.Source.Name == name && (account is null || a.Name == account)).ToList();
        if (chosen.Count == 0)
        {
            var configured = accounts.All.Where(a => a.Tenant == tenant).Select(a => $"{a.Source.Name}/{a.Name}").ToList();
            throw new ProblemException(
                ProblemTypes.NotFound, $"no such account is configured; {(configured.Count == 0 ? "there is none yet" : $"known: {string.Join(", ", configured)}")}", account is null ? "name" : "account");
        }

        var results = new List<SelfTestResult>();
        foreach (var one in chosen)
        {
            results.Add(await test.RunAsync(one, cancel));
        }

        return TypedResults.Ok(new SelfTestsJson(results.All(r => r.Passed), results));
    }
}
