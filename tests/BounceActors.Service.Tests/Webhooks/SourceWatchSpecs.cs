using BounceActors.Engine.Storage;
using BounceActors.Service.Sources;
using BounceActors.Sources.Tests.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Service.Tests.Webhooks;

/// <summary>A service whose clock can be set forward.</summary>
public sealed class WatchedService : WebhookService
{
    internal SettableTime Time { get; } = new();

    protected override void Adjust(WebApplicationBuilder builder)
    {
        base.Adjust(builder);
        builder.Services.AddSingleton<TimeProvider>(Time);
    }

    internal sealed class SettableTime : TimeProvider
    {
        private long _shift;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));

        public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
    }
}

public sealed class SourceWatchSpecs : IAsyncLifetime
{
    private readonly WatchedService _service = new();

    private SourceWatch Watch => _service.App.Services.GetRequiredService<SourceWatch>();

    public Task InitializeAsync() => _service.InitializeAsync();

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Should_raise_one_alert_for_a_source_that_has_gone_silent_and_none_for_one_that_never_spoke()
    {
        await SendAsync("kumomta");
        await Watch.LookAsync(CancellationToken.None);
        Assert.Empty(await AlertsAsync(OutboxTypes.SourceSilent));

        _service.Time.Advance(TimeSpan.FromHours(25));
        await Watch.LookAsync(CancellationToken.None);
        await Watch.LookAsync(CancellationToken.None);

        var alert = Assert.Single(await AlertsAsync(OutboxTypes.SourceSilent));
        Assert.Contains("\"source\":\"kumomta\"", alert.Payload, StringComparison.Ordinal);
        Assert.True((bool)(await _service.GetJsonAsync("/admin/sources?source=kumomta"))["sources"]![0]!["silent"]!);
        Assert.Contains("source.silent", _service.Logs, StringComparison.Ordinal);

        await SendAsync("kumomta");
        Assert.False((bool)(await _service.GetJsonAsync("/admin/sources?source=kumomta"))["sources"]![0]!["silent"]!);
    }

    [Fact]
    public async Task Should_raise_an_alert_when_a_sources_requests_are_refused()
    {
        for (var i = 0; i < 5; i++)
        {
            using var refused = await _service.PostAsync("/v1/webhooks/brevo", "{}");
            Assert.Equal(401, (int)refused.StatusCode);
        }

        await Watch.LookAsync(CancellationToken.None);
        await Watch.LookAsync(CancellationToken.None);

        Assert.Contains("5 requests were refused and 0 taken in 10 minutes; most often: credentials_missing", Assert.Single(await AlertsAsync(OutboxTypes.SourceFailing)).Payload, StringComparison.Ordinal);
        var source = (await _service.GetJsonAsync("/admin/sources?source=brevo"))["sources"]![0]!;
        Assert.Equal(5, (long)source["rejected"]!["credentials_missing"]!);
    }

    [Fact]
    public async Task Should_raise_an_alert_when_a_sources_payloads_are_not_understood()
    {
        for (var i = 0; i < 5; i++)
        {
            await _service.DecidedAsync(_service.Signed("mailjet", "{\"no\":", at: _service.Time.GetUtcNow()));
        }

        await Watch.LookAsync(CancellationToken.None);

        Assert.Contains("5 of 5 payloads were not understood", Assert.Single(await AlertsAsync(OutboxTypes.SourceFailing)).Payload, StringComparison.Ordinal);
    }

    private Task SendAsync(string source) =>
        _service.DecidedAsync(_service.Signed(source, Fixtures.All.First(f => f.Source == source).Body, at: _service.Time.GetUtcNow()));

    private async Task<IReadOnlyList<OutboxRow>> AlertsAsync(string type) =>
        [.. (await _service.App.Services.GetRequiredService<ReadStore>().OutboxAsync(0, 10_000, CancellationToken.None)).Where(o => o.Type == type)];
}
