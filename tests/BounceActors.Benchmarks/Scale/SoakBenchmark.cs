using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using BounceActors.Tests.Shared;

namespace BounceActors.Benchmarks.Scale;

/// <summary>
/// One node on PostgreSQL for a long time at a fixed part of what it takes: does its memory stay where it is, and do its read tables keep up? First as much as it
/// takes, which is the measured rate; then that part of it, evenly, and a row every minute.
/// </summary>
internal static class SoakBenchmark
{
    private const int Batch = 20;
    private const int Clients = 16;
    private const int Recipients = 1_000_000;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <param name="options"><c>--minutes 60</c>, <c>--percent 80</c> of the measured rate, or <c>--rate</c> reports a second.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        var minutes = ScaleBenchmark.Option(options, "--minutes", 60);
        var percent = ScaleBenchmark.Option(options, "--percent", 80);
        var rate = ScaleBenchmark.Option(options, "--rate", 0);
        var port = Node.FreePort();
        await using var node = new Node(PostgresServer.Shared.CreateDatabase(), port, [port], 100);
        await node.ReadyAsync();
        if (rate == 0)
        {
            await LoadAsync(node, Minute, null, new Tally());
            var most = new Tally();
            await LoadAsync(node, Minute, null, most);
            rate = (int)(most.Accepted / Minute.TotalSeconds * percent / 100);
            Console.WriteLine($"{most.Accepted / Minute.TotalSeconds:0} reports/s for a minute, {Clients} requests of {Batch} in flight");
        }

        Console.WriteLine($"{rate} reports/s for {minutes} minutes; {Recipients:N0} recipients, {Environment.ProcessorCount} cores for node, PostgreSQL and clients");
        Console.WriteLine("| minute | reports/s | refused | answer p50 ms | p99 ms | memory MB | lag of the read tables, most, s |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|");
        var rows = new List<Row>();
        for (var minute = 1; minute <= minutes; minute++)
        {
            var tally = new Tally();
            using var sampling = new CancellationTokenSource();
            var sample = SampleAsync(node, sampling.Token);
            await LoadAsync(node, Minute, rate, tally);
            await sampling.CancelAsync();
            var (memory, lag) = await sample;
            rows.Add(new Row(tally.Accepted / Minute.TotalSeconds, tally.Refused, tally.Percentile(0.5), tally.Percentile(0.99), memory, lag));
            Console.WriteLine($"| {minute} {Text(rows[^1])}");
        }

        // The first minutes fill caches.
        var steady = rows.Skip(Math.Min(5, rows.Count / 4)).ToList();
        var quarter = Math.Max(1, steady.Count / 4);
        Console.WriteLine($"| **first quarter** {Text(Mean(steady.Take(quarter)))}");
        Console.WriteLine($"| **last quarter** {Text(Mean(steady.TakeLast(quarter)))}");
        return 0;
    }

    private sealed record Row(double Rate, double Refused, double P50, double P99, double Megabytes, double Lag);

    private static Row Mean(IEnumerable<Row> rows)
    {
        var all = rows.ToList();
        return new Row(all.Average(r => r.Rate), all.Average(r => r.Refused), all.Average(r => r.P50), all.Average(r => r.P99), all.Average(r => r.Megabytes), all.Average(r => r.Lag));
    }

    private static string Text(Row r) =>
        string.Create(CultureInfo.InvariantCulture, $"| {r.Rate:0} | {r.Refused:0} | {r.P50:0} | {r.P99:0} | {r.Megabytes:0} | {r.Lag:0.00} |");

    /// <summary>Sends for a time: as much as is taken, or evenly so many reports a second; an answer's time counts from when its request was due.</summary>
    private static async Task LoadAsync(Node node, TimeSpan length, int? rate, Tally tally)
    {
        var began = Stopwatch.GetTimestamp();
        var next = -1L;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var due = rate is { } perSecond ? TimeSpan.FromSeconds(Interlocked.Increment(ref next) * (double)Batch / perSecond) : Stopwatch.GetElapsedTime(began);
                if (due >= length || Stopwatch.GetElapsedTime(began) > length + Minute)
                {
                    return;
                }

                if (due - Stopwatch.GetElapsedTime(began) is { } early && early > TimeSpan.Zero)
                {
                    await Task.Delay(early);
                }

                using var answer = await node.Http.PostAsJsonAsync("/v1/events", Enumerable.Range(0, Batch).Select(_ => ScaleBenchmark.Report(Recipients)));
                tally.Add(answer.IsSuccessStatusCode ? Batch : 0, Stopwatch.GetElapsedTime(began) - due);
            }
        })));
    }

    /// <summary>Mean memory and most lag, looked at every two seconds.</summary>
    private static async Task<(double Megabytes, double Lag)> SampleAsync(Node node, CancellationToken cancel)
    {
        var (memory, lag) = (new List<double>(), 0.0);
        while (!cancel.IsCancellationRequested)
        {
            memory.Add(node.ResidentBytes / 1e6);
            var metrics = await node.Http.GetStringAsync("/metrics", CancellationToken.None);
            lag = Math.Max(lag, metrics.Split('\n').Where(line => line.StartsWith("bounceactors_projection_lag", StringComparison.Ordinal))
                .Max(line => (double?)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)) ?? 0);
            await Task.Delay(TimeSpan.FromSeconds(2), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (memory.Average(), lag);
    }

    private sealed class Tally
    {
        private readonly List<double> _milliseconds = [];

        public int Accepted { get; private set; }

        public int Refused { get; private set; }

        public void Add(int accepted, TimeSpan took)
        {
            lock (_milliseconds)
            {
                Accepted += accepted;
                Refused += accepted == 0 ? 1 : 0;
                _milliseconds.Add(took.TotalMilliseconds);
            }
        }

        public double Percentile(double part)
        {
            _milliseconds.Sort();
            return _milliseconds[(int)((_milliseconds.Count - 1) * part)];
        }
    }
}
