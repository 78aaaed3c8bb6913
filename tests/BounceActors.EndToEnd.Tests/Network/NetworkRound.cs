using System.Diagnostics;
using System.Globalization;
using BounceActors.EndToEnd.Tests.Faults;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>What may happen to a cluster.</summary>
internal enum Trouble
{
    /// <summary>SIGKILL of a node.</summary>
    Kill,

    /// <summary>A node is frozen for 20 s (SIGSTOP, SIGCONT).</summary>
    Hang,

    /// <summary>A node hears the others, or they hear it, but not both.</summary>
    OneWay,

    /// <summary>A node and all others do not hear each other.</summary>
    CutOff,

    /// <summary>Two nodes do not hear each other; the third hears both.</summary>
    Between,

    /// <summary>A node and the database do not hear each other.</summary>
    NodeFromDatabase,

    /// <summary>No node reaches the database, or it reaches none, or both.</summary>
    Database,

    /// <summary>Nobody hears anybody.</summary>
    Everything,

    /// <summary>Each node is told to end and started again, one after the other.</summary>
    Roll,

    /// <summary>The same from the last release to what was just built.</summary>
    Upgrade,

    /// <summary>1, 3, 5 and 2 nodes, one after the other; those that stay are not those it began with.</summary>
    Scale,
}

/// <summary>How long the service did not answer; null where the question makes no sense.</summary>
/// <param name="Back">From the trouble on until it answered lastingly; from its end on when nothing can answer before.</param>
/// <param name="AfterTheEnd">From the end of the trouble on, when nodes come back; zero when nobody noticed.</param>
/// <param name="Gap">The longest time without an answer.</param>
internal sealed record Outage(TimeSpan? Back, TimeSpan? AfterTheEnd, TimeSpan Gap);

/// <summary>
/// A load is sent through the balancer, something happens, and is over; then all nodes must be well and everything must be there, once. The seed chooses
/// the load, the node, the direction and how long it lasts.
/// </summary>
internal sealed class NetworkRound(Site site, Trouble trouble, int seed, int webhooksBefore)
{
    private const int Clients = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(20);

    private readonly Random _random = new(seed);
    private readonly List<string> _story = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>What happened, for whoever reads a failure.</summary>
    public string Story => string.Join("; ", _story);

    public int Webhooks { get; private set; }

    public async Task<Outage> RunAsync()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var name = string.Create(CultureInfo.InvariantCulture, $"-{seed}-{trouble}").ToLowerInvariant();
        var load = new Load(seed, reports: 1_200, recipients: 300, now, name);
        using var traffic = new Traffic(load, _random, site.Door, Site.Key) { Pace = Pace };
        using var patience = new CancellationTokenSource(Patience);
        var restarts = site.Nodes.Sum(n => n.Restarts);
        Outage outage;
        await using (var probe = new Probe(site.Door, Site.Key, name))
        {
            var sending = traffic.SendAsync(Clients, patience.Token);
            await probe.WorksAsync(Otherwise);
            var begun = probe.Now;
            outage = await HappenAsync(probe) with { Gap = probe.LongestGap(begun) };
            Tell($"over; {traffic.Acknowledged} of {traffic.Parcels} requests acknowledged");
            traffic.Pace = TimeSpan.Zero;
            try
            {
                await sending;
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"only {traffic.Acknowledged} of {traffic.Parcels} requests are acknowledged\n{site.Logs}");
            }

