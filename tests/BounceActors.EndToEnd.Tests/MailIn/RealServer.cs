using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BounceActors.EndToEnd.Tests.MailIn;

/// <summary>A mail server from Debian in namespaces of its own (eng/install-test-servers.sh); it can be killed and started again on the same data.</summary>
public abstract class RealServer : IAsyncDisposable
{
    /// <summary>Where eng/install-test-servers.sh has put them.</summary>
    public static readonly string Servers = Environment.GetEnvironmentVariable("BOUNCE_TEST_SERVERS") is { Length: > 0 } directory ? directory : "/opt/bounce-test-servers";

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("bounce-mail-server-");
    private Process? _process;

    protected string Work => _work.FullName;

    /// <summary>A port that is taken when it runs.</summary>
    protected abstract int Port { get; }

    /// <summary>Lines for /etc/passwd and /etc/group.</summary>
    protected abstract (string Users, string Groups) Accounts { get; }

    /// <summary>Skips the test when a program cannot run here; fails it instead where it must (CI).</summary>
    public static void MustHave(string program)
    {
        var missing =
            !OperatingSystem.IsLinux() ? "Linux is needed" :
            Environment.UserName != "root" ? "namespaces need root" :
            !File.Exists(Path.Combine(Servers, program)) ? $"{program} is not in {Servers}: run eng/install-test-servers.sh" :
            null;
        Assert.False(missing is not null && Environment.GetEnvironmentVariable("CI") == "true", missing);
        Skip.If(missing is not null, missing);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task StartAsync()
    {
        var (users, groups) = Accounts;
        Write("etc/passwd", File.ReadAllText("/etc/passwd") + users);
        Write("etc/group", File.ReadAllText("/etc/group") + groups);
        Write("etc/resolv.conf", "");
        Write("start.sh", Configure());
        var script = Path.Combine(AppContext.BaseDirectory, "MailIn", "namespace.sh");
        _process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", script, Work, Servers]) { RedirectStandardInput = true })!;
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(_process.HasExited, $"the server has exited:\n{Log()}");
                try
                {
                    using var probe = new TcpClient();
                    await probe.ConnectAsync(IPAddress.Loopback, Port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            () => $"the server did not start:\n{Log()}");
    }

    /// <summary>SIGKILL for all its processes: their namespace ends with the first.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        await Eventually.TrueAsync(() => Task.FromResult(!Listens()), TimeSpan.FromSeconds(30), () => "the server outlives its namespace");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        _work.Delete(recursive: true);
    }

    public string Log() => string.Join('\n', new DirectoryInfo(Work).EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(f => f.Name is "output" or "log")
        .Select(f => $"--- {f.Name}\n{string.Join('\n', File.ReadLines(f.FullName).TakeLast(60))}"));

    /// <summary>Writes the configuration; gives the shell script that starts the server in the foreground, the first time and every other.</summary>
    protected abstract string Configure();

    protected void Write(string name, string text)
    {
        var path = Path.Combine(Work, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private bool Listens()
    {
        try
        {
            using var probe = new TcpClient();
            probe.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
