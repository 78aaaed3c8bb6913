using System.Diagnostics;
using System.Net;
using System.Net.Mail;
using System.Net.Sockets;

namespace BounceActors.Cli.Tests.RealServers;

/// <summary>A mail server from Debian between two <see cref="ScriptedServer"/>s: the remote one refuses, the sender's own takes the real bounces that follow.</summary>
public abstract class MailServer : IAsyncLifetime
{
    /// <summary>How long the server tries before it gives up.</summary>
    protected const int QueueLifetimeSeconds = 3;

    /// <summary>Domain of the sender.</summary>
    protected const string Home = "sender.example";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    /// <summary>Where eng/install-test-servers.sh has put them.</summary>
    protected static readonly string Servers = Environment.GetEnvironmentVariable("BOUNCE_TEST_SERVERS") is { Length: > 0 } directory ? directory : "/opt/bounce-test-servers";

    private readonly ScriptedServer _remote = new(ScriptedServer.RemoteSizeLimit);
    private readonly ScriptedServer _home = new(ScriptedServer.HomeSizeLimit);
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("bounce-mail-server-");
    private Process? _process;

    /// <summary>Its name, as it is shown.</summary>
    public abstract string Name { get; }

    /// <summary>The program by which one sees that it is there, below the directory of servers.</summary>
    protected abstract string Program { get; }

    /// <summary>Its log.</summary>
    public string LogFile => Path.Combine(Work, LogName);

    /// <summary>Where its log is below its directory.</summary>
    protected virtual string LogName => "log";

    /// <summary>Port it listens on.</summary>
    protected int Port { get; } = FreePort();

    /// <summary>Port everything has to go to that is not for <see cref="Home"/>.</summary>
    protected int RemotePort => _remote.Port;

    /// <summary>Port that mail for <see cref="Home"/> has to go to.</summary>
    protected int HomePort => _home.Port;

    /// <summary>Its directory.</summary>
    protected string Work => _work.FullName;

    /// <summary>Skips the test when the servers cannot run here; fails it instead where they must (CI).</summary>
    public void MustRun()
    {
        var missing =
            !OperatingSystem.IsLinux() ? "Linux is needed" :
            Environment.UserName != "root" ? "namespaces need root" :
            !File.Exists(Path.Combine(Servers, Program)) ? $"{Program} is not in {Servers}: run eng/install-test-servers.sh" :
            null;
        Assert.False(missing is not null && Environment.GetEnvironmentVariable("CI") == "true", $"{Name} must run in CI, but {missing}");
        Skip.If(missing is not null, missing);
    }

    public async Task InitializeAsync()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists(Path.Combine(Servers, Program)))
        {
            return;
        }

        _remote.Start();
        _home.Start();
        var etc = Path.Combine(Work, "etc");
        Directory.CreateDirectory(etc);
        File.WriteAllText(Path.Combine(etc, "passwd"), File.ReadAllText("/etc/passwd") + Users);
        File.WriteAllText(Path.Combine(etc, "group"), File.ReadAllText("/etc/group") + Groups);
        // Nothing is to be looked up: names end at the scripted server.
        File.WriteAllText(Path.Combine(etc, "resolv.conf"), "");
        File.WriteAllText(Path.Combine(Work, "start.sh"), Configure());
        var start = new ProcessStartInfo("unshare", ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", Path.Combine(AppContext.BaseDirectory, "RealServers", "namespace.sh"), Work, Servers])
        {
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        await UntilItListensAsync();
        // All at once: the tests run one after another, but most of their time is the server's queue.
        foreach (var refusal in Script.Refusals)
        {
            await SendAsync(refusal.Sender, [refusal.Recipient], refusal.Name == "big" ? 2 * ScriptedServer.RemoteSizeLimit : 200);
        }
    }

    public Task DisposeAsync()
    {
        _process?.StandardInput.Close();
        _process?.WaitForExit(TimeSpan.FromSeconds(10));
        _process?.Dispose();
        _remote.Dispose();
        _home.Dispose();
        _work.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Sends a mail and waits for its bounce.</summary>
    public async Task<byte[]> BounceOfAsync(string sender, params IEnumerable<string> recipients)
    {
        await SendAsync(sender, recipients, 200);
        return await BounceToAsync(sender);
    }

    /// <summary>Waits for the bounce that a sender gets.</summary>
    public async Task<byte[]> BounceToAsync(string sender)
    {
        try
        {
            return await _home.BounceTo(sender).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"no bounce came from {Name} to {sender}; its log:\n{Log()}");
        }
    }

    /// <summary>Lines for /etc/passwd.</summary>
    protected abstract string Users { get; }

    /// <summary>Lines for /etc/group.</summary>
    protected abstract string Groups { get; }

    /// <summary>Writes the configuration below <see cref="Work"/>; gives the shell script that starts the server in the foreground.</summary>
    protected abstract string Configure();

    protected void Write(string name, string text)
    {
        var path = Path.Combine(Work, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private async Task SendAsync(string sender, IEnumerable<string> recipients, int size)
    {
        using var mail = new MailMessage { From = new MailAddress(sender), Subject = "Your order 4711", Body = string.Concat(Enumerable.Repeat("All is well, and it is on its way.\r\n", (size / 36) + 1)) };
        mail.Headers.Add("Message-ID", $"<order.4711.{sender}>");
        foreach (var recipient in recipients)
        {
            mail.To.Add(recipient);
        }

        using var client = new SmtpClient(IPAddress.Loopback.ToString(), Port);
        await client.SendMailAsync(mail);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task UntilItListensAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
                return;
            }
            catch (SocketException) when (!patience.IsCancellationRequested && !_process!.HasExited)
            {
                await Task.Delay(50);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                throw new InvalidOperationException($"{Name} did not start:\n{Log()}");
            }
        }
    }

    private string Log() =>
        string.Join('\n', new DirectoryInfo(Work).EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(f => f.Name is "output" or "log" or "mainlog" or "paniclog")
            .Select(f => $"--- {f.Name}\n{File.ReadAllText(f.FullName)}"));
}
