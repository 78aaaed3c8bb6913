using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Engine.Classification;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Rules;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Admin;

/// <summary>A verdict and every rule that matched, in the order in which they decide.</summary>
internal sealed record ExplanationJson(
    ClassificationAnswer Classification, string Action, string? Provider, double? RetryAfterSeconds, string? Blocklist,
    IReadOnlyList<string> Evidence, IReadOnlyList<MatchJson> Matches, IReadOnlyList<string> Why, string RulesVersion)
{
    public static ExplanationJson Of(Explanation e, string version) => new(
        ClassificationAnswer.Of(e.Verdict), e.Verdict.Action.ToWire(), e.Verdict.Provider, e.Verdict.RetryAfter?.TotalSeconds, e.Verdict.Blocklist,
        e.Verdict.Evidence,
        [.. e.Matches.Select(m => new MatchJson(m.RuleId, m.Source, m.Line, m.Category.ToWire(), m.Priority, m.Confidence, m.MatchedText))],
        e.Why,
        version);
}

internal sealed record MatchJson(string Rule, string File, int Line, string Category, int Priority, double Confidence, string Matched);

/// <summary>The rules in force, and why a change of them was refused.</summary>
internal sealed record RulesJson(string Version, int Rules, string? Directory, DateTimeOffset LoadedAt, DateTimeOffset? RefusedAt, IReadOnlyList<string> RefusedBecause);

/// <summary><c>/admin/classifier</c>: try a text, see every rule that matched.</summary>
internal static class ClassifierEndpoints
{
    public static IEndpointRouteBuilder MapClassifier(this IEndpointRouteBuilder api)
    {
        api.MapPost("/admin/classifier", TryAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("TryClassifier")
            .WithSummary("Judge a report without recording it, and show every rule that matched")
            .WithDescription("Takes the fields of a report; recipient is not needed.")
            .Accepts<ReportInput>(EventReader.Json)
            .Produces<ExplanationJson>()
            .ProducesProblems(400, 413, 415, 429);
        api.MapGet("/admin/classifier", (ClassifierHolder classifier, RulesStatus status) =>
            TypedResults.Ok(new RulesJson(
                classifier.Current.Rules.Version, classifier.Current.Rules.Rules.Count, status.Directory, status.LoadedAt, status.RefusedAt, status.RefusedBecause)))
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetRules")
            .WithSummary("The rules in force")
            .ProducesProblems(429);
        return api;
    }

    private static async Task<IResult> TryAsync(HttpContext http, ClassifierHolder classifier, ServiceOptions options, TimeProvider time, CancellationToken cancel)
    {
        var input = await StrictJson.ReadAsync<ReportInput>(http.Request, cancel);
        var anybody = input.Recipient is null ? input with { Recipient = "nobody@invalid" } : input;
        var report = anybody.ToReport(time.GetUtcNow(), TimeSpan.FromSeconds(options.ClockSkewSeconds));
        var judge = classifier.Current;
        return TypedResults.Ok(ExplanationJson.Of(
            judge.Explain(input.Recipient is null ? report with { Recipient = null } : report), judge.Rules.Version));
    }
}
