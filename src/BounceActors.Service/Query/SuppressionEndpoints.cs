using System.Globalization;
using System.Text;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Query;

/// <summary>May these be mailed?</summary>
internal sealed record CheckRequest
{
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Stream of the mail that is to be sent; opt-outs of other streams do not matter then.</summary>
    public string? Stream { get; init; }

    /// <summary>Domain the mail is to be sent from.</summary>
    public string? SenderDomain { get; init; }
}

internal sealed record CheckAnswer(IReadOnlyList<CheckResult> Results);

/// <summary>One address's verdict: <c>allow</c>, <c>allow_probe</c>, <c>hold</c> (until) or <c>deny</c>.</summary>
internal sealed record CheckResult(string Address, string Verdict, string Level, DateTimeOffset? Until, string? Reason)
{
    /// <summary>The verdict on what is no address.</summary>
    public static readonly SendVerdict NoAddress = new(SendAdvice.Deny, SuppressionLevel.None, null, "invalid_address");
}

internal sealed record SuppressionsPage(IReadOnlyList<ListedSuppression> Items, string? Next);

internal sealed record ListedSuppression(string? Recipient, string Key, SuppressionJson Suppression);

/// <summary>Suppress a recipient by hand.</summary>
internal sealed record SuppressRequest
{
    public required string Recipient { get; init; }

    /// <summary>manual, legal, complaint or unsubscribed; manual when not given.</summary>
    public string? Level { get; init; }

    /// <summary>Only mail of this stream; all when not given.</summary>
    public string? Stream { get; init; }

    /// <summary>When it ends by itself; never when not given.</summary>
    public string? Until { get; init; }

