using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.Benchmarks.Scale;

/// <summary>
/// What a second and a third node add: 1, 2 and 3 real nodes on one PostgreSQL, each with the same fixed share of one core, under as much load as they
/// take over HTTP. Only the ratios count, and only while PostgreSQL and the clients have cores left.
/// </summary>
internal static class ScaleBenchmark
{
    private const int Batch = 20;
    private const int ClientsPerNode = 8;
    private const int Recipients = 200_000;
    /// <summary>After it has started, a node compiles what it needs often; then it is idle.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <param name="options"><c>--share 25</c> percent of a core for each node, <c>--nodes 3</c>, <c>--seconds 20</c>.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        var share = Option(options, "--share", 25);
        var most = Option(options, "--nodes", 3);
        var seconds = Option(options, "--seconds", 20);
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; each node has {share} % of one; {Batch} reports a request, {ClientsPerNode} requests in flight per node, {Recipients:N0} recipients");
        Console.WriteLine("| nodes | idle, % of a core per node | reports/s | of one node | node CPU µs each | PostgreSQL CPU µs each | log (WAL) KB each | connections per node |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|");
        var one = 0.0;
        for (var nodes = 1; nodes <= most; nodes++)
        {
            var m = await MeasureAsync(nodes, share, TimeSpan.FromSeconds(seconds));
            one = nodes == 1 ? m.Rate : one;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {nodes} | {m.Idle:0.0} | {m.Rate:0} | {m.Rate / one:0.00}× | {m.Cpu:0} | {m.DatabaseCpu:0} | {m.Wal / 1000:0.0} | {m.Connections:0} |"));
            if (nodes == most)
            {
                Console.WriteLine($"\nDisk for each report, indices included: {m.Disk}");
            }
        }

        return 0;
    }

    private sealed record Measured(double Idle, double Rate, double Cpu, double DatabaseCpu, double Wal, double Connections, string Disk);

    private static async Task<Measured> MeasureAsync(int count, int share, TimeSpan length)
    {
        var database = PostgresServer.Shared.CreateDatabase();
        var ports = Enumerable.Range(0, count).Select(_ => Node.FreePort()).ToList();
        var nodes = new List<Node>();
        try
        {
            foreach (var port in ports)
            {
                nodes.Add(new Node(database, port, ports, share));
                await nodes[^1].ReadyAsync();
            }

            await Task.Delay(Compiling);
            var (idleCpu, idleAt) = (nodes.Sum(n => n.Cpu.TotalSeconds), Stopwatch.GetTimestamp());
            await Task.Delay(Pause);
            var idle = 100 * (nodes.Sum(n => n.Cpu.TotalSeconds) - idleCpu) / Stopwatch.GetElapsedTime(idleAt).TotalSeconds / count;

            using var end = new CancellationTokenSource();
            var answered = 0L;
            var clients = nodes.SelectMany(n => Enumerable.Range(0, ClientsPerNode).Select(i => Task.Run(async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    using var answer = await n.Http.PostAsJsonAsync("/v1/events", Enumerable.Range(0, Batch).Select(_ => Report(Recipients)));
                    if (answer.IsSuccessStatusCode)
                    {
                        Interlocked.Add(ref answered, Batch);
                    }
                    else
                    {
                        // Asked to come back later
                        await Task.Delay(200);
                    }
                }
            }))).ToList();

            // Compiled at full speed, measured at the share
            await Task.Delay(WarmUp);
            nodes.ForEach(n => n.Limit());
            await Task.Delay(Pause);

            await using var postgres = new NpgsqlConnection(database);
            await postgres.OpenAsync();
            var before = (Answered: Interlocked.Read(ref answered), Cpu: nodes.Sum(n => n.Cpu.TotalMicroseconds), Database: PostgresCpu(), At: Stopwatch.GetTimestamp(), Wal: await NumberAsync(postgres, WalBytes));
            await Task.Delay(length);
            var reports = Interlocked.Read(ref answered) - before.Answered;
            var passed = Stopwatch.GetElapsedTime(before.At);
            var result = new Measured(
                idle,
                reports / passed.TotalSeconds,
                (nodes.Sum(n => n.Cpu.TotalMicroseconds) - before.Cpu) / reports,
                (PostgresCpu() - before.Database) / reports,
                (await NumberAsync(postgres, WalBytes) - before.Wal) / reports,
                (await NumberAsync(postgres, "SELECT count(*)::float8 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")) / count,
                "");
            await end.CancelAsync();
            await Task.WhenAll(clients);
            await Task.Delay(Pause);
            return result with { Disk = await DiskAsync(postgres, Interlocked.Read(ref answered)) };
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private const string WalBytes = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";

    private static async Task<double> NumberAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (double)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Bytes of the biggest tables for each report, e.g. "journal 412, history 390".</summary>
    private static async Task<string> DiskAsync(NpgsqlConnection connection, long reports)
    {
        await using var command = new NpgsqlCommand("SELECT relname::text, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 8", connection);
        await using var rows = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await rows.ReadAsync())
        {
            tables.Add(string.Create(CultureInfo.InvariantCulture, $"{rows.GetString(0)} {rows.GetInt64(1) / (double)reports:0} B"));
        }

        return string.Join(", ", tables);
    }

    internal static object Report(int recipients)
    {
        var recipient = Random.Shared.Next(recipients);
        return new
        {
            recipient = $"user{recipient}@example{recipient % 50}.net",
            sender = $"news@sender{recipient % 20}.example",
            messageId = $"{Guid.NewGuid():N}@sender.example",
            smtpCode = 452,
            enhancedCode = "4.2.2",
            diagnostic = "452 4.2.2 The recipient's mailbox is over quota",
        };
    }

    /// <summary>Processor time of all PostgreSQL processes in µs: user and system time in /proc (clock ticks of 10 ms).</summary>
    private static double PostgresCpu() => Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])).Sum(d =>
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(d, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return stat.Contains("(postgres)", StringComparison.Ordinal) ? 10_000.0 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) : 0;
        }
        catch (IOException)
        {
            // Ended in between
            return 0;
        }
    });

    internal static int Option(string[] options, string name, int otherwise) =>
        Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
