using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Sources;

/// <summary>What this node has seen of a source's account since it started; minutes of the last hour beside the totals.</summary>
internal sealed class SourceRecord
{
    private const int Minutes = 60;

    private readonly Lock _lock = new();
    private readonly (long Minute, long Received, long Rejected)[] _minutes = new (long, long, long)[Minutes];
    private readonly Dictionary<string, long> _rejections = [];

    public DateTimeOffset? LastReceived { get; private set; }

    public DateTimeOffset? LastRejected { get; private set; }

    public string? LastRejection { get; private set; }

    public DateTimeOffset? UnsubscribedAt { get; private set; }

    public long Received { get; private set; }

    public long Late { get; private set; }

    public long RefusedForNow { get; private set; }

    /// <summary>Refusals by reason.</summary>
    public IReadOnlyDictionary<string, long> Rejections
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<string, long>(_rejections);
            }
        }
    }

    /// <summary>Requests of the last minutes.</summary>
    public (long Received, long Rejected) Within(int minutes, DateTimeOffset now)
    {
        lock (_lock)
        {
            var current = Minute(now);
            var recent = _minutes.Where(m => m.Minute > current - minutes && m.Minute <= current).ToList();
            return (recent.Sum(m => m.Received), recent.Sum(m => m.Rejected));
        }
    }

    public void Count(DateTimeOffset now, bool received = false, bool late = false, string? rejection = null, bool later = false, bool unsubscribed = false)
    {
        lock (_lock)
        {
            ref var minute = ref _minutes[Minute(now) % Minutes];
            if (minute.Minute != Minute(now))
            {
                minute = (Minute(now), 0, 0);
            }

            if (received)
            {
                minute.Received++;
                Received++;
                Late += late ? 1 : 0;
                LastReceived = now;
                UnsubscribedAt = null;
            }

            if (rejection is not null)
            {
                minute.Rejected++;
                _rejections[rejection] = _rejections.GetValueOrDefault(rejection) + 1;
                (LastRejected, LastRejection) = (now, rejection);
            }

            RefusedForNow += later ? 1 : 0;
            UnsubscribedAt = unsubscribed ? now : UnsubscribedAt;
        }
    }

    private static long Minute(DateTimeOffset time) => time.ToUnixTimeSeconds() / 60;
}

/// <summary>Watches the doors of all sources on this node.</summary>
internal sealed class SourceMonitor
{
    private readonly ConcurrentDictionary<(string Source, string Account), SourceRecord> _records = new();
    private readonly Counter<long> _requests;
    private readonly TimeProvider _time;

    public SourceMonitor(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _requests = meters.Create(EngineMetrics.MeterName).CreateCounter<long>("bounceactors.webhooks.requests", "{request}", "Requests of webhooks by how they were answered");
    }

    public SourceRecord? Find(string source, string account) => _records.GetValueOrDefault((source, account));

    public void Received(WebhookAccountSettings account, bool late) => Count(account, late ? "late" : "accepted", (r, now) => r.Count(now, received: true, late: late));

    public void Rejected(WebhookAccountSettings account, string reason) => Count(account, reason, (r, now) => r.Count(now, rejection: reason));

    public void Later(WebhookAccountSettings account, string reason) => Count(account, $"later_{reason}", (r, now) => r.Count(now, later: true));

    public void ShookHands(WebhookAccountSettings account, string kind) => Count(account, kind, (r, now) => r.Count(now, unsubscribed: kind == "unsubscribed"));

    private void Count(WebhookAccountSettings account, string result, Action<SourceRecord, DateTimeOffset> count)
    {
        count(_records.GetOrAdd((account.Source.Name, account.Name), _ => new SourceRecord()), _time.GetUtcNow());
        _requests.Add(1, new("source", account.Source.Name), new("account", account.Name), new("result", result));
    }
}
