using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Ingest;

/// <summary>One item of a request: a report, or why it is none.</summary>
/// <param name="Recipient">The recipient as it was given, for the answer.</param>
/// <param name="Report">The report.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record ReportItem(string? Recipient, BounceReport? Report, ProblemException? Problem)
{
    public static ReportItem Of(BounceReport report) => report.Recipient is { } recipient
        ? new ReportItem(recipient.Display, report, null)
        : new ReportItem(null, null, new ProblemException(ProblemTypes.NoRecipient, "the source has taken the recipient out", "recipient"));

    public static ReportItem Wrong(string? recipient, ProblemException problem) => new(recipient is { Length: > EmailAddress.MaxLength } ? null : recipient, null, problem);

    /// <summary>Checks what came in.</summary>
    public static ReportItem Of(ReportInput input, DateTimeOffset now, TimeSpan clockSkew)
    {
        try
        {
            return Of(input.ToReport(now, clockSkew)) with { Recipient = input.Recipient?.Trim() };
        }
        catch (ProblemException problem)
        {
            return Wrong(input.Recipient, problem);
        }
    }
}

/// <summary>Has the reports of a request decided: recipients side by side, reports of one recipient in the order given.</summary>
internal sealed class ReportIntake(BounceEngine engine, ServiceOptions options, TimeProvider time, ILogger<ReportIntake> log)
{
    /// <summary>Checks what came in.</summary>
    public ReportItem Check(ReportInput input) => ReportItem.Of(input, time.GetUtcNow(), TimeSpan.FromSeconds(options.ClockSkewSeconds));

    /// <summary>Decides one item; every failure becomes part of the answer.</summary>
    public async Task<(ReportAnswer Answer, bool Retryable)> DecideAsync(string tenant, int index, ReportItem item, CancellationToken cancel)
    {
        var (answer, problem) = await TryAsync(tenant, index, item, cancel);
        return (answer, problem is not null && IsForNow(problem));
    }

    /// <summary>Decides all items of a request.</summary>
    public async Task<Decided> DecideAsync(string tenant, IReadOnlyList<ReportItem> items, CancellationToken cancel)
    {
        var answers = new ReportAnswer[items.Count];
        ProblemException? unavailable = null;
        var recipients = items.Select((item, index) => (item, index)).GroupBy(i => i.item.Report?.Recipient);
        await Parallel.ForEachAsync(recipients, new ParallelOptions { MaxDegreeOfParallelism = options.ItemParallelism, CancellationToken = cancel }, async (items, token) =>
        {
            foreach (var (item, index) in items)
            {
                if (item.Report is not null && unavailable is { } already)
                {
                    // The rest would only wait for the same answer.
                    answers[index] = ReportAnswer.Of(index, item.Recipient, already);
                    continue;
                }

                (answers[index], var problem) = await TryAsync(tenant, index, item, token);
                unavailable = problem is not null && IsForNow(problem) ? problem : unavailable;
            }
        });
        return new Decided(answers, unavailable, items.Count == 1 ? items[0].Problem : null);
    }

    /// <summary>Whether the same report may succeed later.</summary>
    private static bool IsForNow(ProblemException problem) => problem.RetryAfter is not null;

    private async Task<(ReportAnswer Answer, ProblemException? Problem)> TryAsync(string tenant, int index, ReportItem item, CancellationToken cancel)
    {
        if (item.Problem is { } wrong)
        {
            return (ReportAnswer.Of(index, item.Recipient, wrong), wrong);
        }

        try
        {
            var result = await engine.ReportAsync(tenant, item.Report!, cancel);
            return (ReportAnswer.Of(index, item.Recipient!, result, time.GetUtcNow()), null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            var problem = ProblemAnswers.Translate(e);
            if (problem is null)
            {
                log.LogError(e, "A report could not be decided");
                problem = new ProblemException(ProblemTypes.Internal, "the report could not be decided");
            }

            return (ReportAnswer.Of(index, item.Recipient, problem), problem);
        }
    }
}

/// <summary>The answers to a request's items, and how they go together.</summary>
/// <param name="Results">One per item.</param>
/// <param name="Unavailable">Why some were not decided for the moment; null when that is not so.</param>
/// <param name="Only">What is wrong with the only item.</param>
internal sealed record Decided(IReadOnlyList<ReportAnswer> Results, ProblemException? Unavailable, ProblemException? Only)
{
    /// <summary>200 when every item was decided, 207 when some were; else the request was refused as a whole, and its status says why.</summary>
    public IResult ToResult(HttpContext http, object answer)
    {
        if (Unavailable?.RetryAfter is { } wait)
        {
            http.Response.RetryAfter(wait);
        }

        var failed = Results.Count(r => r.Error is not null);
        if (failed == 0 || failed < Results.Count)
        {
            return TypedResults.Json(answer, statusCode: failed == 0 ? StatusCodes.Status200OK : StatusCodes.Status207MultiStatus);
        }

        var problem = Unavailable ?? Only;
        var details = problem?.ToDetails() ?? ProblemTypes.NoItemAccepted.ToDetails("every item has an error of its own");
        details.Extensions["results"] = Results;
        return TypedResults.Problem(details);
    }
}
