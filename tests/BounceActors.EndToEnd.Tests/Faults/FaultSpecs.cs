using System.Diagnostics;
using System.Globalization;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Xunit.Abstractions;

namespace BounceActors.EndToEnd.Tests.Faults;

/// <summary>
/// 0 lost, 0 twice, whatever happens to the process and its database. <c>BOUNCE_FAULT_ROUNDS</c> says how many rounds (8 as it comes, each fourth on
/// SQLite), <c>BOUNCE_FAULT_SEED</c> the seed of the first, by which a round that failed is repeated; <c>BOUNCE_FAULT_LOG</c> names a file to write them to.
/// </summary>
public abstract class FaultSpecs(ITestOutputHelper output)
{
    private const int UsualRounds = 8;
    private const int UsualSeed = 4000;

    /// <summary>Whose rounds these are; those of SQLite run beside those of PostgreSQL.</summary>
    protected abstract bool IsMine(bool sqlite);

    [SkippableFact]
    public async Task Should_lose_nothing_and_count_nothing_twice_whatever_strikes()
    {
        PostgresServer.SkipUnlessThere();
        var rounds = Number("BOUNCE_FAULT_ROUNDS", UsualRounds);
        var first = Number("BOUNCE_FAULT_SEED", UsualSeed);
        using var disk = new SmallDisk(megabytes: 192);
        using var server = PostgresServer.Own(disk.Directory);
        await using var wire = new TcpProxy(server.Port);
        var failed = new List<string>();
        for (var seed = first; seed < first + rounds; seed++)
        {
            var took = Stopwatch.StartNew();
            var sqlite = seed % 4 == 3;
            if (!IsMine(sqlite))
            {
                continue;
            }

            var storage = sqlite
                ? new StorageOptions { DataDirectory = Path.Combine(disk.Directory, $"data-{seed}") }
                : new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = server.CreateDatabase() };
            var round = new Round(seed, storage, disk, sqlite ? null : server, sqlite ? null : wire);
            var verdict = "right";
            try
            {
                await round.RunAsync();
            }
            catch (Exception cause)
            {
                verdict = "WRONG";
                failed.Add($"round {seed} ({round.Story}):\n{cause}");
            }

            var line = string.Create(CultureInfo.InvariantCulture, $"{seed} {(sqlite ? "SQLite" : "PostgreSQL")} {verdict} {took.Elapsed.TotalSeconds:0} s: {round.Story}");
            output.WriteLine(line);
            if (Environment.GetEnvironmentVariable("BOUNCE_FAULT_LOG") is { Length: > 0 } log)
            {
                await File.AppendAllTextAsync(log, verdict == "right" ? $"{line}\n" : $"{line}\n{failed[^1]}\n");
            }

            MakeWell(disk, server, wire);
            if (sqlite)
            {
                Directory.Delete(storage.DataDirectory, recursive: true);
            }
            else
            {
                server.DropDatabase(storage.ConnectionString!);
            }
        }

        Assert.True(failed.Count == 0, string.Join("\n\n", failed));
    }

    /// <summary>A round that failed may have left its fault behind.</summary>
    private static void MakeWell(SmallDisk disk, PostgresServer server, TcpProxy wire)
    {
        disk.Free();
        wire.Delay = TimeSpan.Zero;
        if (!server.IsRunning)
        {
            server.Start();
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}

public sealed class PostgresFaultSpecs(ITestOutputHelper output) : FaultSpecs(output)
{
    protected override bool IsMine(bool sqlite) => !sqlite;
}

public sealed class SqliteFaultSpecs(ITestOutputHelper output) : FaultSpecs(output)
{
    protected override bool IsMine(bool sqlite) => sqlite;
}
