using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BounceActors.Benchmarks.Scale;

/// <summary>One node of the service as a process of its own.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly Process _process;
    private readonly CpuShare _share;

    public Node(string database, int port, IEnumerable<int> seeds, int percent)
    {
        var httpPort = FreePort();
        var start = new ProcessStartInfo("dotnet", [
            ServiceAssembly(), $"--Service:HttpPort={httpPort}", $"--Service:GrpcPort={FreePort()}", "--Service:LogLevel=Error",
            "--Storage:Provider=postgres", $"--Storage:ConnectionString={database}",
            $"--Cluster:Port={port}", $"--Cluster:SeedNodes={string.Join(',', seeds.Select(s => $"127.0.0.1:{s}"))}",
        ])
        { RedirectStandardOutput = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _share = new CpuShare($"bounce-scale-{httpPort.ToString(CultureInfo.InvariantCulture)}", percent);
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Http { get; }

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory the process holds.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public void Limit() => _share.Limit(_process.Id);

    public async Task ReadyAsync()
    {
        for (var i = 0; i < 300; i++)
        {
            try
            {
                using var answer = await Http.GetAsync("/healthz/ready");
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                // Not listening yet
            }

            await Task.Delay(200);
        }

        throw new TimeoutException("the node did not become ready");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _share.DisposeAsync();
        Http.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string ServiceAssembly()
    {
        // tests/X/bin/Configuration/net10.0 -> src/BounceActors.Service/bin/Configuration/net10.0
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", "BounceActors.Service", "bin", here.Parent.Name, here.Name, "BounceActors.Service.dll");
    }
}
