using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Suppressions;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Benchmarks;

/// <summary>
/// The suppression check against Redis: the same addresses in batches, to redis-server as pipelined <c>SISMEMBER</c> over loopback TCP, to the engine in this process, and
/// to the running service over HTTP. Requests are made beforehand; what is measured is sending, answering, and reading the answer to its end.
/// </summary>
internal static class CheckBenchmark
{
    private const int Known = 1_000_000;
    private const int Batch = 10_000;
    private const int Batches = 20;
    private const int Rounds = 15;

    /// <summary>One address in twenty of those asked is suppressed; the others nobody has ever reported on.</summary>
    private const int SuppressedEvery = 20;

    public static async Task RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("bounce-check-").FullName;
        var (httpPort, grpcPort, redisPort) = (FreePort(), FreePort(), FreePort());
        using var redis = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{redisPort}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true })!;
        await using var app = BounceActors.Service.Program.Create(
            [$"--Storage:DataDirectory={directory}", $"--Service:HttpPort={httpPort}", $"--Service:GrpcPort={grpcPort}", "--Service:LogLevel=Warning"]);
        try
        {
            await app.StartAsync();
            var index = app.Services.GetRequiredService<SuppressionIndex>();
            var check = app.Services.GetRequiredService<SuppressionCheck>();
            var keys = app.Services.GetRequiredService<Deployment>().Keys;
            while (!index.IsLoaded)
            {
                await Task.Delay(50);
            }

            using var connection = await ConnectAsync(redisPort);
            await FillAsync(index, keys, connection);
            Console.WriteLine($"{index.Count:n0} recipients in the index, {index.Bytes / (double)index.Count:0.0} bytes each; {Known:n0} members in the Redis set");

            var batches = Enumerable.Range(0, Batches).Select(b => new Questions(b)).ToArray();
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}") };
            (string Name, Func<Questions, Task<int>> Ask)[] ways =
            [
                ("Redis SISMEMBER, pipelined", q => AskRedisAsync(connection, q)),
                ("engine, in this process", q => AskEngineAsync(check, q)),
                ("POST /v1/suppressions/check", q => AskHttpAsync(http, q)),
            ];
            var times = ways.ToDictionary(w => w.Name, _ => new List<double>());
            for (var round = -3; round < Rounds; round++)
            {
                foreach (var (name, ask) in ways)
                {
                    var suppressed = 0;
                    var began = Stopwatch.GetTimestamp();
                    foreach (var batch in batches)
                    {
                        suppressed += await ask(batch);
                    }

                    var took = Stopwatch.GetElapsedTime(began).TotalMicroseconds / (Batches * Batch);
                    if (suppressed != Batches * Batch / SuppressedEvery)
                    {
                        throw new InvalidOperationException($"{name} found {suppressed} suppressed");
                    }

                    if (round >= 0)
                    {
                        times[name].Add(took);
                    }
                }
            }

            var reference = Median(times[ways[0].Name]);
            Console.WriteLine($"\n| batches of {Batch:n0}, {Rounds} rounds | µs per address (median) | fastest, slowest round | addresses/s | Redis / this |\n|---|---|---|---|---|");
            foreach (var (name, _) in ways)
            {
                var all = times[name];
                var median = Median(all);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {name} | {median:0.000} | {all.Min():0.000}, {all.Max():0.000} | {1_000_000 / median:n0} | {reference / median:0.00} |"));
            }
        }
        finally
        {
            redis.Kill();
            await app.StopAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string AddressOf(int i) => $"user{i}.{i % 977}@mail{i % 8_191}.example";

    private static async Task FillAsync(SuppressionIndex index, RecipientKeys keys, Socket redis)
    {
        var entry = IndexEntry.Of(new Suppression(SuppressionLevel.Removed, null, null, "user_not_found", default, null, []), true, index.Reasons);
        for (var from = 0; from < Known; from += Batch)
        {
            var command = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{Batch + 2}\r\n$4\r\nSADD\r\n$1\r\ns\r\n");
            for (var i = from; i < from + Batch; i++)
            {
                var address = AddressOf(i);
                index.Put(keys.MarkOf("default", EmailAddress.Parse(address)), entry);
                command.Append(CultureInfo.InvariantCulture, $"${address.Length}\r\n{address}\r\n");
            }

            await SendAsync(redis, Encoding.ASCII.GetBytes(command.ToString()));
            await ReadRepliesAsync(redis, 1);
        }
    }

    private static async Task<int> AskRedisAsync(Socket redis, Questions questions)
    {
        // Sent while the answers are read, or both sides' buffers fill up.
        var sending = SendAsync(redis, questions.Redis);
        var found = await ReadRepliesAsync(redis, Batch);
        await sending;
        return found;
    }

    private static async Task<int> AskEngineAsync(SuppressionCheck check, Questions questions)
    {
        var verdicts = await check.CheckAsync("default", questions.Text, questions.Parts, null, CancellationToken.None);
        var suppressed = 0;
        for (var i = 0; i < verdicts.Count; i++)
        {
            suppressed += verdicts.IsClean(i) || verdicts.VerdictOf(i)!.Advice != SendAdvice.Deny ? 0 : 1;
        }

        return suppressed;
    }

    private static async Task<int> AskHttpAsync(HttpClient http, Questions questions)
    {
        using var content = new ReadOnlyMemoryContent(questions.Json);
        content.Headers.ContentType = new("application/json");
        using var response = await http.PostAsync("/v1/suppressions/check", content);
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadAsByteArrayAsync();
        return answer.AsSpan().Count("\"verdict\":\"deny\""u8);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return socket;
            }
            catch (SocketException) when (attempt < 100)
            {
                socket.Dispose();
                await Task.Delay(50);
            }
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Reads integer replies (<c>:1\r\n</c>) and counts the ones.</summary>
    private static async Task<int> ReadRepliesAsync(Socket socket, int replies)
    {
        var buffer = new byte[64 * 1024];
        var (ones, before) = (0, (byte)0);
        while (replies > 0)
        {
            var read = await socket.ReceiveAsync(buffer);
            var bytes = buffer.AsSpan(0, read);
            ones += bytes.Count(":1"u8) + (before == ':' && bytes[0] == '1' ? 1 : 0);
            replies -= bytes.Count((byte)'\n');
            before = bytes[^1];
        }

        return ones;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>One batch, as each way wants it.</summary>
    private sealed class Questions
    {
        public Questions(int number)
        {
            var text = new StringBuilder();
            var json = new StringBuilder("{\"addresses\":[");
            var redis = new StringBuilder();
            for (var i = 0; i < Batch; i++)
            {
                // Spread over the whole set, so that the processor's caches are of as little help as in real life.
                var n = (int)(((number * (long)Batch) + i) * 7_919 % Known);
                var address = AddressOf(i % SuppressedEvery == 0 ? n : Known + n);
                Parts[i] = new TextPart(text.Length, address.Length);
                text.Append(address);
                json.Append(i == 0 ? "\"" : ",\"").Append(address).Append('"');
                redis.Append(CultureInfo.InvariantCulture, $"*3\r\n$9\r\nSISMEMBER\r\n$1\r\ns\r\n${address.Length}\r\n{address}\r\n");
            }

            (Text, Json, Redis) = (Encoding.ASCII.GetBytes(text.ToString()), Encoding.ASCII.GetBytes(json.Append("]}").ToString()), Encoding.ASCII.GetBytes(redis.ToString()));
        }

        public TextPart[] Parts { get; } = new TextPart[Batch];

        public byte[] Text { get; }

        public byte[] Json { get; }

        public byte[] Redis { get; }
    }
}
