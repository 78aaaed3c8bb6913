using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using BounceActors.Service.Grpc;
using BounceActors.Service.Tests.Running;
using Grpc.Core;
using Grpc.Net.Client;
using IngestClient = BounceActors.Service.Grpc.Ingest.IngestClient;

namespace BounceActors.Service.Tests;

/// <summary>A service that works on one request at a time and lets none wait.</summary>
public sealed class NarrowService : RunningService
{
    protected override string[] Settings => ["--Service:MaxConcurrentRequests=1", "--Service:MaxQueuedRequests=0", "--Service:MaxItems=2", "--Service:ShutdownSeconds=20"];
}

public sealed class LimitSpecs : IAsyncLifetime
{
    private readonly NarrowService _service = new();

    public Task InitializeAsync() => _service.InitializeAsync();

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Should_refuse_with_retry_after_what_is_too_much_at_once()
    {
        var (slow, body) = StartSlowRequest("slow@limit.example");
        HttpResponseMessage? refused = null;
        await RunningService.UntilAsync(async () =>
        {
            refused?.Dispose();
            refused = await _service.Http.GetAsync("/v1/retries");
            return refused.StatusCode == HttpStatusCode.TooManyRequests;
        });

        Assert.Equal(TimeSpan.FromSeconds(1), refused!.Headers.RetryAfter!.Delta);
        Assert.Equal("urn:bounceactors:problem:overloaded", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["type"]!);
        using var live = await _service.Http.GetAsync("/healthz/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        refused.Dispose();

        await body.CompleteAsync();
        using var done = await slow;
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    [Fact]
    public async Task Should_finish_what_it_has_begun_when_it_is_told_to_stop()
    {
        var (slow, body) = StartSlowRequest("last@limit.example");
        using var channel = GrpcChannel.ForAddress(_service.GrpcAddress);
        using var call = new IngestClient(channel).ReportDuplex();
        await call.RequestStream.WriteAsync(new ReportRequest { Id = "before", Recipient = "stream@limit.example", Outcome = "delivered" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        var stopping = _service.App.StopAsync();
        var ended = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        await body.CompleteAsync();
        using var answer = await slow;
        await stopping;

        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Should_take_its_limit_of_items_from_the_settings()
    {
        var (status, problem) = await _service.PostJsonAsync("/v1/events", "[{},{},{}]");

        Assert.Equal((413, "3 items in one request; at most 2 are taken (Service:MaxItems)"), (status, (string)problem["detail"]!));
    }

    /// <summary>A request whose body ends when the caller says so.</summary>
    private (Task<HttpResponseMessage> Answer, PipeWriter Body) StartSlowRequest(string recipient)
    {
        var pipe = new Pipe();

        // The client keeps small bodies back until they are complete; white space makes it send what there is.
        var json = Encoding.UTF8.GetBytes($$"""{ "recipient": "{{recipient}}", "outcome": "delivered" }{{new string(' ', 64 * 1024)}}""");
        json.CopyTo(pipe.Writer.GetSpan(json.Length));
        pipe.Writer.Advance(json.Length);
        _ = pipe.Writer.FlushAsync();
        var content = new StreamContent(pipe.Reader.AsStream());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        return (_service.Http.SendAsync(request), pipe.Writer);
    }
}
