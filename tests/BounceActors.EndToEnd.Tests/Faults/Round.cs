using System.Diagnostics;
using System.Globalization;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.EndToEnd.Tests.Faults;

/// <summary>What may strike.</summary>
internal enum Fault
{
    /// <summary>SIGKILL.</summary>
    Kill,

    /// <summary>SIGTERM.</summary>
    Terminate,

    /// <summary>The database stops at once and comes back. SQLite: the process is frozen and goes on.</summary>
    Stop,

    /// <summary>Connections to the database break. SQLite: as <see cref="Stop"/>.</summary>
    Cut,

    /// <summary>No room on the data volume. Where none can be mounted, PostgreSQL becomes read-only instead, and SQLite is killed once more.</summary>
    DiskFull,

    /// <summary>The database takes long. SQLite: somebody else holds its files locked.</summary>
    Slow,
}

/// <summary>
/// One round: a service and a database of its own, a load, two faults that strike at random while it is sent, one of two while another lasts; then
/// everything must be there, once. The seed chooses the load, the faults and how far the load is when they strike.
/// </summary>
internal sealed class Round(int seed, StorageOptions storage, SmallDisk disk, PostgresServer? server, TcpProxy? wire)
{
    private const int Clients = 8;
    private const int Faults = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Random _random = new(seed);
    private readonly List<string> _story = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>What happened, for whoever reads a failure.</summary>
    public string Story => string.Join("; ", _story);

    public async Task RunAsync()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var load = new Load(seed, reports: 300, recipients: 100, now);
        await using var service = new ServiceProcess(
        [
            .. storage.Provider == StorageProvider.Sqlite ? CrashSpecs.Settings(storage) : CrashSpecs.Settings(ThroughTheWire()),
            "--Service:LogLevel=Warning", "--Retry:MaxDelaySeconds=1", "--Inbox:LeaseSeconds=5", "--Inbox:Workers=2",
            $"--Sources:Webhooks:kumomta:default:Tokens:0={Traffic.Token}",
        ]);
        using var traffic = new Traffic(load, _random, new Uri($"http://127.0.0.1:{service.HttpPort}"));
        using var patience = new CancellationTokenSource(Patience);
        var strikes = Enumerable.Range(0, Faults)
            .Select(_ => (At: _random.Next(traffic.Parcels), Fault: Any(), Over: _random.Next(2) == 0 ? (_random.Next(5) == 0 ? Fault.Terminate : Fault.Kill) : (Fault?)null, Lasts: _random.Next(4, 16), Strength: _random.NextDouble()))
            .OrderBy(s => s.At)
            .ToList();
        await service.StartAsync();

