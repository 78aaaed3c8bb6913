using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Benchmarks.Ingest;

/// <summary>
/// Durable ingest through the whole engine (judge, directory, actor, journal; projections running beside it) against the same promise kept by hand, in
/// one run on one machine. What counts are the ratios.
/// </summary>
internal static class IngestBenchmark
{
    private const string Tenant = "default";
    private const int InFlight = 1_000;
    private const int Live = 4_000;

    public static async Task<int> RunAsync(string[] options)
    {
        if (!GCSettings.IsServerGC)
        {
            // As the service runs. Of the project's other benchmarks it would be wrong.
            var again = new ProcessStartInfo(Environment.ProcessPath!, ["ingest", .. options]);
            again.Environment["DOTNET_gcServer"] = "1";
            using var child = Process.Start(again)!;
            await child.WaitForExitAsync();
            return child.ExitCode;
        }

        var wanted = options is ["--database", var name] ? name : "both";
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, server GC, {InFlight} reports in flight");
        if (wanted is "postgres" or "both")
        {
            var server = PostgresServer.Shared;
            await RunAsync(
                "PostgreSQL",
                new PostgresByHand(server.CreateDatabase()),
                journal => new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = server.CreateDatabase(), Journal = journal },
                handReports: 20_000,
                reports: 40_000,
                stockReports: 6_000);
        }

