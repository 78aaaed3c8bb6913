using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Imports;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BounceActors.Benchmarks;

/// <summary>
/// Importing a list into PostgreSQL against COPY of the same bytes: into a table without any index, and into one whose primary key is the address, as a suppression
/// table by hand would have. The import is durable when it answers; how long the check takes to know everybody is measured beside it.
/// </summary>
internal static class ImportBenchmark
{
    public static async Task<int> RunAsync(string[] options)
    {
        if (!GCSettings.IsServerGC)
        {
            // As the service runs.
            var again = new ProcessStartInfo(Environment.ProcessPath!, ["import", .. options]);
            again.Environment["DOTNET_gcServer"] = "1";
            using var child = Process.Start(again)!;
            await child.WaitForExitAsync();
            return child.ExitCode;
        }

        var rows = options is ["--rows", var number, ..] ? int.Parse(number, CultureInfo.InvariantCulture) : 1_000_000;
        var file = Path.GetTempFileName();
        try
        {
            await WriteListAsync(file, rows);
            Console.WriteLine(Text($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, server GC, {rows:n0} rows, {new FileInfo(file).Length / 1e6:0} MB\n"));
            Console.WriteLine("| | seconds | rows/s | of COPY | of COPY with key |\n|---|---:|---:|---:|---:|");
            var bare = await CopyAsync(file, "address text NOT NULL");
            var keyed = await CopyAsync(file, "address text PRIMARY KEY");
            Row("COPY, no index", bare);
            Row("COPY, primary key on the address", keyed);
            await ImportAsync(file, rows, Row);

            void Row(string what, double seconds) =>
                Console.WriteLine(Text($"| {what} | {seconds:0.0} | {rows / seconds:0} | {seconds / bare:0.00}× | {seconds / keyed:0.00}× |"));
        }
        finally
        {
            File.Delete(file);
        }

        return 0;
    }

    private static async Task WriteListAsync(string file, int rows)
    {
        string[] reasons = ["hard_bounce", "spam_complaint", "unsubscribed", "550 5.1.1 no such user", "asked by mail"];
        await using var list = new StreamWriter(file, false, new UTF8Encoding(false), 1 << 20);
        await list.WriteAsync("address,level,reason,source,note\n");
        for (var i = 0; i < rows; i++)
        {
            // As addresses come: in no order.
            var n = (int)(i * 7_919L % rows);
            await list.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"user{n}.{n % 977}@mail{n % 8_191}.example,manual,{reasons[i % reasons.Length]},old service,\n"));
        }
    }

    private static async Task<double> CopyAsync(string file, string address)
    {
        await using var connection = new NpgsqlConnection(PostgresServer.Shared.CreateDatabase());
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE TABLE suppressed ({address}, level text, reason text, source text, note text)", connection);
        await create.ExecuteNonQueryAsync();
        var watch = Stopwatch.StartNew();
        await using (var copy = await connection.BeginTextImportAsync("COPY suppressed FROM STDIN (FORMAT csv, HEADER)"))
        using (var list = new StreamReader(file))
        {
            var buffer = new char[1 << 16];
            while (await list.ReadAsync(buffer) is var read and > 0)
            {
                await copy.WriteAsync(buffer.AsMemory(0, read));
            }
        }

        return watch.Elapsed.TotalSeconds;
    }

    private static async Task ImportAsync(string file, int rows, Action<string, double> report)
    {
        var connection = PostgresServer.Shared.CreateDatabase();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new ClassifierHolder(new BounceClassifier(RuleSet.Default)));
        builder.Services.AddBounceEngine(new EngineOptions { Storage = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = connection } });
        using var host = builder.Build();
        await host.StartAsync();
        while (host.Services.GetRequiredService<EngineInspector>().ClusterProblem() is not null)
        {
            await Task.Delay(50);
        }

        var import = host.Services.GetRequiredService<SuppressionImport>();
        var index = host.Services.GetRequiredService<SuppressionIndex>();
        var defaults = new ImportDefaults(SuppressionLevel.Manual, null, null, "benchmark", "imported");
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        await TakeAsync("first", rows);
        report("import, durable", watch.Elapsed.TotalSeconds);
        process.Refresh();
        var used = (process.TotalProcessorTime - cpu).TotalMicroseconds / rows;
        var peak = process.PeakWorkingSet64 / 1e6;
        while (index.Count < rows)
        {
            await Task.Delay(20);
        }

        report("import, known to the check", watch.Elapsed.TotalSeconds);
        watch.Restart();
        await TakeAsync("first", rows);
        report("the same again, same name", watch.Elapsed.TotalSeconds);
        watch.Restart();
        await TakeAsync("second", 0);
        report("the same again, another name", watch.Elapsed.TotalSeconds);
        watch.Restart();
        var exported = await host.Services.GetRequiredService<ReadStore>().ExportAsync("default", null, null, null, DateTimeOffset.UnixEpoch, _ => ValueTask.CompletedTask, default);
        report(Text($"export of {exported:n0}"), watch.Elapsed.TotalSeconds);
        Console.WriteLine(Text($"\nCPU of the process {used:0.0} µs per row until durable; largest working set {peak:0} MB"));
        await host.StopAsync();

        async Task TakeAsync(string id, long changed)
        {
            await using var list = File.OpenRead(file);
            var (done, _) = await import.RunAsync("default", id, defaults, list, default);
            if ((done.IsDone, done.Rows, done.Changed, done.Failed) != (true, rows, changed, 0))
            {
                throw new InvalidOperationException(done.ToString());
            }
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
