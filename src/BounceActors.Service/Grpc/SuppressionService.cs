using System.Text;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BounceActors.Service.Grpc;

/// <summary>The check as a stream: one answer per question, in order.</summary>
internal sealed class SuppressionService(SuppressionCheck check, IHostApplicationLifetime lifetime) : Suppressions.SuppressionsBase
{
    private const int MaxAddresses = 5_000;

    private static readonly AddressVerdict Clean = new();

    public override async Task Check(IAsyncStreamReader<CheckAddresses> requestStream, IServerStreamWriter<CheckedAddresses> responseStream, ServerCallContext context)
    {
        var tenant = GrpcTenants.Of(context);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            while (await requestStream.MoveNext(reading.Token))
            {
                await responseStream.WriteAsync(await AnswerAsync(tenant, requestStream.Current, context.CancellationToken), context.CancellationToken);
            }
        }
        catch (ProblemException problem)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, problem.Detail));
        }
        catch (Exception e) when (e is StorageUnavailableException or EngineUnavailableException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the database cannot be reached"));
        }
        catch (Exception e) when (lifetime.ApplicationStopping.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service is shutting down; ask another node"));
        }
    }

    private async Task<CheckedAddresses> AnswerAsync(string tenant, CheckAddresses question, CancellationToken cancel)
    {
        if (question.Addresses.Count > MaxAddresses)
        {
            throw new ProblemException(ProblemTypes.TooManyItems, $"{question.Addresses.Count} addresses in one question; at most {MaxAddresses} are taken", "addresses");
        }

        var text = new byte[question.Addresses.Sum(Encoding.UTF8.GetByteCount)];
        var parts = new TextPart[question.Addresses.Count];
        for (int i = 0, at = 0; i < parts.Length; i++)
        {
            parts[i] = new TextPart(at, Encoding.UTF8.GetBytes(question.Addresses[i], text.AsSpan(at)));
            at += parts[i].Length;
        }

        var answer = new CheckedAddresses { Id = question.Id };
        if (check.Staleness is { } staleness)
        {
            answer.StalenessSeconds = staleness.TotalSeconds;
        }

        var stream = ReportInput.Name(question.Stream.Length == 0 ? null : question.Stream, "stream");
        var verdicts = await check.CheckAsync(tenant, text, parts, stream, cancel);
        for (var i = 0; i < parts.Length; i++)
        {
            answer.Verdicts.Add(verdicts.IsClean(i) ? Clean : VerdictOf(verdicts.VerdictOf(i) ?? CheckResult.NoAddress));
        }

        return answer;
    }

    private static AddressVerdict VerdictOf(SendVerdict verdict) => new()
    {
        Advice = (AddressVerdict.Types.Advice)verdict.Advice,
        Level = verdict.Level == SuppressionLevel.None ? "" : verdict.Level.ToWire(),
        Until = verdict.Until?.ToTimestamp(),
        Reason = verdict.Reason ?? "",
    };
}