    /// <summary>Who asks for it.</summary>
    public required string Actor { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>What a change by hand did.</summary>
internal sealed record ChangeAnswer(string Recipient, bool Changed, SuppressionAnswer Suppression)
{
    public static ChangeAnswer Of(string recipient, ChangeResult result, DateTimeOffset now) =>
        new(recipient, result.Changed, SuppressionAnswer.Of(result.LevelBefore, result.After, now));
}

/// <summary><c>/v1/suppressions</c>: check, list, add, remove.</summary>
internal static class SuppressionEndpoints
{
    /// <summary>How far the answer may be behind what is recorded, in seconds; absent when the recipients or the read tables answered.</summary>
    public const string StalenessHeader = "X-Staleness-Seconds";

    private const int LongestActor = 100;
    private const int LongestReason = 500;

    private static readonly string[] ByHand =
        [.. new[] { SuppressionLevel.Manual, SuppressionLevel.Legal, SuppressionLevel.Complaint, SuppressionLevel.Unsubscribed }.Select(l => l.ToWire())];

    public static IEndpointRouteBuilder MapSuppressions(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1/suppressions/check", CheckAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("CheckSuppressions")
            .WithSummary("May these addresses be mailed? Answers in the order asked")
            .WithDescription("With consistent=true every recipient is asked itself; else this node's index answers, behind by at most what the header X-Staleness-Seconds says.")
            .Accepts<CheckRequest>(EventReader.Json)
            .Produces<CheckAnswer>()
            .ProducesProblems(400, 413, 415, 429, 503);
        api.MapGet("/v1/suppressions", ListAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("ListSuppressions")
            .WithSummary("Every suppression that holds, page by page")
            .Produces<SuppressionsPage>()
            .ProducesProblems(400, 429, 503);
        api.MapPost("/v1/suppressions", AddAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Suppressions")
            .WithName("AddSuppression")
            .WithSummary("Suppress a recipient by hand")
            .Accepts<SuppressRequest>(EventReader.Json)
            .Produces<ChangeAnswer>()
            .ProducesProblems(400, 413, 415, 429, 503);
        api.MapDelete("/v1/suppressions/{address}", RemoveAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Suppressions")
            .WithName("LiftSuppressions")
            .WithSummary("Lift suppressions of a recipient")
            .WithDescription(
                "Without level, re-qualifies the recipient: whatever reports led to. complaint, unsubscribed, manual and legal are lifted only when named.")
            .Produces<ChangeAnswer>()
            .ProducesProblems(400, 429, 503);
        return api;
    }

    private static async Task<IResult> CheckAsync(
        HttpContext http, BounceEngine engine, SuppressionCheck check, ServiceOptions options, string? consistent, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var ask = Parameters.Flag(consistent, "consistent");
        var most = ask ? options.MaxConsistentCheckAddresses : options.MaxCheckAddresses;
        var request = await ReadCheckAsync(http.Request, most, cancel);
        if (request.Count > most)
        {
            var setting = ask ? nameof(ServiceOptions.MaxConsistentCheckAddresses) : nameof(ServiceOptions.MaxCheckAddresses);
            throw new ProblemException(ProblemTypes.TooManyItems, $"{request.Count} addresses in one request; at most {most} are taken (Service:{setting})", "addresses");
        }

        var stream = ReportInput.Name(request.Stream, "stream");
        if (request.SenderDomain is { } domain)
        {
            _ = Parameters.DomainOf(domain, "senderDomain");
        }

        if (ask)
        {
            return await AskAsync(engine, tenant, request, stream, cancel);
        }

        var staleness = check.Staleness;
        var verdicts = await check.CheckAsync(tenant, request.Text, request.Addresses.ToArray(), stream, cancel);
        http.Response.ContentType = "application/json; charset=utf-8";
        if (staleness is { } behind)
        {
            http.Response.Headers[StalenessHeader] = behind.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        }

        await CheckWriter.WriteAsync(http.Response.BodyWriter, request, verdicts, cancel);
        return TypedResults.Empty;
    }

    private static async Task<CheckBody> ReadCheckAsync(HttpRequest request, int most, CancellationToken cancel)
    {
        if (request.ContentType is null || request.HasJsonContentType())
        {
            var body = await Body.ReadAsync(request, cancel);
            if (CheckBody.Read(body, most) is { } read)
            {
                return read;
            }

            using var document = StrictJson.Parse(body);
            var strict = StrictJson.Read<CheckRequest>(document.RootElement);
            return CheckBody.Read(JsonSerializer.SerializeToUtf8Bytes(strict with { Addresses = [.. strict.Addresses.Select(a => a ?? "")] }, JsonSerializerOptions.Web), most)
                ?? throw new ProblemException(ProblemTypes.MalformedJson, "the body cannot be read");
        }

        throw new ProblemException(ProblemTypes.UnsupportedMediaType, $"{EventReader.Json} is taken, not {request.ContentType}", "Content-Type");
    }

    private static async Task<IResult> AskAsync(BounceEngine engine, string tenant, CheckBody request, string? stream, CancellationToken cancel)
    {
        var given = new string[request.Count];
        for (var i = 0; i < given.Length; i++)
        {
            var (start, length) = request.Addresses[i];
            given[i] = Encoding.UTF8.GetString(request.Text.Span.Slice(start, length));
        }

        var asked = new List<(int Index, EmailAddress Address)>(given.Length);
        for (var i = 0; i < given.Length; i++)
        {
            if (EmailAddress.TryParse(given[i], out var address, out _))
            {
                asked.Add((i, address));
            }
        }

        var verdicts = await engine.CheckAsync(tenant, asked.ConvertAll(a => a.Address), stream, consistent: true, cancel);
        var results = Array.ConvertAll(given, a => Result(a, CheckResult.NoAddress));
        foreach (var ((index, _), verdict) in asked.Zip(verdicts))
        {
            results[index] = Result(given[index], verdict.Verdict);
        }

        return TypedResults.Ok(new CheckAnswer(results));

        static CheckResult Result(string address, SendVerdict verdict) => new(address, verdict.Advice.ToWire(), verdict.Level.ToWire(), verdict.Until, verdict.Reason);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, ReadStore store, TimeProvider time, string? level, string? stream, string? cursor, string? limit, CancellationToken cancel)
    {
        var page = await store.SuppressionsAsync(
            Tenants.Of(http),
            Parameters.EnumOf<SuppressionLevel>(level, "level"),
            ReportInput.Name(stream, "stream"),
            cursor,
            Parameters.Limit(limit),
            time.GetUtcNow(),
            cancel);
        var addresses = await store.AddressesAsync([.. page.Items.Select(s => s.RecipientKey).Distinct()], cancel);
        return TypedResults.Ok(new SuppressionsPage(
            [.. page.Items.Select(s => new ListedSuppression(addresses.GetValueOrDefault(s.RecipientKey), s.RecipientKey.Value, SuppressionJson.Of(s.ToSuppression())))],
            page.Next));
    }

    private static async Task<IResult> AddAsync(HttpContext http, BounceEngine engine, TimeProvider time, CancellationToken cancel)
    {
        var request = await StrictJson.ReadAsync<SuppressRequest>(http.Request, cancel);
        var recipient = ReportInput.AddressOf(request.Recipient, "recipient");
        var until = Parameters.Time(request.Until, "until");
        if (until <= time.GetUtcNow())
        {
            throw new ProblemException(ProblemTypes.InvalidValue, "until lies in the past", "until");
        }

        var result = await engine.SuppressAsync(
            Tenants.Of(http),
            recipient,
            Parameters.EnumOf<SuppressionLevel>(request.Level, "level", ByHand) ?? SuppressionLevel.Manual,
            ReportInput.Name(request.Stream, "stream"),
            until,
            Parameters.Required(request.Actor, "actor", LongestActor),
            Parameters.Required(request.Reason, "reason", LongestReason),
            cancel);
        return TypedResults.Ok(ChangeAnswer.Of(recipient.Display, result, time.GetUtcNow()));
    }

    private static async Task<IResult> RemoveAsync(
        HttpContext http, BounceEngine engine, TimeProvider time, string address, string[]? level, string? actor, string? reason, CancellationToken cancel)
    {
        var recipient = Parameters.AddressInPath(address);
        var levels = (level ?? []).Select(l => Parameters.EnumOf<SuppressionLevel>(l, "level")).OfType<SuppressionLevel>().ToList();
        var result = await engine.LiftAsync(
            Tenants.Of(http),
            recipient,
            levels,
            Parameters.Required(actor, "actor", LongestActor),
            Parameters.Required(reason, "reason", LongestReason),
            cancel);
        return TypedResults.Ok(ChangeAnswer.Of(recipient.Display, result, time.GetUtcNow()));
    }
}