        if (wanted is "sqlite" or "both")
        {
            var directory = Directory.CreateTempSubdirectory("bounce-bench-").FullName;
            await RunAsync(
                "SQLite",
                new SqliteByHand(directory),
                journal => new StorageOptions { DataDirectory = Path.Combine(directory, journal.ToString()), Journal = journal },
                handReports: 12_000,
                reports: 30_000,
                stockReports: 6_000);
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static async Task RunAsync(
        string database, ByHand byHand, Func<JournalKind, StorageOptions> storage, int handReports, int reports, int stockReports)
    {
        Console.WriteLine($"\n## {database}\n");
        Console.WriteLine("| | per second | of by hand | CPU µs each |\n|---|---:|---:|---:|");
        var hand = await byHand.RunAsync(Reports("hand", handReports));
        Row(byHand.Name, hand, hand, null);

        foreach (var journal in new[] { JournalKind.Batching, JournalKind.Stock })
        {
            var count = journal == JournalKind.Batching ? reports : stockReports;
            var where = storage(journal);
            var kind = journal.ToString().ToLowerInvariant();
            await using (var engine = await RunningEngine.StartAsync(where))
            {
                await engine.SendAsync(Reports("warm", 3_000), InFlight);
                await engine.CaughtUpAsync();
                var before = Memory();
                var (rate, cpu) = await engine.TimedAsync(() => engine.SendAsync(Reports("new", count), InFlight), count);
                Row($"engine, {kind} journal: new recipients", rate, hand, cpu);
                var caughtUp = await engine.CaughtUpAsync();
                var memory = (Memory() - before) / (double)count;

                var live = Reports("live", Live);
                await engine.SendAsync(live, InFlight);
                var mixed = Reports("mixed", count).Select((r, i) => i % 50 == 0 ? r : r with { Recipient = live[i % Live].Recipient }).ToList();
                var (mixedRate, mixedCpu) = await engine.TimedAsync(() => engine.SendAsync(mixed, InFlight), count);
                Row($"engine, {kind} journal: 2 % new recipients", mixedRate, hand, mixedCpu);
                await engine.CaughtUpAsync();
                if (journal == JournalKind.Batching)
                {
                    var pace = (int)(rate * 0.6);
                    var lag = await engine.LagAsync(Reports("paced", pace * 15), pace);
                    Console.WriteLine(Text($"| memory per live recipient, everything included | {memory / 1024:0.0} KB | | |"));
                    Console.WriteLine(Text($"| read tables behind after the burst of new recipients | {caughtUp.TotalSeconds:0.0} s | | |"));
                    Console.WriteLine(Text($"| projection lag at {pace}/s for 15 s, p50 / p99 / max | {lag.P50:0.00} / {lag.P99:0.00} / {lag.Max:0.00} s | | |"));
                }
            }

            await using (var engine = await RunningEngine.StartAsync(where))
            {
                await engine.SendAsync(Reports("warm2", 1_000), InFlight);
                var cold = Reports("new", count).Select(r => r with { MessageId = "again-" + r.MessageId }).ToList();
                var (rate, cpu) = await engine.TimedAsync(() => engine.SendAsync(cold, InFlight), count);
                Row($"engine, {kind} journal: returning cold recipients", rate, hand, cpu);
            }
        }
    }

    private static List<BounceReport> Reports(string prefix, int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        return
        [
            .. Enumerable.Range(0, count).Select(i => Replies.Reports[i % Replies.Reports.Count] with
            {
                Recipient = EmailAddress.Parse($"{prefix}{i}@example{i % 50}.net"),
                Sender = $"newsletter@sender{i % 20}.example",
                MessageId = $"{prefix}-{i}@sender{i % 20}.example",
                Source = "benchmark",
                OccurredAt = now,
            }),
        ];
    }

    private static long Memory()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Row(string what, double rate, double hand, double? cpu) =>
        Console.WriteLine(Text($"| {what} | {rate:0} | {rate / hand:0.00}× | {(cpu is { } c ? c.ToString("0", CultureInfo.InvariantCulture) : "")} |"));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>The whole engine in this process.</summary>
    private sealed class RunningEngine(IHost host) : IAsyncDisposable
    {
        private readonly BounceEngine _engine = host.Services.GetRequiredService<BounceEngine>();
        private readonly ProjectionProgress _progress = host.Services.GetRequiredService<ProjectionProgress>();

        public static async Task<RunningEngine> StartAsync(StorageOptions storage)
        {
            var options = new EngineOptions { Storage = storage };
            options.Cluster.PassivateAfter = TimeSpan.FromHours(1);
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(new ClassifierHolder(new BounceClassifier(RuleSet.Default)));
            builder.Services.AddBounceEngine(options);
            var host = builder.Build();
            await host.StartAsync();
            var inspector = host.Services.GetRequiredService<EngineInspector>();
            while (inspector.ClusterProblem() is not null)
            {
                await Task.Delay(50);
            }

            return new RunningEngine(host);
        }

        public async Task SendAsync(IReadOnlyList<BounceReport> reports, int inFlight)
        {
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
            {
                int i;
                while ((i = Interlocked.Increment(ref next)) < reports.Count)
                {
                    await _engine.ReportAsync(Tenant, reports[i], CancellationToken.None);
                }
            })));
        }

        public async Task<(double Rate, double Cpu)> TimedAsync(Func<Task> work, int count)
        {
            using var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var watch = Stopwatch.StartNew();
            await work();
            var took = watch.Elapsed;
            process.Refresh();
            return (count / took.TotalSeconds, (process.TotalProcessorTime - cpu).TotalMicroseconds / count);
        }

        /// <summary>Waits until no projection has written for a while; how long they went on.</summary>
        public async Task<TimeSpan> CaughtUpAsync()
        {
            var began = TimeProvider.System.GetUtcNow();
            DateTimeOffset Last() => _progress.Slices.Max(s => s.WrittenAt) ?? began;
            while (TimeProvider.System.GetUtcNow() - Last() < TimeSpan.FromSeconds(1.5))
            {
                await Task.Delay(50);
            }

            return Last() > began ? Last() - began : TimeSpan.Zero;
        }

        /// <summary>Lag of the projections while reports come at a steady pace.</summary>
        public async Task<(double P50, double P99, double Max)> LagAsync(IReadOnlyList<BounceReport> reports, int perSecond)
        {
            var samples = new List<double>();
            var began = TimeProvider.System.GetUtcNow();
            using var over = new CancellationTokenSource();
            var sampling = Task.Run(async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    await Task.Delay(20);
                    samples.AddRange(_progress.Slices.Where(s => s.WrittenAt > began).Select(s => s.Lag.TotalSeconds));
                }
            });
            var watch = Stopwatch.StartNew();
            var running = new List<Task>();
            for (var sent = 0; sent < reports.Count;)
            {
                var due = Math.Min(reports.Count, (int)(watch.Elapsed.TotalSeconds * perSecond));
                for (; sent < due; sent++)
                {
                    running.Add(_engine.ReportAsync(Tenant, reports[sent], CancellationToken.None));
                }

                await Task.Delay(5);
            }

            await Task.WhenAll(running);
            await over.CancelAsync();
            await sampling;
            samples.Sort();
            return (samples[samples.Count / 2], samples[(int)(samples.Count * 0.99)], samples[^1]);
        }

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
