using System.Text.Encodings.Web;
using System.Text.Json;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Imports;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;
using Microsoft.AspNetCore.Http.Features;

namespace BounceActors.Service.Lists;

/// <summary>How far an import is.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State"><c>running</c> until the list was read to its end, also when nobody is sending it at the moment; then <c>done</c>.</param>
/// <param name="Rows">Rows that are done with.</param>
/// <param name="Changed">Of these, rows that suppressed somebody.</param>
/// <param name="Unchanged">Rows that said what was known.</param>
/// <param name="Failed">Rows that could not be taken; they are under <c>errors</c>.</param>
/// <param name="StartedAt">When it was first sent.</param>
/// <param name="UpdatedAt">When it last got on.</param>
/// <param name="IgnoredColumns">Headings that mean nothing here; only in the answer to the list itself.</param>
internal sealed record ImportAnswer(
    string Id,
    string State,
    long Rows,
    long Changed,
    long Unchanged,
    long Failed,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<string>? IgnoredColumns)
{
    public static ImportAnswer Of(ImportProgress import, IReadOnlyList<string>? ignored = null) => new(
        import.Id, import.IsDone ? "done" : "running", import.Rows, import.Changed, import.Unchanged, import.Failed, import.StartedAt, import.UpdatedAt, ignored);
}

internal sealed record ImportsAnswer(IReadOnlyList<ImportAnswer> Items);

/// <summary><c>/v1/suppressions/imports</c>: whole lists, which may take minutes and be cut off.</summary>
internal static class ImportEndpoints
{
    /// <summary>Most bytes of a list as it is sent. It is never held as a whole.</summary>
    private const long MostBytes = 16L << 30;

    private const int ErrorsPage = 1_000;

    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Levels = ["manual", "legal", "complaint", "unsubscribed"];

    public static IEndpointRouteBuilder MapImports(this IEndpointRouteBuilder api)
    {
        api.MapPut("/v1/suppressions/imports/{id}", ImportAsync)
            .RequireScope(Scopes.Admin)
            .WithTags("Suppressions")
            .WithName("ImportSuppressions")
            .WithSummary("Suppress everybody on a list")
            .WithDescription(
                "The list is CSV with a heading, or one JSON object a line; gzip or not. It may be of any length, and is taken in while it is sent. "
                + "Cut off, it is sent again under the same id: what was done is passed over. Rows that cannot be taken do not stop the others.")
            .Accepts<Stream>("text/csv", "application/x-ndjson", "application/gzip")
            .Produces<ImportAnswer>()
            .ProducesProblems(400, 409, 413, 429, 503);
        api.MapGet("/v1/suppressions/imports", ListAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("ListImports")
            .WithSummary("The last 100 imports")
            .Produces<ImportsAnswer>()
            .ProducesProblems(429, 503);
        api.MapGet("/v1/suppressions/imports/{id}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("GetImport")
            .WithSummary("How far an import is")
            .Produces<ImportAnswer>()
            .ProducesProblems(404, 429, 503);
        api.MapGet("/v1/suppressions/imports/{id}/errors", ErrorsAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("GetImportErrors")
            .WithSummary("Rows that could not be taken, one JSON object a line")
            .Produces<ImportError>(contentType: "application/x-ndjson")
            .ProducesProblems(404, 429, 503);
        return api;
    }

    private static async Task<IResult> ImportAsync(
        HttpContext http, SuppressionImport imports, IHostApplicationLifetime life, TimeProvider time, string id, string? level, string? stream, string? until, string? actor, string? reason)
    {
        var end = Parameters.Time(until, "until");
        if (end <= time.GetUtcNow())
        {
            throw new ProblemException(ProblemTypes.InvalidValue, "until lies in the past", "until");
        }

        var defaults = new ImportDefaults(
            Parameters.EnumOf<SuppressionLevel>(level, "level", Levels) ?? SuppressionLevel.Manual,
            ReportInput.Name(stream, "stream"),
            end,
            ReportInput.Line(actor, "actor", 100) ?? "import",
            ReportInput.Line(reason, "reason", 500) ?? "imported");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = MostBytes;
        }

        // Before the door closes: what was done is noted, and the sender goes on with another node, or this one when it is back.
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        try
        {
            var (import, ignored) = await imports.RunAsync(Tenants.Of(http), IdOf(id), defaults, http.Request.Body, cut.Token);
            return TypedResults.Ok(ImportAnswer.Of(import, ignored));
        }
        catch (ListUnreadableException unreadable)
        {
            throw new ProblemException(ProblemTypes.UnreadableList, unreadable.Message);
        }
        catch (ImportDiffersException other)
        {
            throw new ProblemException(ProblemTypes.ImportDiffers, other.Message, "id");
        }
        catch (ImportOvertakenException overtaken)
        {
            throw new ProblemException(ProblemTypes.ImportDiffers, overtaken.Message, "id");
        }
        catch (TooManyImportsException busy)
        {
            throw new ProblemException(ProblemTypes.Overloaded, busy.Message, retryAfter: TimeSpan.FromSeconds(10));
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested)
        {
            throw new ProblemException(ProblemTypes.Unavailable, "the service is shutting down; send the list again under the same id, and it goes on where it is", retryAfter: TimeSpan.FromSeconds(5));
        }
    }

    private static async Task<IResult> ListAsync(HttpContext http, ReadStore store, CancellationToken cancel) =>
        TypedResults.Ok(new ImportsAnswer([.. (await store.LatestImportsAsync(Tenants.Of(http), cancel)).Select(i => ImportAnswer.Of(i))]));

    private static async Task<IResult> GetAsync(HttpContext http, ReadStore store, string id, CancellationToken cancel) =>
        TypedResults.Ok(ImportAnswer.Of(await FindAsync(http, store, id, cancel)));

    private static async Task<IResult> ErrorsAsync(HttpContext http, ReadStore store, string id, CancellationToken cancel)
    {
        var import = await FindAsync(http, store, id, cancel);
        http.Response.ContentType = "application/x-ndjson; charset=utf-8";
        var after = 0L;
        while (await store.ImportErrorsAsync(import.Tenant, import.Id, after, ErrorsPage, cancel) is { Count: > 0 } page)
        {
            foreach (var error in page)
            {
                await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(error, Lines), cancel);
                await http.Response.Body.WriteAsync("\n"u8.ToArray(), cancel);
            }

            after = page[^1].Line;
        }

        return TypedResults.Empty;
    }

    private static async Task<ImportProgress> FindAsync(HttpContext http, ReadStore store, string id, CancellationToken cancel) =>
        await store.ImportAsync(Tenants.Of(http), IdOf(id), cancel) ?? throw new ProblemException(ProblemTypes.NotFound, "there is no import of this id", "id");

    private static string IdOf(string id) => id.Length <= SuppressionImport.LongestId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? id
        : throw new ProblemException(ProblemTypes.InvalidValue, $"id must be 1 to {SuppressionImport.LongestId} letters, digits, -, _ or .", "id");
}
