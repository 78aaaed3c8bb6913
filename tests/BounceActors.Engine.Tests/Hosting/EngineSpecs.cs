using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Tests.Hosting;

/// <summary>A clock that runs as the real one does, and can be set forward.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
}

/// <summary>The whole engine in this process, on a database of its own.</summary>
public sealed class RunningEngine : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningEngine(IHost host, ShiftedTime time) => (_host, Time) = (host, time);

    public ShiftedTime Time { get; }

    public BounceEngine Engine => _host.Services.GetRequiredService<BounceEngine>();

    public ReadStore Store => _host.Services.GetRequiredService<ReadStore>();

    public IServiceProvider Services => _host.Services;

    public EngineInspector Inspector => _host.Services.GetRequiredService<EngineInspector>();

    public static async Task<RunningEngine> StartAsync(StorageOptions storage, Action<EngineOptions>? configure = null, Action<IServiceCollection>? add = null)
    {
        var options = new EngineOptions { Storage = storage };
        options.Retry.PollMilliseconds = 100;
        configure?.Invoke(options);
        var time = new ShiftedTime();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(new ClassifierHolder(new BounceClassifier(RuleSet.Default)));
        builder.Services.AddBounceEngine(options);
        add?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        var running = new RunningEngine(host, time);
        await Eventually.True(() => Task.FromResult(running.Inspector.ClusterProblem() is null));
        return running;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

public static class Eventually
{
    /// <summary>Waits, generously, until it holds.</summary>
    public static async Task True(Func<Task<bool>> condition)
    {
        var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}

/// <summary>The way of a report through the running engine. One subclass per database.</summary>
public abstract class EngineSpecs : IAsyncLifetime
{
    private const string Tenant = "default";

    private RunningEngine _running = null!;
    private DateTimeOffset _delivered;

    protected abstract StorageOptions Storage();

    public async Task InitializeAsync()
    {
        _running = await RunningEngine.StartAsync(Storage());
        _delivered = _running.Time.GetUtcNow();
    }

    public async Task DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task Should_decide_the_guides_three_samples_as_the_guide_does()
    {
        var unknown = await ReportAsync("user@example.com", "msg_12345", 550, "5.1.1", "550 5.1.1 User unknown in virtual mailbox table");
        Assert.Equal((BounceCategory.UserNotFound, RemediationAction.RemoveImmediately, 0.95), (unknown.Verdict.Category, unknown.Action, unknown.Verdict.Confidence));
        Assert.True(unknown.After.Removed);

        var full = await ReportAsync("full@mailbox.com", "msg_12346", 452, "4.2.2", "452 4.2.2 Mailbox full");
        Assert.Equal((BounceCategory.MailboxFull, RemediationAction.RetryWithDelay, 0.90), (full.Verdict.Category, full.Action, full.Verdict.Confidence));
        Assert.InRange(full.Retry!.DueAt - _running.Time.GetUtcNow(), TimeSpan.FromSeconds((3600 * 0.8) - 60), TimeSpan.FromSeconds(3600 * 1.2));

        var blocked = await ReportAsync("blocked@sender.com", "msg_12347", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation");
        Assert.Equal((BounceCategory.ReputationBlock, RemediationAction.UpdateReputation, 0.88), (blocked.Verdict.Category, blocked.Action, blocked.Verdict.Confidence));
        Assert.Equal((-10, true), (blocked.SenderImpact.ScoreChange, blocked.SenderImpact.Alert));
    }

    [SkippableFact]
    public async Task Should_show_the_trail_of_what_was_just_decided()
    {
        var result = await ReportAsync("trail@example.com", "m1", 550, "5.1.1", "550 5.1.1 <trail@example.com> User unknown");

        var trail = await _running.Engine.TrailAsync(Tenant, EmailAddress.Parse("Trail@Example.com"), 10, null, CancellationToken.None);

        Assert.True(trail.Complete);
        var entry = Assert.IsType<RecipientEvents.ReportRecorded>(Assert.Single(trail.Entries).Event);
        Assert.Equal(result.EventId, entry.EventId);
        Assert.DoesNotContain("trail@example.com", entry.Facts.Diagnostic, StringComparison.OrdinalIgnoreCase);
        Assert.Equal([result.EventId], trail.Recipient.Standing.Suppressions[^1].Causes);
    }

    [SkippableFact]
    public async Task Should_write_the_same_read_tables_again_when_they_are_rebuilt()
    {
        var storage = Storage();
        var addresses = Enumerable.Range(0, 40).Select(i => EmailAddress.Parse($"r{i}@example.com")).ToList();
        string before;
        await using (var first = await RunningEngine.StartAsync(storage))
        {
            foreach (var address in addresses)
            {
                await first.Engine.ReportAsync(
                    Tenant,
                    new BounceReport { Recipient = address, Sender = "news@rebuilt.example", MessageId = $"m-{address.Display}", SmtpCode = 550, Diagnostic = "550 5.1.1 User unknown" },
                    CancellationToken.None);
            }

            before = await ReadTablesAsync(first);
            await first.Store.ForgetProjectedAsync(CancellationToken.None);
        }

        await using var second = await RunningEngine.StartAsync(storage);
        await Eventually.True(async () => await ReadTablesAsync(second) == before);

        async Task<string> ReadTablesAsync(RunningEngine engine)
        {
            var lines = new List<string>();
            foreach (var address in addresses)
            {
                var trail = await engine.Engine.TrailAsync(Tenant, address, 10, null, CancellationToken.None);
                lines.Add($"{address.Display} {trail.Complete} {string.Join(',', trail.Entries.Select(e => (e.SequenceNr, e.Event.EventId)))}");
            }

            var now = engine.Time.GetUtcNow();
            var stats = await engine.Store.SenderStatsAsync(Tenant, "rebuilt.example", now.AddDays(-1), now.AddDays(1), CancellationToken.None);
            var standing = await engine.Engine.SenderAsync(Tenant, "rebuilt.example", CancellationToken.None);
            var outbox = await engine.Store.OutboxAsync(0, 1_000, CancellationToken.None);
            return $"{string.Join('\n', lines)}\n{stats.Sum(s => s.Count)} {standing.Categories.Sum(c => c.Value)} {outbox.Count}";
        }
    }

    [SkippableFact]
    public async Task Should_emit_a_due_retry_once_and_lease_it_to_one_consumer()
    {
        await ReportAsync("retry@example.com", "m1", 452, "4.2.2", "452 4.2.2 Mailbox full");
        await Eventually.True(async () => (await RetriesAsync(RetryState.Pending)).Count == 1);

        _running.Time.Advance(TimeSpan.FromHours(2));

        await Eventually.True(async () => (await RetriesAsync(RetryState.Emitted)).Count == 1);
        var leased = await _running.Store.LeaseRetriesAsync(Tenant, "sender-1", 10, TimeSpan.FromMinutes(5), _running.Time.GetUtcNow(), CancellationToken.None);
        Assert.Equal(("m1", 1), (Assert.Single(leased).MessageId, leased[0].Attempt));
        Assert.Empty(await _running.Store.LeaseRetriesAsync(Tenant, "sender-2", 10, TimeSpan.FromMinutes(5), _running.Time.GetUtcNow(), CancellationToken.None));
        Assert.Equal(1, await OutboxCountAsync("retry.due"));
    }

    [SkippableFact]
    public async Task Should_not_emit_a_retry_of_a_message_that_was_delivered_meanwhile()
    {
        await ReportAsync("late@example.com", "m1", 452, "4.2.2", "452 4.2.2 Mailbox full");
        await _running.Engine.ReportAsync(
            Tenant,
            new BounceReport { Recipient = EmailAddress.Parse("late@example.com"), MessageId = "m1", Outcome = ReportOutcome.Delivered, Source = "api" },
            CancellationToken.None);

        _running.Time.Advance(TimeSpan.FromHours(2));

        await Eventually.True(async () => (await RetriesAsync(RetryState.Cancelled)).Count == 1);
        Assert.Equal(0, await OutboxCountAsync("retry.due"));
    }

    [SkippableFact]
    public async Task Should_count_every_report_once_for_its_sender()
    {
        for (var i = 0; i < 20; i++)
        {
            // Every report twice: the second changes nothing.
            await ReportAsync($"r{i}@example.com", $"m{i}", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation");
            Assert.True((await ReportAsync($"r{i}@example.com", $"m{i}", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation")).Duplicate);
        }

        await Eventually.True(async () => (await _running.Engine.SenderAsync(Tenant, "company.com", CancellationToken.None)).ReputationBlocks >= 20);
        var sender = await _running.Engine.SenderAsync(Tenant, "company.com", CancellationToken.None);
        Assert.Equal((20, 20, 0), (sender.TotalBounces, sender.ReputationBlocks, sender.Score));
    }

    [SkippableFact]
    public async Task Should_count_deliveries_for_the_sender_once_without_waking_recipients_nobody_complained_about()
    {
        await IndexLoadedAsync();
        for (var i = 0; i < 30; i++)
        {
            var first = await DeliverAsync($"d{i}@example.com", $"m{i}");
            var second = await DeliverAsync($"d{i}@example.com", $"m{i}");
            Assert.Equal((false, true, first.EventId, ReportOutcome.Delivered), (first.Duplicate, second.Duplicate, second.EventId, second.Verdict.Outcome));
        }

        await ReportAsync("bad@example.com", "x", 550, "5.1.1", "550 5.1.1 User unknown");
        await Eventually.True(async () => (await _running.Engine.SenderAsync(Tenant, "company.com", CancellationToken.None)).Rates is { Attempts: 31, Delivered: 30 });
        var sender = await _running.Engine.SenderAsync(Tenant, "company.com", CancellationToken.None);
        Assert.Equal((30, 1 / 31.0, 1 / 31.0, 0.0), (sender.Delivered, sender.Rates.BounceRate, sender.Rates.HardBounceRate, sender.Rates.ComplaintRate));
        Assert.Equal(0, (await RecipientAsync("d0@example.com")).SequenceNr);
        await Eventually.True(async () => (await DeliveredByHourAsync()) >= 30);
        Assert.Equal(30, await DeliveredByHourAsync());

        async Task<long> DeliveredByHourAsync() =>
            (await _running.Store.SenderStatsAsync(Tenant, "company.com", _running.Time.GetUtcNow().AddHours(-2), _running.Time.GetUtcNow().AddHours(1), CancellationToken.None))
            .Where(h => h.Category == BounceCategory.DeliverySuccess).Sum(h => h.Count);
    }

    [SkippableFact]
    public async Task Should_let_a_delivery_reset_a_recipient_with_strikes_and_count_it_once()
    {
        await ReportAsync("back@example.com", "m1", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation");
        Assert.Equal(1, (await RecipientAsync("back@example.com")).Standing.Consecutive);

        var at = _running.Time.GetUtcNow();
        await DeliverAsync("back@example.com", "m2", at);
        Assert.True((await DeliverAsync("back@example.com", "m2", at)).Duplicate);

        Assert.Equal((0, 2), ((await RecipientAsync("back@example.com")).Standing.Consecutive, (await RecipientAsync("back@example.com")).SequenceNr));
        await Eventually.True(async () => (await _running.Engine.SenderAsync(Tenant, "company.com", CancellationToken.None)) is { Delivered: 1, ReputationBlocks: 1 });
    }

    [SkippableFact]
    public async Task Should_take_in_a_delivery_that_was_only_counted_when_an_earlier_bounce_comes_late()
    {
        await IndexLoadedAsync();
        var now = _running.Time.GetUtcNow();
        await DeliverAsync("late-strike@example.com", "m2", now.AddHours(-1));
        await DeliverAsync("late-strike@example.com", "m1", now.AddHours(-3));

        await ReportAsync("late-strike@example.com", "m0", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation", now.AddHours(-2));
        var recipient = await RecipientAsync("late-strike@example.com");
        Assert.Equal((1, 0), (recipient.Standing.BounceCount, recipient.Standing.Consecutive));
        Assert.InRange(recipient.Standing.LastDeliveryAt!.Value, now.AddHours(-1).AddSeconds(-1), now.AddHours(-1).AddSeconds(1));

        await ReportAsync("late-strike@example.com", "m3", 550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation");
        Assert.Equal(1, (await RecipientAsync("late-strike@example.com")).Standing.Consecutive);
    }

    [SkippableFact]
    public async Task Should_suppress_by_hand_and_lift_again()
    {
        var address = EmailAddress.Parse("manual@example.com");
        await _running.Engine.SuppressAsync(Tenant, address, SuppressionLevel.Manual, null, null, "jo", "asked by phone", CancellationToken.None);
        var verdict = Assert.Single(await _running.Engine.CheckAsync(Tenant, [address], null, consistent: true, CancellationToken.None)).Verdict;
        Assert.Equal((SendAdvice.Deny, SuppressionLevel.Manual, "asked by phone"), (verdict.Advice, verdict.Level, verdict.Reason));
        await Eventually.True(async () =>
            (await _running.Engine.CheckAsync(Tenant, [address], null, consistent: false, CancellationToken.None))[0].Verdict.Advice == SendAdvice.Deny);

        await _running.Engine.LiftAsync(Tenant, address, [SuppressionLevel.Manual], "jo", "changed her mind", CancellationToken.None);

        Assert.Equal(SendAdvice.Allow, (await _running.Engine.CheckAsync(Tenant, [address], null, consistent: true, CancellationToken.None))[0].Verdict.Advice);
    }

    [SkippableFact]
    public async Task Should_take_what_a_person_says_about_a_report()
    {
        var result = await ReportAsync("review@example.com", "m1", 550, "5.0.0", "550 5.0.0 zzz qqq xyzzy");
        Assert.NotNull(result.ReviewPriority);
        ReviewRow? review = null;
        await Eventually.True(async () => (review = await _running.Store.ReviewAsync(Tenant, result.EventId, CancellationToken.None)) is not null);

        await _running.Engine.ReviewAsync(Tenant, review!, BounceCategory.UserNotFound, "jo", "called them", CancellationToken.None);

        var recipient = await _running.Engine.RecipientAsync(Tenant, EmailAddress.Parse("review@example.com"), CancellationToken.None);
        Assert.True(recipient.Standing.Removed);
        await Eventually.True(async () => (await _running.Store.ReviewAsync(Tenant, result.EventId, CancellationToken.None))!.State == ReviewState.Resolved);
    }

    [SkippableFact]
    public async Task Should_show_its_shards_and_its_cluster()
    {
        await ReportAsync("shard@example.com", "m1", 550, "5.1.1", "550 5.1.1 User unknown");

        var shards = await _running.Inspector.ShardsAsync(CancellationToken.None);

        Assert.Contains(shards, s => s.Type == "recipient" && s.Shard == EngineInspector.ShardOf(_running.Engine.KeyOf(Tenant, EmailAddress.Parse("shard@example.com"))));
        Assert.Equal("up", Assert.Single(_running.Inspector.ClusterView().Members).Status);
    }

    private Task<ReportResult> ReportAsync(string recipient, string message, int code, string enhanced, string text, DateTimeOffset? at = null) => _running.Engine.ReportAsync(
        Tenant,
        new BounceReport
        {
            Recipient = EmailAddress.Parse(recipient),
            Sender = "newsletter@company.com",
            MessageId = message,
            SmtpCode = code,
            EnhancedCode = EnhancedStatusCode.TryParse(enhanced, out var status) ? status : null,
            Diagnostic = text,
            OccurredAt = at,
            Source = "api",
            SourceEventId = message,
        },
        CancellationToken.None);

    private Task<ReportResult> DeliverAsync(string recipient, string message, DateTimeOffset? at = null) => _running.Engine.ReportAsync(
        Tenant,
        new BounceReport
        {
            Recipient = EmailAddress.Parse(recipient),
            Sender = "newsletter@company.com",
            MessageId = message,
            OccurredAt = at ?? _delivered,
            Outcome = ReportOutcome.Delivered,
            Source = "api",
            SourceEventId = message,
        },
        CancellationToken.None);

    private Task<RecipientView> RecipientAsync(string recipient) => _running.Engine.RecipientAsync(Tenant, EmailAddress.Parse(recipient), CancellationToken.None);

    private Task IndexLoadedAsync() => Eventually.True(() => Task.FromResult(_running.Inspector.IndexProblem(TimeSpan.FromMinutes(1)) is null));

    private async Task<IReadOnlyList<RetryRow>> RetriesAsync(RetryState state) =>
        (await _running.Store.RetriesAsync(Tenant, state, null, 100, CancellationToken.None)).Items;

    private async Task<int> OutboxCountAsync(string type) =>
        (await _running.Store.OutboxAsync(0, 1000, CancellationToken.None)).Count(row => row.Type == type);
}

public sealed class SqliteEngineSpecs : EngineSpecs
{
    protected override StorageOptions Storage() =>
        new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresEngineSpecs : EngineSpecs
{
    protected override StorageOptions Storage() =>
        new() { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
}
