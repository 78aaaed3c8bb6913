using BounceActors.Service.Auth;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;
using Grpc.Core;

namespace BounceActors.Service.Grpc;

/// <summary>The gRPC door: unary, client stream and duplex. What is wrong with a report stands in its outcome and never ends a stream.</summary>
internal sealed class IngestService(ReportIntake intake, ServiceOptions options, IHostApplicationLifetime lifetime) : Ingest.IngestBase
{
    private const int ListedFailures = 100;

    public override async Task<ReportOutcome> Report(ReportRequest request, ServerCallContext context)
    {
        var tenant = GrpcTenants.Of(context);
        return await DecideAsync(tenant, 0, request, context.CancellationToken);
    }

    public override async Task<ReportSummary> ReportStream(IAsyncStreamReader<ReportRequest> requestStream, ServerCallContext context)
    {
        var summary = new ReportSummary();
        await DecideAllAsync(requestStream, context, outcome =>
        {
            Count(summary, outcome);
            return Task.CompletedTask;
        });
        return summary;
    }

    public override Task ReportDuplex(IAsyncStreamReader<ReportRequest> requestStream, IServerStreamWriter<ReportOutcome> responseStream, ServerCallContext context) =>
        DecideAllAsync(requestStream, context, outcome => responseStream.WriteAsync(outcome, context.CancellationToken));

    /// <summary>
    /// Decides reports side by side, and reads no faster than their outcomes are taken. At shutdown, what was read is still decided and answered.
    /// </summary>
    /// <param name="requests">The reports.</param>
    /// <param name="context">The call.</param>
    /// <param name="take">Takes an outcome; one at a time.</param>
    private async Task DecideAllAsync(IAsyncStreamReader<ReportRequest> requests, ServerCallContext context, Func<ReportOutcome, Task> take)
    {
        var tenant = GrpcTenants.Of(context);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var oneAtATime = new SemaphoreSlim(1);
        await Parallel.ForEachAsync(
            Numbered(requests, reading.Token),
            new ParallelOptions { MaxDegreeOfParallelism = options.ItemParallelism, CancellationToken = context.CancellationToken },
            async (item, cancel) =>
            {
                var outcome = await DecideAsync(tenant, item.Index, item.Request, cancel);
                await oneAtATime.WaitAsync(cancel);
                try
                {
                    await take(outcome);
                }
                finally
                {
                    oneAtATime.Release();
                }
            });
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service is shutting down; send what has no outcome to another node"));
        }
    }

    private static async IAsyncEnumerable<(int Index, ReportRequest Request)> Numbered(
        IAsyncStreamReader<ReportRequest> requests, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        for (var index = 0; await NextAsync(requests, cancel); index++)
        {
            yield return (index, requests.Current);
        }
    }

    /// <summary>Waits for the next report; false at the end of the stream, and when the service shuts down.</summary>
    private static async Task<bool> NextAsync(IAsyncStreamReader<ReportRequest> requests, CancellationToken cancel)
    {
        try
        {
            return await requests.MoveNext(cancel);
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return false;
        }
    }

    private async Task<ReportOutcome> DecideAsync(string tenant, int index, ReportRequest request, CancellationToken cancel)
    {
        var item = intake.Check(request.ToInput());
        var (answer, retryable) = await intake.DecideAsync(tenant, index, item, cancel);
        return answer.ToProto(request.Id, retryable);
    }

    private static void Count(ReportSummary summary, ReportOutcome outcome)
    {
        summary.Received++;
        if (outcome.Error is null)
        {
            summary.Decided++;
            summary.Duplicates += outcome.Decision.Duplicate ? 1 : 0;
            return;
        }

        summary.Failed++;
        if (summary.Failures.Count < ListedFailures)
        {
            summary.Failures.Add(outcome);
        }
    }
}

/// <summary>The tenant of a call.</summary>
internal static class GrpcTenants
{
    public static string Of(ServerCallContext context)
    {
        try
        {
            return Tenants.Of(context.GetHttpContext());
        }
        catch (ProblemException problem)
        {
            throw new RpcException(new Status(problem.Type == ProblemTypes.Forbidden ? StatusCode.PermissionDenied : StatusCode.InvalidArgument, problem.Detail));
        }
    }
}

internal static class GrpcHosting
{
    private const int LargestMessage = 256 * 1024;

    public static WebApplicationBuilder AddGrpcDoor(this WebApplicationBuilder builder)
    {
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = LargestMessage;

            // Its catch-all route would turn 405 and 415 of the other endpoints into 404.
            options.IgnoreUnknownServices = true;
        });
        return builder;
    }

    public static IEndpointRouteBuilder MapGrpcDoor(this IEndpointRouteBuilder api)
    {
        api.MapGrpcService<IngestService>().RequireScope(Scopes.Ingest).ExcludeFromDescription();
        api.MapGrpcService<SuppressionService>().RequireScope(Scopes.Read).ExcludeFromDescription();
        return api;
    }
}
