using System.Collections.Concurrent;
using BounceActors.Engine.Storage.Journal;

namespace BounceActors.Engine.Tests.Journal;

public sealed class BatcherSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<int[]> _calls = new();
    private readonly SemaphoreSlim _go = new(0);

    [Fact]
    public async Task Should_do_together_what_is_submitted_while_a_call_is_under_way()
    {
        var batcher = Batcher(new Limits(1, 100, 100, 100));
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var others = Enumerable.Range(1, 5).Select(i => Submit(batcher, i)).ToList();

        _go.Release(2);

        Assert.Equal(new[] { 0, 10, 20, 30, 40, 50 }, await Task.WhenAll(others.Prepend(first)).WaitAsync(Patience));
        Assert.Equal([[0], [1, 2, 3, 4, 5]], _calls);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_keep_a_call_within_its_limits()
    {
        var batcher = Batcher(new Limits(1, 100, 3, 1_000));
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var others = new[] { 1, 2, 3, 4, 900, 500, 2_000, 5 }.Select(i => Submit(batcher, i)).ToList();

        _go.Release(100);
        await Task.WhenAll(others.Prepend(first)).WaitAsync(Patience);

        Assert.Equal([[0], [1, 2, 3], [4, 900], [500], [2_000], [5]], _calls);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_refuse_at_once_when_too_many_wait()
    {
        var batcher = Batcher(new Limits(1, 2, 100, 100));
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var waiting = new[] { Submit(batcher, 1), Submit(batcher, 2) };

        await Assert.ThrowsAsync<BatcherFullException>(() => Submit(batcher, 3));

        _go.Release(2);
        await Task.WhenAll([first, .. waiting]).WaitAsync(Patience);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_do_the_others_alone_when_one_spoils_the_call()
    {
        var batcher = Batcher(new Limits(1, 100, 100, 100));
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var good = Submit(batcher, 1);
        var bad = Submit(batcher, -1);
        var alsoGood = Submit(batcher, 2);

        _go.Release(100);

        await Assert.ThrowsAsync<ArgumentException>(() => bad);
        Assert.Equal(new[] { 0, 10, 20 }, await Task.WhenAll(first, good, alsoGood).WaitAsync(Patience));
        Assert.Equal([[0], [1, -1, 2], [1], [-1], [2]], _calls);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_fail_all_when_the_error_is_nobodys_own()
    {
        var batcher = new Batcher<int, int>(new Limits(1, 100, 100, 100), _ => 1, RunAsync, _ => false);
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var good = Submit(batcher, 1);
        var bad = Submit(batcher, -1);

        _go.Release(100);

        await Assert.ThrowsAsync<ArgumentException>(() => bad);
        await Assert.ThrowsAsync<ArgumentException>(() => good);
        Assert.Equal(0, await first);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_not_do_what_nobody_waits_for_any_more()
    {
        var batcher = Batcher(new Limits(1, 100, 100, 100));
        using var gone = new CancellationTokenSource();
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var cancelled = batcher.SubmitAsync("a", 1, gone.Token);
        var wanted = Submit(batcher, 2);
        await gone.CancelAsync();

        _go.Release(100);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Task.WhenAll(first, wanted).WaitAsync(Patience);
        Assert.Equal([[0], [2]], _calls);
        batcher.Stop();
    }

    [Fact]
    public async Task Should_cancel_what_waits_when_it_stops()
    {
        var batcher = Batcher(new Limits(1, 100, 100, 100));
        var first = Submit(batcher, 0);
        await UnderWayAsync(1);
        var waiting = Submit(batcher, 1);

        batcher.Stop();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Submit(batcher, 2));
    }

    [Fact]
    public async Task Should_do_the_items_of_one_key_in_their_order_whatever_the_lanes()
    {
        var done = new ConcurrentDictionary<string, List<int>>();
        var batcher = new Batcher<(string Key, int Nr), int>(
            new Limits(4, 10_000, 7, 1_000),
            _ => 1,
            async (items, _) =>
            {
                await Task.Yield();
                foreach (var (key, nr) in items)
                {
                    done.GetOrAdd(key, _ => []).Add(nr);
                }

                return [.. items.Select(i => i.Nr)];
            },
            _ => false);

        var all = Enumerable.Range(0, 2_000).Select(i => batcher.SubmitAsync($"key-{i % 20}", ($"key-{i % 20}", i), default)).ToList();
        await Task.WhenAll(all).WaitAsync(Patience);

        Assert.All(done.Values, numbers => Assert.Equal(numbers.Order(), numbers));
        batcher.Stop();
    }

    private static Task<int> Submit(Batcher<int, int> batcher, int item) => batcher.SubmitAsync("a", item, CancellationToken.None);

    private Batcher<int, int> Batcher(Limits limits) => new(limits, i => i, RunAsync, e => e is ArgumentException);

    private async Task<IReadOnlyList<int>> RunAsync(IReadOnlyList<int> items, CancellationToken ct)
    {
        _calls.Enqueue([.. items]);
        await _go.WaitAsync(ct);
        return items.Any(i => i < 0) ? throw new ArgumentException("spoilt") : [.. items.Select(i => i * 10)];
    }

    private async Task UnderWayAsync(int calls)
    {
        while (_calls.Count < calls)
        {
            await Task.Yield();
        }
    }
}
