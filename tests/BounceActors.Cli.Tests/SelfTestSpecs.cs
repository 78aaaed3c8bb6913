using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BounceActors.Cli.Tests;

/// <summary>The command against a service that a listener plays; the service's own side is tested with the service.</summary>
public sealed class SelfTestSpecs : IDisposable
{
    private const string Sources = """{"sources":[{"source":"brevo","account":"default"},{"source":"ses","account":"a"},{"source":"ses","account":"b"}]}""";
    private const string Brevo = """{"passed":true,"results":[{"source":"brevo","account":"default","passed":true,"steps":[{"step":"decided","milliseconds":12.5,"detail":"bounce user_not_found"}],"problem":null,"milliseconds":12.5}]}""";
    private const string Ses = """{"passed":false,"results":[{"source":"ses","account":"a","passed":false,"steps":[],"problem":"the account's own proof is not accepted: topic_not_allowed","milliseconds":0.5}]}""";

    private readonly HttpListener _listener = new();
    private readonly string _url;
    private readonly List<string> _asked = [];

    public SelfTestSpecs()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        _url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        free.Stop();
        _listener.Prefixes.Add(_url);
        _listener.Start();
        _ = Task.Run(AnswerAsync);
    }

    public void Dispose() => _listener.Close();

    [Fact]
    public async Task Should_test_every_configured_source_once_and_fail_when_one_does()
    {
        var run = await InProcess.RunAsync(["selftest", "--url", _url, "--key", "k1", "--format", "jsonl"]);

        Assert.Equal(ExitCode.SomeFailed, run.ExitCode);
        Assert.Equal(["GET /admin/sources k1", "POST /admin/sources/brevo/selftest k1", "POST /admin/sources/ses/selftest k1"], _asked);
        var rows = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Json()).ToList();
        Assert.Equal("decided: bounce user_not_found", rows[0].Text("reached"));
        Assert.Equal("the account's own proof is not accepted: topic_not_allowed", rows[1].Text("problem"));
    }

    [Fact]
    public async Task Should_test_one_source_and_print_a_table()
    {
        var run = await InProcess.RunAsync(["selftest", "brevo", "--url", _url]);

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Contains("12.5", run.Output, StringComparison.Ordinal);
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("127.0.0.1:8080")]
    public async Task Should_say_when_there_is_no_service(string url)
    {
        var run = await InProcess.RunAsync(["selftest", "--url", url]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(url, run.Error, StringComparison.Ordinal);
    }

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            _asked.Add($"{context.Request.HttpMethod} {path} {context.Request.Headers["X-Api-Key"]}");
            var answer = path.Contains("brevo", StringComparison.Ordinal) ? Brevo : path.Contains("ses", StringComparison.Ordinal) ? Ses : Sources;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(path.EndsWith("/sources", StringComparison.Ordinal) ? Sources : answer));
            context.Response.Close();
        }
    }
}
