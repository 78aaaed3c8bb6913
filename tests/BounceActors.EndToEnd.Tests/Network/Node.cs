using System.Net.Http.Json;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>A node in a namespace of its own, and whoever runs it there: when it ends with 75 it is started again at once.</summary>
internal sealed class Node : IAsyncDisposable
{
    public const int HttpPort = 8080;
    public const int GrpcPort = 8081;
    public const int RemotingPort = 4053;
    private const int StartAgain = 75;

    private readonly ServiceProcess _process;
    private CancellationTokenSource? _wanted;
    private Task _keeping = Task.CompletedTask;

    public Node(Namespaces network, int number, string key, string[] settings)
    {
        Number = number;
        _process = new ServiceProcess(
            network.Within(number),
            network.AddressOf(number),
            HttpPort,
            GrpcPort,
            [$"--Cluster:HostName={network.AddressOf(number)}", $"--Cluster:Port={RemotingPort}", .. settings]);
        _process.Http.DefaultRequestHeaders.Add("X-Api-Key", key);
    }

    public int Number { get; }

    /// <summary>Whether it is to run.</summary>
    public bool IsWanted => _wanted is not null;

    /// <summary>How often it ended by itself to be started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>How it ended otherwise, without being told to; null when it did not.</summary>
    public string? Failure { get; private set; }

    public HttpClient Http => _process.Http;

    /// <summary>What is started the next time.</summary>
    public string Program
    {
        get => _process.Program;
        set => _process.Program = value;
    }

    public string Log => $"node {Number}:\n{_process.Log}";

    public void Start()
    {
        _wanted = new CancellationTokenSource();
        _process.Begin();
        _keeping = KeepAsync(_wanted.Token);
    }

    /// <summary>SIGKILL, and it stays away.</summary>
    public async Task KillAsync()
    {
        await NoMoreAsync();
        await _process.KillAsync();
    }

    /// <summary>SIGTERM, and it stays away.</summary>
    public async Task StopAsync()
    {
        await NoMoreAsync();
        var code = await _process.StopAsync();
        Assert.True(code == 0, $"exit code {code} after SIGTERM of {Log}");
    }

    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    /// <summary>What is wrong with it; null when it is ready and sees exactly so many members, all of them up and reachable.</summary>
    public async Task<string?> ProblemAsync(int members)
    {
        if (Failure is not null)
        {
            return Failure;
        }

        try
        {
            using var ready = await Http.GetAsync(new Uri("/healthz/ready", UriKind.Relative));
            if (!ready.IsSuccessStatusCode)
            {
                return $"node {Number} is not ready: {await ready.Content.ReadAsStringAsync()}";
            }

            var cluster = await Http.GetFromJsonAsync<JsonElement>("/admin/cluster");
            var all = cluster.GetProperty("members").EnumerateArray().Select(m => (Status: m.GetProperty("status").GetString(), Reachable: m.GetProperty("reachable").GetBoolean())).ToList();
            return all.Count == members && all.TrueForAll(m => m is { Status: "up", Reachable: true }) ? null : $"node {Number} sees {cluster}";
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException)
        {
            return $"node {Number} does not answer: {cause.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await NoMoreAsync();
        await _process.DisposeAsync();
    }

    private async Task NoMoreAsync()
    {
        if (_wanted is { } wanted)
        {
            await wanted.CancelAsync();
            await _keeping;
            _wanted = null;
        }
    }

    private async Task KeepAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (_process.ExitCode is { } code)
            {
                if (code != StartAgain)
                {
                    Failure = $"node {Number} ended with {code}";
                    return;
                }

                Restarts++;
                _process.Begin();
            }

            await Task.Delay(100, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
