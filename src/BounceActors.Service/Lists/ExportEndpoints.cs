using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Lists;

/// <summary><c>/v1/suppressions/export</c>: everything that holds, as one list; what is exported can be imported again.</summary>
internal static class ExportEndpoints
{
    private const int FlushSize = 64 * 1024;

    private static readonly string[] Formats = ["csv", "ndjson"];

    public static IEndpointRouteBuilder MapExport(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/suppressions/export", ExportAsync)
            .RequireScope(Scopes.Read)
            .WithTags("Suppressions")
            .WithName("ExportSuppressions")
            .WithSummary("Every suppression that holds, as one list")
            .WithDescription("All as they were when the first was read; format=csv (when not given) or ndjson. It can be imported as it is.")
            .Produces<string>(contentType: "text/csv")
            .ProducesProblems(400, 429, 503);
        return api;
    }

    private static async Task<IResult> ExportAsync(
        HttpContext http, ReadStore store, TimeProvider time, string? format, string? level, string? reason, string? since, CancellationToken cancel)
    {
        var csv = (format ?? "csv") switch
        {
            "csv" => true,
            "ndjson" => false,
            var other => throw new ProblemException(ProblemTypes.UnknownValue, $"format '{(other.Length > 64 ? other[..64] : other)}' is not known; {Nearest.Hint(other, Formats)}", "format"),
        };
        var wanted = Parameters.EnumOf<SuppressionLevel>(level, "level");
        var from = Parameters.Time(since, "since");
        var named = ReportInput.Line(reason, "reason", 500);
        http.Response.ContentType = csv ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=suppressions.{(csv ? "csv" : "ndjson")}";
        var to = http.Response.BodyWriter;
        var line = new StringBuilder();
        if (csv)
        {
            Encoding.UTF8.GetBytes("address,key,level,stream,until,reason,source,since\r\n", to);
        }

        await store.ExportAsync(
            Tenants.Of(http),
            wanted,
            named,
            from,
            time.GetUtcNow(),
            async row =>
            {
                if (csv)
                {
                    WriteCsv(to, line, row);
                }
                else
                {
                    WriteJson(to, row);
                }

                if (to.UnflushedBytes > FlushSize)
                {
                    await to.FlushAsync(cancel);
                }
            },
            cancel);
        await to.FlushAsync(cancel);
        return TypedResults.Empty;
    }

    private static void WriteCsv(PipeWriter to, StringBuilder line, ExportedSuppression row)
    {
        line.Clear();
        Cell(line, row.Address).Append(',');
        line.Append(row.Key.Value).Append(',').Append(row.Suppression.Level.ToWire()).Append(',');
        Cell(line, row.Suppression.Stream).Append(',').Append(Time(row.Suppression.Until)).Append(',');
        Cell(line, row.Suppression.Reason).Append(',');
        Cell(line, row.Suppression.Actor).Append(',').Append(Time(row.Suppression.Since)).Append("\r\n");
        foreach (var part in line.GetChunks())
        {
            Encoding.UTF8.GetBytes(part.Span, to);
        }
    }

    /// <summary>A field as RFC 4180 has it.</summary>
    private static StringBuilder Cell(StringBuilder line, string? text) => text is not null && text.AsSpan().IndexOfAny(",;\t|\"\r\n") >= 0
        ? line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"')
        : line.Append(text);

    private static void WriteJson(PipeWriter to, ExportedSuppression row)
    {
        using (var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("address", row.Address);
            json.WriteString("key", row.Key.Value);
            json.WriteString("level", row.Suppression.Level.ToWire());
            json.WriteString("stream", row.Suppression.Stream);
            json.WriteString("until", Time(row.Suppression.Until));
            json.WriteString("reason", row.Suppression.Reason);
            json.WriteString("source", row.Suppression.Actor);
            json.WriteString("since", Time(row.Suppression.Since));
            json.WriteEndObject();
        }

        to.Write("\n"u8);
    }

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
