using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BounceActors.Sources.Webhooks;

namespace BounceActors.EndToEnd.Tests.Storm;

/// <summary>Connections as no well-behaved client makes them.</summary>
internal static class RawClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends a request in small pieces with pauses; gives the status of the answer.</summary>
    public static async Task<int> SlowlyAsync(int port, WebhookRequest request, TimeSpan pause)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = await ConnectAsync(port, patience.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Head(request, request.Body.Length), patience.Token);
        foreach (var piece in request.Body.ToArray().Chunk((request.Body.Length / 6) + 1))
        {
            await Task.Delay(pause, patience.Token);
            await stream.WriteAsync(piece, patience.Token);
        }

        using var answer = new StreamReader(stream, Encoding.ASCII);
        var status = await answer.ReadLineAsync(patience.Token);
        return status is { Length: > 12 } ? int.Parse(status.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Sends a part of a request, or all of it, and cuts the connection before the answer.</summary>
    public static async Task AbortAsync(int port, WebhookRequest request, int bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = await ConnectAsync(port, patience.Token);
        await client.GetStream().WriteAsync(Head(request, request.Body.Length), patience.Token);
        await client.GetStream().WriteAsync(request.Body[..Math.Min(bytes, request.Body.Length)], patience.Token);
        client.LingerState = new LingerOption(enable: true, seconds: 0);
    }

    /// <summary>Hands over a mail by SMTP or LMTP; false when the server wants it later.</summary>
    /// <param name="cut">Whether the connection is cut in the middle of the text.</param>
    public static async Task<bool> MailAsync(int port, bool lmtp, string recipient, string mail, bool cut)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = await ConnectAsync(port, patience.Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        if (!(await ReplyAsync(reader, patience.Token)).StartsWith('2'))
        {
            return false;
        }

        foreach (var command in (string[])[lmtp ? "LHLO mx.storm.example" : "EHLO mx.storm.example", "MAIL FROM:<>", $"RCPT TO:<{recipient}>", "DATA"])
        {
            await writer.WriteLineAsync(command.AsMemory(), patience.Token);
            var reply = await ReplyAsync(reader, patience.Token);
            if (reply.StartsWith('4'))
            {
                return false;
            }

            Assert.True(reply[0] is '2' or '3', $"{command} -> {reply}");
        }

        if (cut)
        {
            await writer.WriteAsync(mail.AsMemory(0, mail.Length / 2), patience.Token);
            client.LingerState = new LingerOption(enable: true, seconds: 0);
            return false;
        }

        await writer.WriteAsync((mail.ReplaceLineEndings("\r\n") + "\r\n.\r\n").AsMemory(), patience.Token);
        var taken = await ReplyAsync(reader, patience.Token);
        Assert.True(taken[0] is '2' or '4', taken);
        return taken[0] == '2';
    }

    private static async Task<TcpClient> ConnectAsync(int port, CancellationToken cancel)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancel);
        return client;
    }

    private static byte[] Head(WebhookRequest request, int length)
    {
        var head = new StringBuilder($"POST {request.Url.PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length.ToString(CultureInfo.InvariantCulture)}\r\n");
        foreach (var (name, value) in request.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private static async Task<string> ReplyAsync(StreamReader reader, CancellationToken cancel)
    {
        string? line;
        do
        {
            line = await reader.ReadLineAsync(cancel);
        }
        while (line is { Length: > 3 } && line[3] == '-');
        return line ?? throw new IOException("the server has closed the connection");
    }
}
