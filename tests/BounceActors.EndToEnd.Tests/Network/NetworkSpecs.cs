using System.Diagnostics;
using System.Globalization;
using BounceActors.Tests.Shared;
using Xunit.Abstractions;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>
/// Nodes that die, hang and are cut off, in real networks: 0 lost, 0 twice, nobody alive on two nodes, and the service comes back. As it comes, three
/// rounds; <c>BOUNCE_NETWORK_ROUNDS</c> says how many instead, all kinds of trouble in turn or those that <c>BOUNCE_NETWORK_TROUBLE</c> names
/// (separated by commas), <c>BOUNCE_NETWORK_SEED</c> the seed of the first, by which a round is repeated; <c>BOUNCE_NETWORK_LOG</c> names a file to write
/// them to. A rolling upgrade begins with the last release (<c>eng/last-release</c>), built for it.
/// </summary>
public class NetworkSpecs(ITestOutputHelper output)
{
    private const int UsualSeed = 6000;
    private static readonly Trouble[] Usual = [Trouble.OneWay, Trouble.Database, Trouble.Upgrade];

    [SkippableFact]
    public async Task Should_lose_nothing_and_come_back_whatever_happens_to_nodes_and_their_network()
    {
        PostgresServer.SkipUnlessThere();
        Namespaces.SkipUnlessThere();
        var kinds = Environment.GetEnvironmentVariable("BOUNCE_NETWORK_TROUBLE") is { Length: > 0 } named ? [.. named.Split(',').Select(Enum.Parse<Trouble>)]
            : Environment.GetEnvironmentVariable("BOUNCE_NETWORK_ROUNDS") is null ? Usual
            : Enum.GetValues<Trouble>();
        var rounds = Number("BOUNCE_NETWORK_ROUNDS", kinds.Length);
        var first = Number("BOUNCE_NETWORK_SEED", UsualSeed);
        var outages = new List<(Trouble Trouble, Outage Outage)>();
        var failed = new List<string>();
        Site? site = null;
        var webhooks = 0;
        try
        {
            for (var i = 0; i < rounds; i++)
            {
                var (trouble, seed, took) = (kinds[i % kinds.Length], first + i, Stopwatch.StartNew());
                if (trouble == Trouble.Upgrade && site is not null)
                {
                    await site.DisposeAsync();
                    site = null;
                }

                if (site is null)
                {
                    site = new Site(trouble == Trouble.Upgrade ? await LastRelease.BuildAsync() : ServiceProcess.JustBuilt);
                    webhooks = 0;
                    await site.StartAsync(1, 2, 3);
                }

                var round = new NetworkRound(site, trouble, seed, webhooks);
                try
                {
                    var outage = await round.RunAsync();
                    webhooks += round.Webhooks;
                    outages.Add((trouble, outage));
                    Write(string.Create(CultureInfo.InvariantCulture, $"{seed} {trouble} right, {took.Elapsed.TotalSeconds:0} s: {Text(outage)}: {round.Story}"));
                }
                catch (Exception cause)
                {
                    failed.Add($"round {seed} {trouble} ({round.Story}):\n{cause}");
                    Write(failed[^1]);

                    // The next one gets nodes and a database of its own.
                    await site.DisposeAsync();
                    site = null;
                }
            }
        }
        finally
        {
            if (site is not null)
            {
                await site.DisposeAsync();
            }
        }

        foreach (var kind in outages.GroupBy(o => o.Trouble))
        {
            Write(string.Create(
                CultureInfo.InvariantCulture,
                $"median of {kind.Count()} {kind.Key}: {Text(new Outage(Median(kind.Select(o => o.Outage.Back)), Median(kind.Select(o => o.Outage.AfterTheEnd)), Median(kind.Select(o => (TimeSpan?)o.Outage.Gap))!.Value))}"));
        }

        Assert.True(failed.Count == 0, string.Join("\n\n", failed));
    }

    private void Write(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BOUNCE_NETWORK_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText(log, $"{line}\n");
        }
    }

    private static string Text(Outage outage) => string.Create(
        CultureInfo.InvariantCulture, $"back {Seconds(outage.Back)}, after the end {Seconds(outage.AfterTheEnd)}, longest without an answer {Seconds(outage.Gap)}");

    private static string Seconds(TimeSpan? time) => time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0.0} s") : "-";

    private static TimeSpan? Median(IEnumerable<TimeSpan?> times)
    {
        var sorted = times.OfType<TimeSpan>().Order().ToList();
        return sorted.Count == 0 ? null : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
