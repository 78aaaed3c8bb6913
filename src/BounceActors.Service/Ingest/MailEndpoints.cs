using BounceActors.Service.Auth;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;
using BounceActors.Sources.Mail;
using Microsoft.Net.Http.Headers;

namespace BounceActors.Service.Ingest;

/// <summary>The answer to a mail: one result per recipient it reports on, and what each mail was read as.</summary>
/// <param name="Results">The results.</param>
/// <param name="Mails">The mails, in the order of the request.</param>
internal sealed record MailAnswer(IReadOnlyList<ReportAnswer> Results, IReadOnlyList<MailRead> Mails);

/// <summary>What a mail was read as.</summary>
/// <param name="Index">Its place in the request.</param>
/// <param name="Reports">How many of the results are its.</param>
/// <param name="Reason">The layout that was read, or why it is no report.</param>
internal sealed record MailRead(int Index, int Reports, string Reason);

/// <summary><c>POST /v1/mail</c>: bounce mails, complaints and automatic replies as they came.</summary>
internal static class MailEndpoints
{
    private const string Mail = "message/rfc822";
    private const string GlobalMail = "message/global";
    private const string Mbox = "application/mbox";

    public static IEndpointRouteBuilder MapMail(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1/mail", PostAsync)
            .RequireScope(Scopes.Ingest)
            .WithTags("Reports")
            .WithName("PostMail")
            .WithSummary("Report by handing over a mail")
            .WithDescription("One mail (message/rfc822) or many (application/mbox). A mail that reports nothing is answered with no results and the reason.")
            .Accepts<string>(Mail, GlobalMail, Mbox)
            .Produces<MailAnswer>()
            .Produces<MailAnswer>(StatusCodes.Status207MultiStatus)
            .ProducesProblems(400, 413, 415, 429, 503);
        return api;
    }

    private static async Task<IResult> PostAsync(HttpContext http, ReportIntake intake, MailReader reader, ServiceOptions options, CancellationToken cancel)
    {
        var tenant = Tenants.Of(http);
        var isMbox = IsMbox(http.Request.ContentType);
        var body = await Body.ReadAsync(http.Request, cancel);
        if (body.IsEmpty)
        {
            throw new ProblemException(ProblemTypes.BadRequest, "the body is empty; a mail is expected");
        }

        var mails = isMbox ?? MailFiles.LooksLikeMbox(body.Span) ? Split(body, options.MaxItems) : [body];
        if (mails.Count > options.MaxItems)
        {
            throw new ProblemException(ProblemTypes.TooManyItems, $"more than {options.MaxItems} mails in one request (Service:MaxItems)");
        }

        var readings = mails.ConvertAll(reader.Read);
        var items = readings.SelectMany(r => r.Reports).Select(ReportItem.Of).ToList();
        if (items.Count > options.MaxItems)
        {
            throw new ProblemException(ProblemTypes.TooManyItems, $"the mails report on {items.Count} recipients; at most {options.MaxItems} are taken (Service:MaxItems)");
        }

        var decided = await intake.DecideAsync(tenant, items, cancel);
        return decided.ToResult(http, new MailAnswer(decided.Results, [.. readings.Select((r, i) => new MailRead(i, r.Reports.Count, r.Reason))]));
    }

    /// <summary>Whether the body is an mbox; null when its type does not say.</summary>
    private static bool? IsMbox(string? contentType)
    {
        if (contentType is null)
        {
            return null;
        }

        var type = MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType.Value!.ToLowerInvariant() : contentType;
        return type switch
        {
            Mbox => true,
            Mail or GlobalMail => false,
            _ => throw new ProblemException(ProblemTypes.UnsupportedMediaType, $"{Mail} and {Mbox} are taken, not {type}", "Content-Type"),
        };
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> mbox, int most)
    {
        using var stream = new MemoryStream(mbox.ToArray(), writable: false);
        return [.. MailFiles.SplitMbox(stream, maxMessages: most + 1)];
    }
}
