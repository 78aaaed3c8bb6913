using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Engine.Inbox;
using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>The answer to lines of a log: they are durable, and will be decided.</summary>
internal sealed record LogLinesAnswer(Guid InboxId, bool Repeated);

/// <summary><c>POST /v1/logs/{format}</c>: lines of a mail server's log, as <c>bounce import-logs</c> sends them.</summary>
internal static class LogEndpoints
{
    /// <summary>Logs are named after who follows them; these are handed over.</summary>
    private const string Name = "import";

    public static IEndpointRouteBuilder MapLogLines(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1/logs/{format}", PostAsync)
            .RequireScope(Scopes.Ingest)
            .WithTags("Reports")
            .WithName("PostLogLines")
            .WithSummary("Hand over lines of a mail server's log")
            .WithDescription("Text: each line behind a blank; earlier lines that only tell sender and message id behind a tilde. Answers when the lines are durable; they are decided afterwards. Lines that were sent or followed before count once.")
            .Accepts<string>("text/plain")
            .Produces<LogLinesAnswer>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 413, 429, 503);
        return api;
    }

    private static async Task<IResult> PostAsync(
        HttpContext http, Inbox inbox, TimeProvider time, string format, string? timeZone, string? writtenBefore, string? stream, string? senderDomains, string? internalRelays, CancellationToken cancel)
    {
        if (!Enum.GetValues<LogFormat>().Any(f => LogReader.SourceOf(f) == format))
        {
            throw new ProblemException(ProblemTypes.UnknownValue, $"format must be one of {string.Join(", ", Enum.GetValues<LogFormat>().Select(LogReader.SourceOf))}", "format");
        }

        var zone = TimeZoneInfo.Utc;
        if (timeZone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out zone))
        {
            throw new ProblemException(ProblemTypes.InvalidValue, "timeZone must be a zone such as Europe/Berlin or UTC", "timeZone");
        }

        var now = time.GetUtcNow();
        var before = now;
        if (writtenBefore is not null && !DateTimeOffset.TryParse(writtenBefore, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out before))
        {
            throw new ProblemException(ProblemTypes.InvalidValue, "writtenBefore must be a time as in RFC 3339", "writtenBefore");
        }

        var options = new LogReaderOptions { TimeZone = zone, Stream = ReportInput.Name(stream, "stream"), SenderDomains = Texts(senderDomains), InternalRelays = internalRelays is null ? new LogReaderOptions().InternalRelays : Texts(internalRelays) };
        var body = await Body.ReadAsync(http.Request, cancel);
        if (body.Trim(" \r\n"u8).IsEmpty)
        {
            throw new ProblemException(ProblemTypes.BadRequest, "the body is empty; lines of a log are expected");
        }

        var place = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes($"{format} {zone.Id} {before:O} {stream} {senderDomains} {internalRelays}\n"), .. body.Span]));
        var payload = LogPayloads.Of(Tenants.Of(http), Name, Enum.Parse<LogFormat>(format, ignoreCase: true), options, Encoding.UTF8.GetString(body.Span), place, before, now);
        try
        {
            var receipt = await inbox.AppendAsync(payload, cancel);
            return TypedResults.Accepted((string?)null, new LogLinesAnswer(receipt.Id, receipt.Repeated));
        }
        catch (InboxOverloadedException full)
        {
            throw new ProblemException(ProblemTypes.Overloaded, full.Message, retryAfter: full.RetryAfter);
        }
    }

    private static string[] Texts(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
