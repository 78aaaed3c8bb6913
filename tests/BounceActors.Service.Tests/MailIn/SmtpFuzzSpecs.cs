using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>Seeded nonsense, cut into any pieces: the session always ends, answers in order, and stores exactly what a plain reading of the bytes says.</summary>
public sealed class SmtpFuzzSpecs
{
    private const int Rounds = 3_000;

    private static readonly string[] Words =
    [
        "EHLO x\r\n", "HELO x\r\n", "LHLO x\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<a@b.example> SIZE=10\r\n", "RCPT TO:<x@bounces.example.com>\r\n", "RCPT TO:<y@bounces.example.com>\r\n",
        "RCPT TO:<x@elsewhere.example>\r\n", "DATA\r\n", "DATA\r\nSubject: a\r\n\r\n..b\r\n.\r\n", "Subject: a\r\n", "..\r\n", ".\r\n", "\r\n.\r\n", "\n.\n", "\r", "\n", ".", "BDAT 5\r\nab\r\nc", "BDAT 3 LAST\r\nxyz",
        "BDAT 0 LAST\r\n", "BDAT 9\r\n", "BDAT -1\r\n", "RSET\r\n", "NOOP\r\n", "VRFY x\r\n", "QUIT\r\n", "\0", "\u00e9", "STARTTLS\r\n", "MAIL FROM:<\"", "<>", " ", "\t", "RCPT TO:<@a:b@c>\r\n",
        "MAIL FROM:<> X=Y\r\n", "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\n",
    ];

    [Theory]
    [InlineData(1, "Smtp")]
    [InlineData(2, "Lmtp")]
    public async Task Should_end_and_answer_properly_whatever_comes(int seed, string protocolName)
    {
        var protocol = Enum.Parse<SmtpProtocol>(protocolName);
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Nonsense(random);
            var whole = await TalkAsync(protocol, [bytes]);
            var pieces = await TalkAsync(protocol, Cut(bytes, random));

            // Where the bytes are cut must not matter.
            Assert.True(whole == pieces, $"seed {seed}, round {round}: {Encoding.Latin1.GetString(bytes)}\n--- whole\n{whole}\n--- in pieces\n{pieces}");
        }
    }

    [Fact]
    public async Task Should_read_any_text_back_as_it_was_sent()
    {
        var random = new Random(3);
        for (var round = 0; round < Rounds; round++)
        {
            var lines = Enumerable.Range(0, random.Next(8)).Select(_ => new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => ".. ab\u00ff"[random.Next(6)])])).ToList();
            var text = string.Concat(lines.Select(l => l + "\r\n"));
            var stuffed = string.Concat(lines.Select(l => (l.StartsWith('.') ? "." : "") + l + "\r\n"));
            var store = new FakeStore();

            await TalkAsync(SmtpProtocol.Smtp, Cut(Encoding.UTF8.GetBytes($"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\n{stuffed}.\r\nQUIT\r\n"), random), store);

            Assert.Equal(text, store.Text);
        }
    }

    private static byte[] Nonsense(Random random)
    {
        var text = new List<byte>();
        for (var words = random.Next(1, 25); words > 0; words--)
        {
            text.AddRange(Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
        }

        for (var flips = random.Next(4); flips > 0; flips--)
        {
            text[random.Next(text.Count)] = (byte)random.Next(256);
        }

        return [.. text];
    }

    private static List<byte[]> Cut(byte[] bytes, Random random)
    {
        var pieces = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(bytes.Length - at, random.Next(1, 9));
            pieces.Add(bytes[at..(at + length)]);
            at += length;
        }

        return pieces;
    }

    /// <summary>What the server said, and what it stored.</summary>
    private static async Task<string> TalkAsync(SmtpProtocol protocol, IReadOnlyList<byte[]> pieces, FakeStore? store = null)
    {
        store ??= new FakeStore();
        var time = new FakeTimeProvider(MailDoor.Now);
        var options = new SmtpOptions { HostName = "h", Domains = ["bounces.example.com"], MaxMessageBytes = 1_024 };
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var shared = new SmtpSessionServices(
            options, new RecipientGate(options, [], time), new MailMemory(1_000_000), store.KeepAsync,
            new SmtpMetrics(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()), time, NullLogger.Instance);
        var input = new Pipe();
        var output = new Pipe();
        using var deadline = new Deadline(time, CancellationToken.None);
        var session = new SmtpSession(shared, protocol, new Duplex(input.Reader, output.Writer), IPAddress.Loopback, null, deadline, CancellationToken.None).RunAsync();
        foreach (var piece in pieces)
        {
            await input.Writer.WriteAsync(piece);
        }

        await input.Writer.CompleteAsync();
        await session.WaitAsync(TimeSpan.FromSeconds(30));
        await output.Writer.CompleteAsync();
        var said = Encoding.UTF8.GetString((await output.Reader.ReadAtLeastAsync(int.MaxValue)).Buffer.ToArray());
        Assert.All(said.Split("\r\n")[..^1], line => Assert.Matches("^[2345][0-9][0-9][ -][^\r\n]*$", line));
        Assert.Equal(1_000_000, FreeOf(shared.Memory));
        return said + string.Join('|', store.Mails.Select(FakeStore.TextOf));
    }

    /// <summary>All memory has been given back.</summary>
    private static long FreeOf(MailMemory memory)
    {
        var free = 0L;
        for (var step = 1L << 20; step > 0; step >>= 1)
        {
            while (memory.TryTake(step))
            {
                free += step;
            }
        }

        memory.Give(free);
        return free;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
