using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace BounceActors.Tests.Shared;

/// <summary>
/// The PostgreSQL server of a test run: the one that BOUNCE_TEST_POSTGRES names (a connection string with which databases may be created), else a
/// throw-away cluster made from the PostgreSQL binaries of this machine. Without either, tests are skipped; where CI is set, they fail.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string Variable = "BOUNCE_TEST_POSTGRES";
    private const string Loopback = "127.0.0.1";

    private static readonly Lazy<PostgresServer> Run = new(Begin, LazyThreadSafetyMode.ExecutionAndPublication);
    private static int _databases;

    private readonly string _connectionString;
    private readonly string? _bin;
    private readonly string? _directory;
    private readonly int _port;
    private readonly string _options;
    private readonly string _addresses;

    private PostgresServer(string connectionString, string? bin = null, string? directory = null, int port = 0, string options = "", string? alsoAt = null)
    {
        _options = options;
        _addresses = alsoAt is null ? Loopback : $"{Loopback},{alsoAt}";
        _connectionString = connectionString;
        _bin = bin;
        _directory = directory;
        _port = port;
    }

    /// <summary>Why there is no server; null when there is one.</summary>
    public static string? Missing =>
        Environment.GetEnvironmentVariable(Variable) is null && Binaries() is null
            ? $"no PostgreSQL: set {Variable} to a connection string, or install postgresql"
            : null;

    /// <summary>The server that all tests of this run share.</summary>
    public static PostgresServer Shared
    {
        get
        {
            SkipUnlessThere();
            return Run.Value;
        }
    }

    /// <summary>Whether this is a cluster of our own, which can be stopped.</summary>
    public bool CanStop => _bin is not null;

    /// <summary>Skips the calling test (a SkippableFact) when there is no server; fails it where CI is set.</summary>
    public static void SkipUnlessThere()
    {
        if (Missing is not { } reason)
        {
            return;
        }

        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(reason);
        }

        Skip.If(true, reason);
    }

    /// <summary>A cluster of its own, for tests that stop it. Skips the calling test when the binaries are not there.</summary>
    /// <param name="under">A directory to keep its data under; one of its own otherwise.</param>
    /// <param name="alsoAt">An address of this machine beside loopback, where all of its network of 256 are let in.</param>
    public static PostgresServer Own(string? under = null, string? alsoAt = null)
    {
        if (Binaries() is not { } bin)
        {
            const string Reason = "no PostgreSQL binaries to start a server of our own with";
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException(Reason);
            }

            Skip.If(true, Reason);
            throw new UnreachableException();
        }

        return Cluster(bin, under, alsoAt);
    }

    /// <summary>The port it listens on; of a cluster of our own.</summary>
    public int Port => _port;

    /// <summary>Whether a cluster of our own is up; it may have gone down by itself.</summary>
    public bool IsRunning
    {
        get
        {
            var (program, arguments) = ByServerUser(Path.Combine(_bin!, "pg_ctl"), ["-D", Path.Combine(_directory!, "data"), "status"]);
            return Succeeds(program, arguments);
        }
    }

    /// <summary>Makes a new, empty database and gives its connection string.</summary>
    public string CreateDatabase()
    {
        var name = $"bounce_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}_{Guid.NewGuid().ToString("N")[..8]}";
        Execute($"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name, MaxPoolSize = 40 }.ConnectionString;
    }

    /// <summary>Drops a database of <see cref="CreateDatabase"/>, also when something is still connected to it.</summary>
    public void DropDatabase(string connectionString)
    {
        using (var connection = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        Execute($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
    }

    /// <summary>Stops the server at once, as a crash would; connections are cut. Only for a cluster of our own.</summary>
    public void Stop() => Control("-m", "immediate", "stop");

    /// <summary>Starts the server again, on the same port with the same data.</summary>
    public void Start() => Control("-w", "-l", Path.Combine(_directory!, "log"), "-o", $"-p {_port} -k {_directory} -c listen_addresses={_addresses} -c max_connections=400 {_options}", "start");

    /// <summary>Stops and removes a cluster of our own.</summary>
    public void Dispose()
    {
        if (_directory is null || !Directory.Exists(_directory))
        {
            return;
        }

        if (IsRunning)
        {
            Stop();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static PostgresServer Begin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return new PostgresServer(given);
        }

        return Cluster(Binaries()!);
    }

    private static PostgresServer Cluster(string bin, string? under = null, string? alsoAt = null)
    {
        var directory = under is null ? Directory.CreateTempSubdirectory("bounce-pg-").FullName : Directory.CreateDirectory(Path.Combine(under, "pg")).FullName;
        var port = FreePort();
        if (Environment.UserName == "root")
        {
            // The server refuses to run as root; Debian's package has made this user.
            Must("chown", "postgres", directory);
        }

        var data = Path.Combine(directory, "data");
        AsServerUser(Path.Combine(bin, "initdb"), ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", .. under is null ? Array.Empty<string>() : ["--wal-segsize=1"], "-D", data]);
        var server = new PostgresServer(
            $"Host={Loopback};Port={port};Username=postgres;Database=postgres;Timeout=5", bin, directory, port, under is null ? "" : "-c min_wal_size=8MB -c max_wal_size=32MB", alsoAt);
        if (alsoAt is not null)
        {
            File.AppendAllText(Path.Combine(data, "pg_hba.conf"), $"host all all {alsoAt}/24 trust\n");
        }

        server.RemoveWhenThisProcessEnds();
        server.Start();
        return server;
    }

    /// <summary>A test run may be killed, and ends too fast for its own clean-up: a process outside of it waits for its end.</summary>
    private void RemoveWhenThisProcessEnds()
    {
        var stop = $"'{_bin}/pg_ctl' -D '{_directory}/data' -m immediate stop";
        var script = $"""
            exec </dev/null >/dev/null 2>&1
            cd /
            while kill -0 {Environment.ProcessId}; do sleep 1; done
            {(Environment.UserName == "root" ? $"runuser -u postgres -- {stop}" : stop)}
            rm -rf '{_directory}'
            """;
        Process.Start("setsid", ["sh", "-c", script]).Dispose();
    }

    private static string? Binaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0)
                .Select(d => Path.Combine(d, "bin"))
                .FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            : null;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Control(params string[] arguments)
    {
        if (_bin is null)
        {
            throw new InvalidOperationException($"the server of {Variable} is not ours to stop");
        }

        AsServerUser(Path.Combine(_bin, "pg_ctl"), ["-D", Path.Combine(_directory!, "data"), .. arguments]);
    }

    private static void AsServerUser(string program, params string[] arguments)
    {
        var (first, all) = ByServerUser(program, arguments);
        Must(first, all);
    }

    private static (string Program, string[] Arguments) ByServerUser(string program, string[] arguments) =>
        Environment.UserName == "root" ? ("runuser", ["-u", "postgres", "--", program, .. arguments]) : (program, arguments);

    private static void Must(string program, params string[] arguments)
    {
        if (!Succeeds(program, arguments))
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");
        }
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        // Output goes to a file of the server's own (pg_ctl -l): an inherited pipe would stay open as long as the server runs.
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        return process.WaitForExit(TimeSpan.FromSeconds(60)) && process.ExitCode == 0;
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
