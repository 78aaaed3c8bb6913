using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Sources;

/// <summary>How an account is.</summary>
/// <param name="LastEventAt">When something came last; null when nothing ever did.</param>
/// <param name="Payloads">Payloads of the last ten minutes, all nodes together.</param>
/// <param name="NotUnderstood">Of these, those that were not understood, or not all of them.</param>
/// <param name="Received">Requests this node took in these ten minutes.</param>
/// <param name="Rejected">Requests this node refused in these ten minutes, because of their proof.</param>
/// <param name="Silent">Whether it is silent for longer than it should be.</param>
/// <param name="FailingBecause">Why it fails; null when it does not.</param>
internal sealed record SourceHealth(
    DateTimeOffset? LastEventAt, long Payloads, long NotUnderstood, long Received, long Rejected, bool Silent, string? FailingBecause);

/// <summary>
/// Watches the configured accounts: one that went silent, or whose requests are refused or not understood, becomes an announcement, a line in the log and
/// a metric. An intake that breaks quietly is the most expensive kind.
/// </summary>
internal sealed class SourceWatch : BackgroundService
{
    /// <summary>The time over which failures are counted, in minutes.</summary>
    public const int Minutes = 10;

    /// <summary>Fewer failures than this are no alert.</summary>
    private const int Least = 5;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly WebhookAccounts _accounts;
    private readonly SourceMonitor _monitor;
    private readonly InboxStore _inbox;
    private readonly ReadStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<SourceWatch> _log;
    private readonly Counter<long> _raised;
    private readonly ConcurrentDictionary<(string Source, string Account), SourceHealth> _health = new();

    public SourceWatch(WebhookAccounts accounts, SourceMonitor monitor, InboxStore inbox, ReadStore store, IMeterFactory meters, TimeProvider time, ILogger<SourceWatch> log)
    {
        _accounts = accounts;
        _monitor = monitor;
        _inbox = inbox;
        _store = store;
        _time = time;
        _log = log;
        var meter = meters.Create(EngineMetrics.MeterName);
        _raised = meter.CreateCounter<long>("bounceactors.source.alerts", "{alert}", "Alerts raised about sources");
        meter.CreateObservableGauge("bounceactors.source.silent", () => Each(h => h.Silent), null, "1 while an account is silent for longer than it should be");
        meter.CreateObservableGauge("bounceactors.source.failing", () => Each(h => h.FailingBecause is not null), null, "1 while an account's requests are refused or not understood");
    }

    /// <summary>Looks at all accounts once, and raises what is new.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        foreach (var account in _accounts.All)
        {
            var health = await HealthAsync(account, cancel);
            _health[(account.Source.Name, account.Name)] = health;
            if (health is { Silent: true, LastEventAt: { } last })
            {
                // One alert per silence, whichever node notices.
                await RaiseAsync(account, OutboxTypes.SourceSilent, last.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), $"nothing came since {last:u}", cancel);
            }

            if (health.FailingBecause is { } because)
            {
                await RaiseAsync(account, OutboxTypes.SourceFailing, _time.GetUtcNow().ToString("yyyyMMddHH", CultureInfo.InvariantCulture), because, cancel);
            }
        }
    }

    /// <summary>How an account is.</summary>
    public async Task<SourceHealth> HealthAsync(WebhookAccountSettings account, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var name = account.Source.Name;
        var record = _monitor.Find(name, account.Name);
        var last = await _inbox.LastReceivedAsync(account.Tenant, name, account.Name, cancel);
        var counts = await _inbox.CountsAsync(new InboxFilter { Tenant = account.Tenant, Source = name, Account = account.Name, From = now.AddMinutes(-Minutes) }, cancel);
        var payloads = counts.Sum(c => c.Count);
        var notUnderstood = counts.Where(c => c.State is InboxState.Dead or InboxState.Partial).Sum(c => c.Count);
        var (received, rejected) = record?.Within(Minutes, now) ?? default;
        var failing = record?.UnsubscribedAt is not null ? "the sender has ended the subscription: no more events will come"
            : rejected >= Least && rejected >= received ? $"{rejected} requests were refused and {received} taken in {Minutes} minutes; most often: {record!.LastRejection}"
            : notUnderstood >= Least && notUnderstood * 5 >= payloads ? $"{notUnderstood} of {payloads} payloads were not understood, or not all of them, in {Minutes} minutes"
            : null;
        return new SourceHealth(
            last, payloads, notUnderstood, received, rejected, account.SilentAfter > TimeSpan.Zero && last is { } at && now - at > account.SilentAfter, failing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (StorageUnavailableException cause)
                {
                    _log.LogWarning(cause, "The sources could not be looked at");
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A start that was refused ends like this: it is no failure of ours to be told of.
            return;
        }
    }

    private async Task RaiseAsync(WebhookAccountSettings account, string type, string when, string because, CancellationToken cancel)
    {
        var (source, name) = (account.Source.Name, account.Name);
        if (await _store.AnnounceAsync($"{type}:{account.Tenant}:{source}:{name}:{when}", type, account.Tenant, new { source, account = name, reason = because }, cancel))
        {
            _raised.Add(1, new("source", source), new("account", name), new("type", type));
            _log.LogWarning("{Alert} {Source}/{Account}: {Reason}", type, source, name, because);
        }
    }

    private IEnumerable<Measurement<int>> Each(Func<SourceHealth, bool> holds) => _health.Select(
        h => new Measurement<int>(holds(h.Value) ? 1 : 0, new KeyValuePair<string, object?>("source", h.Key.Source), new("account", h.Key.Account)));
}
