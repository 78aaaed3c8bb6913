using System.Collections.Concurrent;
using System.Diagnostics;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>Asks all the time whether the service is there: a report for each of many recipients, who live on all nodes, all of them decided.</summary>
internal sealed class Probe : IAsyncDisposable
{
    private const int Recipients = 100;

    /// <summary>As long nothing may fail before the service counts as back.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly HttpClient _http;
    private readonly string _name;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ConcurrentQueue<(TimeSpan From, TimeSpan To, bool Right)> _asked = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _asking;

    public Probe(Uri door, string key, string name)
    {
        _name = name;
        _http = new HttpClient { BaseAddress = door, Timeout = TimeSpan.FromSeconds(6) };
        _http.DefaultRequestHeaders.Add("X-Api-Key", key);
        _asking = Task.Run(AskAsync);
    }

    public TimeSpan Now => _watch.Elapsed;

    public int Failed => _asked.Count(a => !a.Right);

    /// <summary>Waits until the first question was answered.</summary>
    public Task WorksAsync(Func<string> otherwise) => Eventually.TrueAsync(() => Task.FromResult(_asked.Any(a => a.Right)), TimeSpan.FromMinutes(3), otherwise);

    /// <summary>Waits until the service answers again and goes on doing so; gives how long it did not, from <paramref name="since"/> on.</summary>
    public async Task<TimeSpan> BackAsync(TimeSpan since, Func<string> otherwise)
    {
        var back = TimeSpan.Zero;
        await Eventually.TrueAsync(
            () =>
            {
                var asked = _asked.Where(a => a.To > since).ToList();
                var wrong = asked.FindLastIndex(a => !a.Right);
                var right = asked.Skip(wrong + 1).Where(a => a.From >= since).ToList();
                back = wrong < 0 || right.Count == 0 ? TimeSpan.Zero : right[0].To - since;
                return Task.FromResult(right.Count > 0 && right[^1].To - right[0].From >= Lasting);
            },
            TimeSpan.FromMinutes(6),
            otherwise);
        return back;
    }

    /// <summary>The longest time without an answer that said yes.</summary>
    public TimeSpan LongestGap(TimeSpan since)
    {
        var right = _asked.Where(a => a.Right && a.To >= since).Select(a => a.To).ToList();
        return right.Count == 0 ? Now - since : right.Zip(right.Skip(1)).Select(p => p.Item2 - p.Item1).Append(right[0] - since).Max();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _asking;
        _end.Dispose();
        _http.Dispose();
    }

    private async Task AskAsync()
    {
        for (var turn = 0; !_end.IsCancellationRequested; turn++)
        {
            var now = TimeProvider.System.GetUtcNow();
            var from = Now;
            var open = await Load.TryPostAsync(
                _http,
                [.. Enumerable.Range(0, Recipients).Select(r => new Load.Item($"probe{r}@probe{_name}.example", "newsletter@probe.example", $"p{turn}-{r}{_name}@probe.example", now, Load.Kind.AutoReply))]);
            _asked.Enqueue((from, Now, open.Count == 0));
            await Task.Delay(Pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