        var sending = traffic.SendAsync(Clients, patience.Token);
        foreach (var (at, fault, over, lasts, strength) in strikes)
        {
            await Eventually.TrueAsync(() => Task.FromResult(sending.IsCompleted || traffic.Acknowledged >= at), Patience, () => $"the load stands still at {traffic.Acknowledged}\n{service.Log}");
            _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_watch.Elapsed.TotalSeconds:0} s: {fault}{(over is null || fault is Fault.Kill or Fault.Terminate ? "" : $" and {over}")} at {traffic.Acknowledged} of {traffic.Parcels}"));
            await StrikeAsync(service, traffic, fault, over, lasts, strength);
        }

        try
        {
            await sending;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"only {traffic.Acknowledged} of {traffic.Parcels} requests are acknowledged\n{service.Log}");
        }

        _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_watch.Elapsed.TotalSeconds:0} s: all acknowledged after {traffic.Attempts} requests"));
        var books = new Books(storage, load, traffic, now);
        var differences = "";
        await Eventually.TrueAsync(
            async () => (differences = await books.DifferencesAsync()).Length == 0 && (differences = await books.LiveDifferencesAsync(service.Http)).Length == 0,
            TimeSpan.FromMinutes(2),
            () => $"{differences}\n{service.Log}");

        _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_watch.Elapsed.TotalSeconds:0} s: all there"));

        // And nothing comes after that.
        Assert.Equal(0, await service.StopAsync());
        Assert.Equal("", await books.DifferencesAsync());
    }

    private Fault Any() => (Fault)_random.Next(6);

    private StorageOptions ThroughTheWire() => new()
    {
        Provider = StorageProvider.Postgres,
        ConnectionString = new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Port = wire!.Port, MaxPoolSize = 20 }.ConnectionString,
    };

    /// <summary>Something goes wrong, lasts for a number of requests, and is over; meanwhile perhaps the process ends too.</summary>
    private async Task StrikeAsync(ServiceProcess service, Traffic traffic, Fault fault, Fault? over, int lasts, double strength)
    {
        if (fault is Fault.Kill or Fault.Terminate)
        {
            await EndAsync(service, fault);
            await service.StartAsync();
            return;
        }

        var end = server is null ? await BeginSqliteAsync(service, fault) : Begin(fault, strength);
        var until = traffic.Attempts + lasts;
        await Eventually.TrueAsync(
            () =>
            {
                if (fault == Fault.DiskFull && disk.CanFill)
                {
                    disk.Fill();
                }

                // A process that is frozen answers nobody: then it lasts as long as clients wait.
                return Task.FromResult(traffic.IsOver || traffic.Attempts >= until);
            },
            Patience,
            () => $"no request ends during {fault}\n{service.Log}");
        var dies = over is not null && !(server is null && fault is Fault.Stop or Fault.Cut);
        if (dies)
        {
            await EndAsync(service, over!.Value);
        }

        await end();
        if (dies)
        {
            await service.StartAsync();
        }
    }

    private async Task EndAsync(ServiceProcess service, Fault how)
    {
        if (how == Fault.Kill)
        {
            await service.KillAsync();
            return;
        }

        var watch = Stopwatch.StartNew();
        var code = await service.StopAsync();
        _story.Add(string.Create(CultureInfo.InvariantCulture, $"ended in {watch.Elapsed.TotalSeconds:0.0} s"));
        Assert.True(code == 0, $"exit code {code} after SIGTERM ({Story})\n{service.Log}");
    }

    /// <summary>Begins a fault of PostgreSQL; gives how it ends.</summary>
    private Func<Task> Begin(Fault fault, double strength)
    {
        switch (fault)
        {
            case Fault.Stop:
                server!.Stop();
                return () =>
                {
                    server.Start();
                    return Task.CompletedTask;
                };
            case Fault.Cut when strength < 0.5:
                wire!.Cut();
                return () =>
                {
                    wire.Cut();
                    return Task.CompletedTask;
                };
            case Fault.Cut:
                Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
                return () => Task.CompletedTask;
            case Fault.DiskFull when disk.CanFill:
                disk.Fill();
                return () =>
                {
                    disk.Free();
                    if (!server!.IsRunning)
                    {
                        // It could not write its own log of writes, and gave up.
                        server.Start();
                    }

                    return Task.CompletedTask;
                };
            case Fault.DiskFull:
                Execute("ALTER SYSTEM SET default_transaction_read_only = on");
                Execute("SELECT pg_reload_conf()");
                return () =>
                {
                    Execute("SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only");
                    Execute("SELECT pg_reload_conf()");
                    return Task.CompletedTask;
                };
            default:
                // From a little to more than anything waits for.
                wire!.Delay = TimeSpan.FromMilliseconds(20 + (strength * strength * strength * 2_000));
                return () =>
                {
                    wire.Delay = TimeSpan.Zero;
                    return Task.CompletedTask;
                };
        }
    }

    private async Task<Func<Task>> BeginSqliteAsync(ServiceProcess service, Fault fault)
    {
        switch (fault)
        {
            case Fault.DiskFull when disk.CanFill:
                disk.Fill();
                return () =>
                {
                    disk.Free();
                    return Task.CompletedTask;
                };
            case Fault.DiskFull:
                await service.KillAsync();
                return service.StartAsync;
            case Fault.Slow:
                var locks = new[] { "journal.db", "read.db", "inbox.db" }.Select(Lock).ToList();
                return async () =>
                {
                    foreach (var held in locks)
                    {
                        await held.DisposeAsync();
                    }
                };
            default:
                await service.SignalAsync("STOP");
                return () => service.SignalAsync("CONT");
        }
    }

    private Microsoft.Data.Sqlite.SqliteConnection Lock(string file)
    {
        var connection = new Microsoft.Data.Sqlite.SqliteConnection(
            new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder { DataSource = Path.Combine(storage.DataDirectory, file), Pooling = false, DefaultTimeout = 60 }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        foreach (var statement in sql.Split(';'))
        {
            using var command = new NpgsqlCommand(statement, connection);
            command.ExecuteNonQuery();
        }
    }
}
