using System.Globalization;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace BounceActors.Service.Problems;

/// <summary>Errors as RFC 9457 problem details, everywhere.</summary>
internal static class ProblemAnswers
{
    private const string Field = "field";

    public static ProblemDetails ToDetails(this ProblemType type, string? detail, string? field = null)
    {
        var problem = new ProblemDetails { Type = type.Uri, Title = type.Title, Status = type.Status, Detail = detail };
        if (field is not null)
        {
            problem.Extensions[Field] = field;
        }

        return problem;
    }

    public static async Task WriteAsync(this IProblemDetailsService service, HttpContext http, ProblemType type, string? detail, string? field = null)
    {
        http.Response.StatusCode = type.Status;
        await service.WriteAsync(new ProblemDetailsContext { HttpContext = http, ProblemDetails = type.ToDetails(detail, field) });
    }

    public static void RetryAfter(this HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    /// <summary>What an exception means to the caller; null when it is a fault of ours.</summary>
    public static ProblemException? Translate(Exception exception) => exception switch
    {
        ProblemException known => known,
        EngineUnavailableException down => new ProblemException(ProblemTypes.Unavailable, down.Message, retryAfter: down.RetryAfter),
        EngineOverloadedException busy => new ProblemException(ProblemTypes.Overloaded, busy.Message, retryAfter: busy.RetryAfter),
        StorageUnavailableException => new ProblemException(ProblemTypes.Unavailable, "the database cannot be reached", retryAfter: TimeSpan.FromSeconds(5)),
        InboxOverloadedException full => new ProblemException(ProblemTypes.Overloaded, full.Message, retryAfter: full.RetryAfter),
        InvalidCursorException cursor => new ProblemException(ProblemTypes.InvalidValue, cursor.Message, "cursor"),
        BadHttpRequestException bad => new ProblemException(ProblemTypes.OfStatus(bad.StatusCode), bad.Message),
        _ => null,
    };

    public static IServiceCollection AddProblemAnswers(this IServiceCollection services) => services
        .AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            // What the framework answers by itself (unknown routes, methods, …) gets our types too.
            var problem = context.ProblemDetails;
            if (problem.Type?.StartsWith("urn:bounceactors:", StringComparison.Ordinal) != true)
            {
                var type = ProblemTypes.OfStatus(problem.Status ?? StatusCodes.Status500InternalServerError);
                (problem.Type, problem.Title) = (type.Uri, type.Title);
                if (type == ProblemTypes.UnsupportedMediaType)
                {
                    problem.Detail ??= $"{context.HttpContext.Request.ContentType ?? "a body without a content type"} is not taken here";
                    problem.Extensions.TryAdd(Field, "Content-Type");
                }
            }
        })
        .AddExceptionHandler<ExceptionAnswers>();

    public static WebApplication UseProblemAnswers(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        return app;
    }

    private sealed class ExceptionAnswers(IProblemDetailsService service, ILogger<ExceptionAnswers> log) : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
        {
            if (exception is OperationCanceledException && http.RequestAborted.IsCancellationRequested)
            {
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return true;
            }

            var problem = Translate(exception);
            if (problem is null)
            {
                log.LogError(exception, "A request failed for a reason nobody thought of");
            }
            else if (problem.RetryAfter is { } wait)
            {
                http.Response.RetryAfter(wait);
            }

            await service.WriteAsync(http, problem?.Type ?? ProblemTypes.Internal, problem?.Detail, problem?.Field);
            return true;
        }
    }
}
