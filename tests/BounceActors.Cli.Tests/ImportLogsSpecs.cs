using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;

namespace BounceActors.Cli.Tests;

public sealed class ImportLogsSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bounce-import-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Should_judge_a_log_here_when_told_to_send_nothing()
    {
        var file = Log("mail.log", Bounce("gone@remote.example"), Bounce("also@remote.example"), Sent("fine@remote.example"), "Nov 23 21:00:00 mx1 postfix/qmgr[1]: AB12CD34EF: removed", "something else");

        var run = await InProcess.RunAsync(["import-logs", "--format", "postfix", "--dry-run", "--json", file]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var summary = run.Output.Json();
        Assert.Equal((5, 3, 1, 1), (summary.GetProperty("lines").GetInt32(), summary.GetProperty("reporting").GetInt32(), summary.GetProperty("context").GetInt32(), summary.GetProperty("other").GetInt32()));
        Assert.Equal((2, 1), (summary.GetProperty("outcomes").GetProperty("bounce").GetInt32(), summary.GetProperty("outcomes").GetProperty("delivered").GetInt32()));
        Assert.Equal(2, summary.GetProperty("categories").GetProperty("user_not_found").GetInt32());
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task Should_list_the_lines_it_could_not_read_at_the_end()
    {
        var file = Log("mail.log", Sent("fine@remote.example"), Sent("cut@remote.example")[..70]);

        var run = await InProcess.RunAsync(["import-logs", "-f", "postfix", "-n", file, Path.Combine(_directory, "missing.log")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{file}:2: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("missing.log: no such file", run.Error, StringComparison.Ordinal);
        Assert.Contains("outcome delivered", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import-logs", "x.log")]
    [InlineData("import-logs", "-f", "sendmail", "x.log")]
    [InlineData("import-logs", "-f", "exim", "--to", "nowhere", "x.log")]
    [InlineData("import-logs", "-f", "exim", "--time-zone", "Mars/Olympus", "x.log")]
    [InlineData("import-logs", "-f", "exim", "--written-before", "soon", "x.log")]
    public async Task Should_say_what_is_wrong_with_the_command_line(params string[] arguments)
    {
        var run = await InProcess.RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    [Fact]
    public async Task Should_go_on_where_it_was_stopped()
    {
        using var service = new StubService();
        var file = Log("mail.log", [.. Enumerable.Range(0, 1_200).Select(i => Sent($"user-{i}@remote.example"))]);
        string[] command = ["import-logs", "--format", "postfix", "--to", service.Address, "--key", "secret", "--json", file];
        service.RefuseFrom = 2;

        var stopped = await InProcess.RunAsync(command);
        service.RefuseFrom = int.MaxValue;
        var resumed = await InProcess.RunAsync(command);
        var again = await InProcess.RunAsync(command);

        Assert.Equal((1, 0, 0), (stopped.ExitCode, resumed.ExitCode, again.ExitCode));
        Assert.Contains("goes on where this one stopped", stopped.Error, StringComparison.Ordinal);
        Assert.Equal(1_000, resumed.Output.Json().GetProperty("imported before").GetInt32());
        Assert.Equal(0, again.Output.Json().GetProperty("batches sent").GetInt32());
        var sent = service.Taken.SelectMany(b => b.Split('\n')).ToList();
        Assert.Equal(1_200, sent.Count);
        Assert.Equal(1_200, sent.Distinct().Count());
        Assert.All(service.Keys, k => Assert.Equal("secret", k));
    }

    [Fact]
    public async Task Should_read_packed_files_and_join_lines_across_files()
    {
        using var service = new StubService();
        var packed = Path.Combine(_directory, "mail.log.1.gz");
        using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes("Nov 23 20:59:50 mx1 postfix/qmgr[2]: AB12CD34EF: from=<news@sender.example>, size=1, nrcpt=1 (queue active)\n"));
        }

        var run = await InProcess.RunAsync(["import-logs", "-f", "postfix", "--to", service.Address, "--state", Path.Combine(_directory, "state"), packed, Log("mail.log", Bounce("gone@remote.example"))]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var lines = Assert.Single(service.Taken).Split('\n');
        Assert.StartsWith("~Nov 23 20:59:50", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(" Nov 23 21:00:00", lines[1], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_directory, "state")));
    }

    [Fact]
    public async Task Should_send_reports_and_print_what_was_decided()
    {
        using var service = new StubService();
        var file = Log("reports.jsonl", """{"recipient":"a@remote.example","smtpCode":550}""", "", """{"recipient":"nobody"}""");

        var run = await InProcess.RunAsync(["send", "--to", service.Address, file]);

        Assert.Equal(1, run.ExitCode);
        var rows = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Json()).ToList();
        Assert.Equal((1, "a@remote.example", "user_not_found", ""), (rows[0].GetProperty("place").GetInt32(), rows[0].Text("recipient"), rows[0].Text("category"), rows[0].Text("error")));
        Assert.Equal((3, "not an address"), (rows[1].GetProperty("place").GetInt32(), rows[1].Text("error")));
    }

    private static string Bounce(string recipient) =>
        $"Nov 23 21:00:00 mx1 postfix/smtp[1]: AB12CD34EF: to=<{recipient}>, relay=mx.remote.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.remote.example[198.51.100.7] said: 550 5.1.1 User unknown (in reply to RCPT TO command))";

    private static string Sent(string recipient) =>
        $"Nov 23 21:00:00 mx1 postfix/smtp[1]: AB12CD34EF: to=<{recipient}>, relay=mx.remote.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok)";

    private string Log(string name, params string[] lines)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    /// <summary>Answers as the service does, and keeps what it was sent.</summary>
    private sealed class StubService : IDisposable
    {
        private readonly HttpListener _http = new();
        private int _requests;

        public StubService()
        {
            for (var port = 20_000 + (Environment.ProcessId % 20_000); ; port++)
            {
                try
                {
                    Address = $"http://127.0.0.1:{port}/";
                    _http.Prefixes.Clear();
                    _http.Prefixes.Add(Address);
                    _http.Start();
                    break;
                }
                catch (HttpListenerException)
                {
                    // Taken; the next one
                }
            }

            _ = Task.Run(ServeAsync);
        }

        public string Address { get; private set; }

        public int RefuseFrom { get; set; } = int.MaxValue;

        public ConcurrentQueue<string> Taken { get; } = new();

        public ConcurrentQueue<string?> Keys { get; } = new();

        public void Dispose() => _http.Close();

        private async Task ServeAsync()
        {
            while (_http.IsListening)
            {
                var http = await _http.GetContextAsync();
                using var body = new StreamReader(http.Request.InputStream);
                var text = await body.ReadToEndAsync();
                Keys.Enqueue(http.Request.Headers["X-Api-Key"]);
                var refused = _requests++ >= RefuseFrom;
                http.Response.StatusCode = refused ? 403 : 202;
                if (!refused)
                {
                    Taken.Enqueue(text);
                }

                var answer = refused ? """{"detail":"the key does not allow this"}"""
                    : http.Request.Url!.AbsolutePath == "/v1/events" ? """{"results":[{"index":0,"recipient":"a@remote.example","classification":{"outcome":"bounce","category":"user_not_found"},"action":"remove_immediately","duplicate":false,"error":null},{"index":1,"error":{"detail":"not an address"}}]}"""
                    : """{"inboxId":"0197","repeated":false}""";
                http.Response.OutputStream.Write(Encoding.UTF8.GetBytes(answer));
                http.Response.Close();
            }
        }
    }
}
