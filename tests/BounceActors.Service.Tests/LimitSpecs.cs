using System.Net;
using System.Net.Http.Headers;
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
        using var slow = new SlowRequest(_service, "slow@limit.example");
        await slow.Body.Reached;
        using var refused = await _service.Http.GetAsync("/v1/retries");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("urn:bounceactors:problem:overloaded", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["type"]!);
        using var live = await _service.Http.GetAsync("/healthz/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);

        slow.Body.Finish();
        using var done = await slow.Answer;
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    [Fact]
    public async Task Should_finish_what_it_has_begun_when_it_is_told_to_stop()
    {
        using var slow = new SlowRequest(_service, "last@limit.example");
        await slow.Body.Reached;
        using var channel = GrpcChannel.ForAddress(_service.GrpcAddress);
        using var call = new IngestClient(channel).ReportDuplex();
        await call.RequestStream.WriteAsync(new ReportRequest { Id = "before", Recipient = "stream@limit.example", Outcome = "delivered" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        var stopping = _service.App.StopAsync();
        var ended = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        slow.Body.Finish();
        using var answer = await slow.Answer;
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

    /// <summary>A request whose body comes when the test says so; by then the service is at work on it.</summary>
    private sealed class SlowRequest : IDisposable
    {
        // The client sends the body when it is asked for it, which the service does when it reads.
        private readonly HttpClient _http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) });

        public SlowRequest(RunningService service, string recipient)
        {
            Body = new LateBody($$"""{ "recipient": "{{recipient}}", "outcome": "delivered" }""");
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Http.BaseAddress!, "/v1/events")) { Content = Body };
            request.Headers.ExpectContinue = true;
            Answer = _http.SendAsync(request);
        }

        public LateBody Body { get; }

        public Task<HttpResponseMessage> Answer { get; }

        public void Dispose() => _http.Dispose();
    }

    private sealed class LateBody : HttpContent
    {
        private readonly byte[] _json;
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LateBody(string json)
        {
            _json = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        /// <summary>The service waits for the body.</summary>
        public Task Reached => _reached.Task;

        public void Finish() => _finish.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _reached.SetResult();
            await _finish.Task;
            await stream.WriteAsync(_json);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _json.Length;
            return true;
        }
    }
}
