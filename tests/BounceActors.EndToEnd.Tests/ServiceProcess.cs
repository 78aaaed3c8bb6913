using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BounceActors.EndToEnd.Tests;

/// <summary>The real service, as the process a user runs; it can be killed and started again on the same ports and data.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly string[] _settings;
    private readonly string[] _within;
    private readonly string _log = Path.Combine(Path.GetTempPath(), $"bounceactors-service-{Guid.NewGuid():N}.log");
    private Process? _process;

    public ServiceProcess(params string[] settings)
        : this([], "127.0.0.1", FreePort(), FreePort(), settings)
    {
    }

    /// <param name="within">A command that becomes the one given to it, e.g. <c>ip netns exec NAME</c>.</param>
    /// <param name="address">Address it listens on.</param>
    /// <param name="httpPort">Port it listens on.</param>
    /// <param name="grpcPort">Port of its gRPC door.</param>
    /// <param name="settings">Other settings of the service.</param>
    public ServiceProcess(string[] within, string address, int httpPort, int grpcPort, string[] settings)
    {
        HttpPort = httpPort;
        _within = within;
        _settings = [$"--Service:BindAddress={address}", $"--Service:HttpPort={HttpPort}", $"--Service:GrpcPort={grpcPort}", .. settings];
        Http = new HttpClient { BaseAddress = new Uri($"http://{address}:{HttpPort}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public int HttpPort { get; }

    public HttpClient Http { get; }

    /// <summary>What is started: the service as it was just built, or that of another version.</summary>
    public string Program { get; set; } = JustBuilt;

    /// <summary>How the process has ended; null while it runs, and before its first start.</summary>
    public int? ExitCode => _process is { HasExited: true } ? _process.ExitCode : null;

    /// <summary>Memory the process holds now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>What the process has printed, for the message of a failed test.</summary>
    public string Log => File.Exists(_log) ? string.Join('\n', File.ReadLines(_log).Where(line => !line.Contains("/healthz/", StringComparison.Ordinal) && !line.Contains("Health check", StringComparison.Ordinal)).TakeLast(60)) : "";

    /// <summary>Starts the process and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        Begin();
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(_process!.HasExited, $"the service has exited:\n{Log}");
                return await IsReadyAsync();
            },
            TimeSpan.FromSeconds(120),
            () => $"the service did not become ready:\n{Log}");
    }

    /// <summary>Starts the process, which is to end by itself; gives the exit code.</summary>
    public Task<int> RunAsync()
    {
        Begin();
        return ExitAsync();
    }

    /// <summary>Waits until the process has ended by itself; gives the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await _process!.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal, e.g. STOP.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Starts the process and waits for nothing.</summary>
    public void Begin()
    {
        string[] command = [.. _within, "dotnet", Program, .. _settings];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; gives the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await ExitAsync();
    }

    /// <summary>Whether <c>/healthz/ready</c> says so.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync("/healthz/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        Http.Dispose();
        File.Delete(_log);
    }

    /// <summary>The service of this repository, built with these tests.</summary>
    public static string JustBuilt => BuiltIn(Repository);

    /// <summary>The root of this repository.</summary>
    public static string Repository => Here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    // tests/X/bin/Configuration/net10.0
    private static DirectoryInfo Here => new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>Where the service is when a copy of the repository was built.</summary>
    public static string BuiltIn(string repository) =>
        Path.Combine(repository, "src", "BounceActors.Service", "bin", Here.Parent!.Name, Here.Name, "BounceActors.Service.dll");

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
        {
            lock (_settings)
            {
                File.AppendAllLines(_log, [text]);
            }
        }
    }
}

public static class Eventually
{
    /// <summary>Waits until it holds, or fails with what <paramref name="otherwise"/> says.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan patience, Func<string> otherwise)
    {
        var started = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(started.Elapsed < patience, otherwise());
            await Task.Delay(100);
        }
    }
}
