using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using BounceActors.EndToEnd.Tests.MailIn;
using BounceActors.Sources.Webhooks;
using Xunit.Abstractions;

namespace BounceActors.EndToEnd.Tests.Storm;

/// <summary>
/// All sources at once against the real process, from a seed: repeats, disorder, malformed and forged payloads, slow clients, connections that are cut.
/// 20 seconds unless <c>BOUNCE_STORM_MINUTES</c> says otherwise (30 is the full one), <c>BOUNCE_STORM_RATE</c> events a second.
/// </summary>
public sealed class StormSpecs(ITestOutputHelper output)
{
    private const int Seed = 20261124;
    private const int Clients = 16;
    private const int Held = 5;
    private const int LinesOfALog = 2_000;
    private static readonly double Minutes = Number("BOUNCE_STORM_MINUTES", 1 / 3.0);
    private static readonly double Rate = Number("BOUNCE_STORM_RATE", 60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3 + Minutes);

    private readonly string _directory = Directory.CreateTempSubdirectory("bounceactors-storm-").FullName;
    private readonly Random _random = new(Seed);
    private readonly List<StormEvent> _open = [];
    private readonly List<StormEvent> _repeats = [];
    private readonly ConcurrentDictionary<string, int> _expected = new();
    private readonly ConcurrentDictionary<string, int> _sent = new();
    private readonly List<long> _memory = [];
    private readonly Lock _lock = new();
    private readonly DateTimeOffset _begin = TimeProvider.System.GetUtcNow().AddHours(-2);
    private string[] _sources = [];
    private int _recipients;
    private int _events;
    private int _malformed;
    private int _logLines;

