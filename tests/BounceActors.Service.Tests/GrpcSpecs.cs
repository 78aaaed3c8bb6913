using BounceActors.Service.Grpc;
using BounceActors.Service.Tests.Running;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using IngestClient = BounceActors.Service.Grpc.Ingest.IngestClient;

namespace BounceActors.Service.Tests;

/// <summary>The gRPC door, in its three shapes.</summary>
[Collection(OneService.Name)]
public sealed class GrpcSpecs(RunningService service) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(service.GrpcAddress);

    private IngestClient Client => new(_channel);

    private Suppressions.SuppressionsClient Checks => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Should_answer_one_report_with_its_decision()
    {
        var outcome = await Client.ReportAsync(new ReportRequest
        {
            Id = "mine",
            Recipient = "one@grpc.example",
            MessageId = "g-1",
            SmtpCode = 452,
            EnhancedCode = "4.2.2",
            Diagnostic = "452 4.2.2 Mailbox full",
            OccurredAt = DateTime.SpecifyKind(new DateTime(2026, 1, 5, 10, 0, 0), DateTimeKind.Utc).ToTimestamp(),
        });

        Assert.Equal("mine", outcome.Id);
        var decision = outcome.Decision;
        Assert.Equal(("mailbox_full", "retry_with_delay", 0.9), (decision.Classification.Category, decision.Action, decision.Classification.Confidence));
        Assert.Equal(1, decision.Retry.Attempt);
        Assert.False(decision.HasReviewPriority);
    }

    [Theory]
    [InlineData("nobody", "bounce", "invalid-address", "recipient")]
    [InlineData("a@grpc.example", "bounced", "unknown-value", "outcome")]
    [InlineData("a@grpc.example", "", "nothing-reported", "outcome")]
    [InlineData("", "bounce", "missing-field", "recipient")]
    public async Task Should_put_what_is_wrong_into_the_outcome(string recipient, string outcome, string type, string field)
    {
        var answer = await Client.ReportAsync(new ReportRequest { Recipient = recipient, Outcome = outcome });

        Assert.Equal(($"urn:bounceactors:problem:{type}", field, false), (answer.Error.Type, answer.Error.Field, answer.Error.Retryable));
    }

    [Fact]
    public async Task Should_refuse_a_time_that_is_out_of_range()
    {
        var answer = await Client.ReportAsync(new ReportRequest { Recipient = "a@grpc.example", Outcome = "bounce", OccurredAt = new Timestamp { Seconds = long.MaxValue } });

        Assert.Equal("occurredAt", answer.Error.Field);
    }

    [Fact]
    public async Task Should_sum_up_a_stream_and_list_its_failures()
    {
        using var call = Client.ReportStream();
        for (var i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync(new ReportRequest { Id = $"{i}", Recipient = i % 10 == 3 ? "wrong" : $"u{i % 50}@stream.example", MessageId = $"m{i % 100}", Diagnostic = "550 user unknown", SourceEventId = $"{i % 100}" });
        }

        await call.RequestStream.CompleteAsync();
        var summary = await call.ResponseAsync;

        Assert.Equal((200, 180, 90, 20), (summary.Received, summary.Decided, summary.Duplicates, summary.Failed));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{(i * 10) + 3}").Order(), summary.Failures.Select(f => f.Id).Order());
    }

    [Fact]
    public async Task Should_answer_each_report_of_a_duplex_stream_while_it_is_open()
    {
        using var call = Client.ReportDuplex();

        await call.RequestStream.WriteAsync(new ReportRequest { Id = "a", Recipient = "duplex@grpc.example", Outcome = "delivered" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("delivery_success", call.ResponseStream.Current.Decision.Classification.Category);

        var reading = Task.Run(async () =>
        {
            var outcomes = new List<ReportOutcome>();
            await foreach (var outcome in call.ResponseStream.ReadAllAsync())
            {
                outcomes.Add(outcome);
            }

            return outcomes;
        });
        for (var i = 0; i < 300; i++)
        {
            await call.RequestStream.WriteAsync(new ReportRequest { Id = $"b{i}", Recipient = i == 7 ? "" : $"d{i}@grpc.example", Outcome = "delivered" });
        }

        await call.RequestStream.CompleteAsync();
        var rest = await reading;

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"b{i}").Order(), rest.Select(o => o.Id).Order());
        Assert.Equal(["b7"], rest.Where(o => o.Error is not null).Select(o => o.Id));
    }

    [Fact]
    public async Task Should_answer_each_question_of_a_check_in_turn()
    {
        Assert.Equal("user_not_found", (await Client.ReportAsync(new ReportRequest { Recipient = "gone@check.example", Diagnostic = "550 5.1.1 User unknown" })).Decision.Classification.Category);
        CheckedAddresses answer;
        do
        {
            using var call = Checks.Check();
            await call.RequestStream.WriteAsync(new CheckAddresses { Id = "1", Addresses = { "clean@check.example", "gone@check.example", "nobody" } });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            answer = call.ResponseStream.Current;
            await call.RequestStream.WriteAsync(new CheckAddresses { Id = "2" });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(("2", 0), (call.ResponseStream.Current.Id, call.ResponseStream.Current.Verdicts.Count));
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        }
        while (answer.Verdicts[1].Advice != AddressVerdict.Types.Advice.Deny);

        Assert.Equal(new AddressVerdict(), answer.Verdicts[0]);
        Assert.Equal(("removed", "user_not_found"), (answer.Verdicts[1].Level, answer.Verdicts[1].Reason));
        Assert.Equal("invalid_address", answer.Verdicts[2].Reason);
        Assert.InRange(answer.StalenessSeconds, 0, 60);
    }

    [Fact]
    public async Task Should_end_a_check_that_asks_for_too_much()
    {
        using var call = Checks.Check();
        await call.RequestStream.WriteAsync(new CheckAddresses { Addresses = { Enumerable.Repeat("a@check.example", 5_001) } });

        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }
}