            Webhooks = traffic.WebhookAttempts;
            await site.WellAsync();
            Tell($"all acknowledged after {traffic.Attempts} requests, all nodes well, {site.Nodes.Sum(n => n.Restarts) - restarts} ended by themselves, {probe.Failed} probes failed");
        }

        var books = new Books(site.Storage, load, traffic, now, webhooksBefore);
        using var http = new HttpClient { BaseAddress = site.Door, Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Add("X-Api-Key", Site.Key);
        var differences = "";
        await Eventually.TrueAsync(
            async () => (differences = await books.DifferencesAsync()).Length == 0 && (differences = await books.LiveDifferencesAsync(http)).Length == 0,
            TimeSpan.FromMinutes(3),
            () => $"{differences}\n{site.Logs}");
        await ClusterSpecs.NobodyLivedTwiceAsync(site.Storage.ConnectionString!);
        Tell("all there");
        return outage;
    }

    private async Task<Outage> HappenAsync(Probe probe)
    {
        var running = site.Running;
        var node = running[_random.Next(running.Count)];
        var others = running.Where(n => n != node).ToList();
        var other = others[_random.Next(others.Count)];
        var lost = (Lost)_random.Next(1, 3);
        var lasts = TimeSpan.FromSeconds(_random.Next(25, 41));
        switch (trouble)
        {
            case Trouble.Kill:
                {
                    Tell($"node {node.Number} is killed");
                    var began = probe.Now;
                    await node.KillAsync();
                    var back = await probe.BackAsync(began, Otherwise);
                    began = probe.Now;
                    node.Start();
                    await site.WellAsync();
                    return new Outage(back, await probe.BackAsync(began, Otherwise), default);
                }

            case Trouble.Hang:
                return await LastAsync(probe, $"node {node.Number} hangs", Hanging, canAnswer: true, () => node.SignalAsync("STOP"), () => node.SignalAsync("CONT"));
            case Trouble.OneWay:
                return await CutAsync(probe, $"node {node.Number} and the others, {lost}", lasts, canAnswer: true, () => others.ForEach(o => site.Network.Cut(node.Number, lost, site.Network.AddressOf(o.Number))));
            case Trouble.CutOff:
                return await CutAsync(probe, $"node {node.Number} and the others", lasts, canAnswer: true, () => others.ForEach(o => site.Network.Cut(node.Number, Lost.Both, site.Network.AddressOf(o.Number))));
            case Trouble.Between:
                return await CutAsync(probe, $"node {node.Number} and node {other.Number}", lasts, canAnswer: true, () => site.Network.Cut(node.Number, Lost.Both, site.Network.AddressOf(other.Number)));
            case Trouble.NodeFromDatabase:
                return await CutAsync(probe, $"node {node.Number} and the database", lasts, canAnswer: true, () => site.Network.Cut(node.Number, Lost.Both, site.Network.Here, site.DatabasePort));
            case Trouble.Database:
                {
                    var which = (Lost)_random.Next(1, 4);
                    return await CutAsync(probe, $"nodes and the database, {which}", lasts, canAnswer: false, () =>
                    {
                        foreach (var each in running)
                        {
                            site.Network.Cut(each.Number, which, site.Network.Here, site.DatabasePort);
                        }
                    });
                }

            case Trouble.Everything:
                return await CutAsync(probe, "everything", lasts, canAnswer: false, () =>
                {
                    foreach (var each in running)
                    {
                        site.Network.CutEverything(each.Number);
                    }
                });
            case Trouble.Roll or Trouble.Upgrade:
                foreach (var each in running)
                {
                    Tell($"node {each.Number} is told to end");
                    await each.StopAsync();
                    each.Program = ServiceProcess.JustBuilt;
                    await site.StartAsync(each.Number);
                }

                return new Outage(null, null, default);
            default:
                await ScaleAsync();
                return new Outage(null, null, default);
        }
    }

    private async Task ScaleAsync()
    {
        await StopAsync(2, 3);
        Tell("1 node");
        await site.StartAsync(2, 3);
        Tell("3 nodes");
        await site.StartAsync(4, 5);
        Tell("5 nodes");
        await StopAsync(1, 2, 3);
        Tell("2 nodes");

        // As it was.
        await site.StartAsync(1, 2, 3);
        await StopAsync(4, 5);
    }

    /// <summary>One after the other: those that are told to end hand over to those that stay.</summary>
    private async Task StopAsync(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            await site.Nodes[number - 1].StopAsync();
            await site.WellAsync();
        }
    }

    private Task<Outage> CutAsync(Probe probe, string what, TimeSpan lasts, bool canAnswer, Action cut) => LastAsync(
        probe,
        $"cut between {what}",
        lasts,
        canAnswer,
        () =>
        {
            cut();
            return Task.CompletedTask;
        },
        () =>
        {
            site.Network.Heal();
            return Task.CompletedTask;
        });

    private async Task<Outage> LastAsync(Probe probe, string what, TimeSpan lasts, bool canAnswer, Func<Task> begin, Func<Task> end)
    {
        Tell($"{what} for {lasts.TotalSeconds} s");
        var began = probe.Now;
        await begin();
        var back = canAnswer ? probe.BackAsync(began, Otherwise) : null;

        // How long a trouble lasts is part of it: nothing to wait for says so.
        await Task.Delay(lasts);
        await end();
        var ended = probe.Now;
        Tell("mended");
        var after = await probe.BackAsync(ended, Otherwise);
        await site.WellAsync();
        return back is null ? new Outage(after, null, default) : new Outage(await back, after, default);
    }

    private string Otherwise() => $"the service does not answer again ({Story})\n{site.Logs}";

    private void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_watch.Elapsed.TotalSeconds:0} s: {what}"));
}