    [Fact]
    public async Task Should_lose_nothing_and_count_nothing_twice_with_memory_that_stays_flat()
    {
        using var weather = new Weather(_directory);
        await using var dovecot = await DovecotAsync();
        string[] mailboxes = dovecot is null ? [] :
        [
            .. Mailbox("box", "imap", dovecot.ImapPort, "anna"), "--Sources:Mailboxes:box:MoveTo=Done", .. Mailbox("pop", "pop3", dovecot.Pop3Port, "bert"), "--Sources:Mailboxes:pop:DeleteTaken=true",
        ];
        _sources =
        [
            .. weather.Webhooks, StormEvent.Events, StormEvent.Mail, StormEvent.LogLines, StormEvent.Smtp, StormEvent.Lmtp, StormEvent.Log, StormEvent.Sqs,
            .. dovecot is null ? (string[])[] : [StormEvent.Imap, StormEvent.Pop3],
        ];
        await File.WriteAllTextAsync(weather.LogPath, "");
        await using var service = new ServiceProcess(
            [.. weather.Settings, .. mailboxes, $"--Storage:DataDirectory={Path.Combine(_directory, "data")}", "--Service:LogLevel=Error", "--Cluster:PassivateAfter=00:00:30"]);
        await service.StartAsync();

        var storm = Stopwatch.StartNew();
        using var over = new CancellationTokenSource();
        var watching = WatchAsync(service, over.Token);
        var holding = Task.WhenAll(Enumerable.Range(0, Held).Select(_ => HoldAsync(service.HttpPort, over.Token)));
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => BlowAsync(service, weather, dovecot, new Random(Seed + 1 + client), storm)));
        var blown = storm.Elapsed;
        await CalmAsync(service, weather, dovecot);
        var calm = storm.Elapsed - blown;
        await over.CancelAsync();
        await Task.WhenAll(watching, holding);

        await EveryRecipientIsExactAsync(service);
        Report(blown, calm, await DeadLettersAsync(service));
        MemoryIsFlat();
    }

    /// <summary>One client: sends what comes next, and again until it is taken.</summary>
    private async Task BlowAsync(ServiceProcess service, Weather weather, Dovecot? dovecot, Random random, Stopwatch storm)
    {
        while (Next(storm) is var next)
        {
            if (next is not { } e)
            {
                if (storm.Elapsed >= TimeSpan.FromMinutes(Minutes))
                {
                    return;
                }

                await Task.Delay(10);
                continue;
            }

            switch (random.Next(40))
            {
                case 0:
                    await MalformedAsync(service, weather, random);
                    break;
                case 1:
                    await ForgedAsync(service, weather, e);
                    break;
                case 2 when weather.Webhooks.Contains(e.Source):
                    // Half of it, all of it; then it comes again.
                    var cut = weather.Request(e);
                    await RawClient.AbortAsync(service.HttpPort, cut, random.Next(2) == 0 ? cut.Body.Length : cut.Body.Length / 2);
                    break;
            }

            _sent.AddOrUpdate(e.Source, 1, (_, n) => n + 1);
            while (!await TakenAsync(service, weather, dovecot, e, random))
            {
                Assert.True(storm.Elapsed < TimeSpan.FromMinutes(Minutes) + Patience, $"{e.Source} is never taken\n{service.Log}");
                await Task.Delay(50);
            }
        }
    }

    /// <summary>The next event in the order of the storm; null when the rate allows none now.</summary>
    private StormEvent? Next(Stopwatch storm)
    {
        lock (_lock)
        {
            var due = Math.Min(storm.Elapsed.TotalSeconds, Minutes * 60) * Rate;
            if (_events >= due && (_open.Count + _repeats.Count == 0 || storm.Elapsed < TimeSpan.FromMinutes(Minutes)))
            {
                return null;
            }

            while (_open.Count < 64 && _events < due)
            {
                var recipient = $"user{_recipients}@storm{_recipients % 9}.example";
                // A source that names no message can tell of one bounce only.
                var single = _recipients % 25 == 0;
                var bounces = single ? 1 : 1 + _random.Next(4);
                for (var i = 0; i < bounces; i++, _events++)
                {
                    string source;
                    do
                    {
                        source = single ? "mailchimp" : _sources[_random.Next(_sources.Length)];
                    }
                    while (!single && source == "mailchimp");
                    _open.Add(new StormEvent(_events, source, recipient, $"m{_events}@storm.example", _begin.AddMilliseconds(_events)));
                }

                _expected[recipient] = bounces;
                _recipients++;
            }

            // Out of order, and every fifth once more: soon, or much later.
            var take = _repeats.Count > 200 || (_open.Count == 0 && _repeats.Count > 0) ? _repeats : _open;
            if (take.Count == 0)
            {
                return null;
            }

            var at = _random.Next(take.Count);
            var e = take[at];
            take.RemoveAt(at);
            if (take == _open && _random.Next(5) == 0)
            {
                (_random.Next(2) == 0 ? _open : _repeats).Add(e);
            }

            return e;
        }
    }

    private async Task<bool> TakenAsync(ServiceProcess service, Weather weather, Dovecot? dovecot, StormEvent e, Random random)
    {
        try
        {
            switch (e.Source)
            {
                case StormEvent.Smtp or StormEvent.Lmtp:
                    var lmtp = e.Source == StormEvent.Lmtp;
                    return await RawClient.MailAsync(lmtp ? weather.LmtpPort : weather.SmtpPort, lmtp, e.ReturnPath, e.Notification, cut: random.Next(20) == 0);
                case StormEvent.Log:
                    Write(weather.LogPath, e);
                    return true;
                case StormEvent.Sqs:
                    weather.Queue.Send(weather.Document(e));
                    return true;
                case StormEvent.Imap or StormEvent.Pop3:
                    lock (_lock)
                    {
                        dovecot!.Deliver(e.Source == StormEvent.Imap ? "anna" : "bert", e.Notification);
                    }

                    return true;
                case StormEvent.Events:
                    return Taken(e, await PostAsync(service, "/v1/events", e.Json, "application/json"));
                case StormEvent.Mail:
                    return Taken(e, await PostAsync(service, "/v1/mail", e.Notification, "message/rfc822"));
                case StormEvent.LogLines:
                    return Taken(e, await PostAsync(service, "/v1/logs/postfix?timeZone=UTC", $"~{e.Lines.Context}\n {e.Lines.Bounce}\n", "text/plain"));
                default:
                    var request = weather.Request(e);
                    return Taken(e, random.Next(50) == 0
                        ? await RawClient.SlowlyAsync(service.HttpPort, request, TimeSpan.FromMilliseconds(random.Next(20, 200)))
                        : await SendAsync(service, request));
            }
        }
        catch (Exception cause) when (cause is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static bool Taken(StormEvent e, int status)
    {
        Assert.True(status is 200 or 202 or 408 or 429 or 503 or 0, $"{e.Source} was answered {status}");
        return status is 200 or 202;
    }

    /// <summary>Rightly signed, and nonsense.</summary>
    private async Task MalformedAsync(ServiceProcess service, Weather weather, Random random)
    {
        var source = ((string[])["sendgrid", "postmark", "sparkpost", "mailjet", "brevo", "resend", "kumomta", "postal", "mailersend", "mailtrap", "generic"])[random.Next(11)];
        var number = Interlocked.Increment(ref _malformed);
        var body = Encoding.UTF8.GetString(weather.Request(new StormEvent(number, source, $"nobody{number}@malformed.example", $"x{number}@storm.example", _begin)).Body.Span);
        body = random.Next(4) switch
        {
            0 => body[..random.Next(1, body.Length - 1)],
            1 => body.Replace($"\"nobody{number}@malformed.example\"", "[12345]", StringComparison.Ordinal),
            2 => new string('[', 5_000),
            _ => new string([.. Enumerable.Range(0, random.Next(1, 3_000)).Select(_ => (char)random.Next(1, 0x2000))]),
        };
        try
        {
            var status = await SendAsync(service, weather.Signed(source, "application/json", body));
            Assert.True(status is < 500 or 503, $"{source} was answered {status}");
        }
        catch (HttpRequestException)
        {
            // Nobody is owed an answer to this.
        }
    }

    /// <summary>An event of a recipient of ours, with its proof spoilt: it must not get in.</summary>
    private static async Task ForgedAsync(ServiceProcess service, Weather weather, StormEvent e)
    {
        if (!weather.Webhooks.Contains(e.Source) || e.Source is "mailgun")
        {
            return;
        }

        var forged = weather.Request(e with { Message = $"forged-{e.Message}" });
        forged = forged with
        {
            Url = new Uri(forged.Url.GetLeftPart(UriPartial.Path)),
            Headers = forged.Headers.Where(h => h.Key is "Content-Type" or "svix-id" or "svix-timestamp").ToDictionary(h => h.Key, h => h.Value),
        };
        try
        {
            Assert.InRange(await SendAsync(service, forged), 400, 503);
        }
        catch (HttpRequestException)
        {
            // As above.
        }
    }

    private void Write(string path, StormEvent e)
    {
        lock (_lock)
        {
            if (++_logLines % LinesOfALog == 0)
            {
                for (var i = 4; i >= 1; i--)
                {
                    if (File.Exists($"{path}.{i}"))
                    {
                        File.Move($"{path}.{i}", $"{path}.{i + 1}", overwrite: true);
                    }
                }

                File.Move(path, $"{path}.1");
            }

            File.AppendAllText(path, $"{e.Lines.Context}\n{e.Lines.Bounce}\n");
        }
    }

    private static Task<int> PostAsync(ServiceProcess service, string path, string body, string contentType) => SendAsync(
        service, new WebhookRequest("POST", new Uri($"http://127.0.0.1{path}"), new Dictionary<string, string> { ["Content-Type"] = contentType }, Encoding.UTF8.GetBytes(body), default));

    private static async Task<int> SendAsync(ServiceProcess service, WebhookRequest request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, request.Url.PathAndQuery) { Content = new ByteArrayContent(request.Body.ToArray()) };
        foreach (var (name, value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var answer = await service.Http.SendAsync(message);
        return (int)answer.StatusCode;
    }

    /// <summary>Keeps a connection busy with half a request, over and over.</summary>
    private static async Task HoldAsync(int port, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, over);
                var stream = client.GetStream();
                await stream.WriteAsync("POST /v1/webhooks/kumomta HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer kumo-token\r\nContent-Length: 100000\r\n\r\n[{"u8.ToArray(), over);
                var answer = new byte[1_000];
                while (await stream.ReadAsync(answer, over) > 0)
                {
                }
            }
            catch (Exception cause) when (cause is IOException or SocketException or OperationCanceledException)
            {
                // Thrown out, as it should be.
            }
        }
    }

    private async Task WatchAsync(ServiceProcess service, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            _memory.Add(service.ResidentBytes);
            await Task.Delay(TimeSpan.FromSeconds(1), over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until everything that was taken is decided.</summary>
    private static Task CalmAsync(ServiceProcess service, Weather weather, Dovecot? dovecot) => Eventually.TrueAsync(
        async () =>
        {
            var inbox = await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox");
            var log = (await service.Http.GetFromJsonAsync<JsonElement>("/admin/logs")).GetProperty("logs")[0];
            return log.GetProperty("lagBytes").GetInt64() == 0 && weather.Queue.Left == 0 && (dovecot is null || (dovecot.Count("anna"), dovecot.Count("bert")) == (0, 0))
                && inbox.GetProperty("payloads").EnumerateArray().All(p => p.GetProperty("state").GetString() != "pending");
        },
        Patience,
        () => $"payloads stay undecided; in the mailboxes {dovecot?.Count("anna")} and {dovecot?.Count("bert")}\n{service.Log}");

    private async Task EveryRecipientIsExactAsync(ServiceProcess service)
    {
        var wrong = new ConcurrentQueue<string>();
        var all = _expected.Concat(Enumerable.Range(1, Math.Min(_malformed, 200)).Select(i => KeyValuePair.Create($"nobody{i}@malformed.example", 0)));
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (recipient, cancel) =>
        {
            var found = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/{recipient.Key}", cancel);
            var count = found.GetProperty("standing").GetProperty("bounceCount").GetInt32();
            if (count != recipient.Value)
            {
                wrong.Enqueue($"{recipient.Key} has {count} instead of {recipient.Value}: {found.GetProperty("standing").GetRawText()}");
            }
        });
        Assert.True(wrong.IsEmpty, $"{wrong.Count} of {_expected.Count} recipients are wrong:\n{string.Join('\n', wrong.Take(20))}\n{service.Log}");
    }

    private static async Task<long> DeadLettersAsync(ServiceProcess service)
    {
        var inbox = await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox");
        var dead = inbox.GetProperty("payloads").EnumerateArray().Where(p => p.GetProperty("state").GetString() is "dead" or "partial").Sum(p => p.GetProperty("count").GetInt64());
        Assert.True(dead > 0, "nothing malformed was kept: the storm proves less than it should");
        return dead;
    }

    private void MemoryIsFlat()
    {
        Assert.True(_memory.Max() < 1_500_000_000, $"{_memory.Max() >> 20} MB");
        if (Minutes >= 5)
        {
            var (middle, last) = (Median(1), Median(2));
            Assert.True(last < (middle * 1.15) + (32 << 20), $"memory grows: {middle >> 20} MB in the second third, {last >> 20} MB in the last");
        }
    }

    private long Median(int third)
    {
        var part = _memory.Skip(_memory.Count * third / 3).Take(_memory.Count / 3).Order().ToList();
        return part[part.Count / 2];
    }

    private void Report(TimeSpan blown, TimeSpan calm, long dead)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{blown.TotalMinutes:0.0} min, {_events} bounces of {_recipients} recipients from {_sources.Length} sources, sent {_sent.Values.Sum()} times; calm after {calm.TotalSeconds:0.0} s; {_malformed} malformed, {dead} dead letters"));
        output.WriteLine(string.Join(", ", _sent.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value}")));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory (MB): medians of thirds {Median(0) >> 20}, {Median(1) >> 20}, {Median(2) >> 20}; most {_memory.Max() >> 20}"));
    }

    private static async Task<Dovecot?> DovecotAsync()
    {
        try
        {
            RealServer.MustHave("usr/sbin/dovecot");
        }
        catch (SkipException)
        {
            return null;
        }

        var dovecot = new Dovecot();
        await dovecot.StartAsync();
        return dovecot;
    }

    private static IEnumerable<string> Mailbox(string name, string protocol, int port, string user) =>
    [
        $"--Sources:Mailboxes:{name}:Protocol={protocol}", $"--Sources:Mailboxes:{name}:Host=127.0.0.1", $"--Sources:Mailboxes:{name}:Port={port}", $"--Sources:Mailboxes:{name}:Tls=none",
        $"--Sources:Mailboxes:{name}:User={user}", $"--Sources:Mailboxes:{name}:Password={Dovecot.Password}", $"--Sources:Mailboxes:{name}:PollSeconds=1",
    ];

    private static double Number(string variable, double standard) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : standard;
}
