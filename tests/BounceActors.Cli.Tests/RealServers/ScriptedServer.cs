using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BounceActors.Cli.Tests.RealServers;

/// <summary>
/// An SMTP server on loopback. As the remote server it refuses what <see cref="Script"/> says; as the sender's own it keeps the bounces
/// that come back (every mail from the empty sender).
/// </summary>
/// <param name="sizeLimit">Largest mail taken, in bytes, as announced by SIZE (RFC 1870).</param>
internal sealed class ScriptedServer(int sizeLimit) : IDisposable
{
    /// <summary>Largest mail the remote server takes.</summary>
    public const int RemoteSizeLimit = 100_000;

    /// <summary>Largest bounce the sender's server takes: OpenSMTPD returns the whole original, however large.</summary>
    public const int HomeSizeLimit = 10_000_000;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<byte[]>> _bounces = new(StringComparer.OrdinalIgnoreCase);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The bounce that <paramref name="sender"/> gets.</summary>
    public Task<byte[]> BounceTo(string sender) => Bounce(sender).Task;

    public void Start()
    {
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private TaskCompletionSource<byte[]> Bounce(string sender) =>
        _bounces.GetOrAdd(sender, _ => new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = Task.Run(() => ConverseAsync(client));
        }
    }

    private async Task ConverseAsync(TcpClient client)
    {
        using var connection = client;
        await using var stream = connection.GetStream();
        using var lines = new StreamReader(stream, Encoding.Latin1);
        Task SayAsync(string reply) => stream.WriteAsync(Encoding.UTF8.GetBytes(reply.ReplaceLineEndings("\r\n") + "\r\n"), _stop.Token).AsTask();

        var sender = "";
        var recipients = new List<string>();
        await SayAsync("220 mx.remote.example ESMTP");
        while (await lines.ReadLineAsync(_stop.Token) is { } line)
        {
            var path = line.Contains('<') ? line[(line.IndexOf('<') + 1)..line.IndexOf('>')] : "";
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO" or "HELO":
                    await SayAsync($"250-mx.remote.example\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250 SIZE {sizeLimit}");
                    break;
                case "MAIL":
                    sender = path;
                    recipients.Clear();
                    await SayAsync(Script.ReplyToSender(sender, line, sizeLimit) ?? "250 2.1.0 Ok");
                    break;
                case "RCPT":
                    var refusal = sender.Length == 0 ? null : Script.ReplyToRecipient(path);
                    if (refusal is null)
                    {
                        recipients.Add(path);
                    }

                    await SayAsync(refusal ?? "250 2.1.5 Ok");
                    break;
                case "DATA" when recipients.Count == 0:
                    await SayAsync("554 5.5.1 No valid recipients");
                    break;
                case "DATA":
                    await SayAsync("354 End data with <CR><LF>.<CR><LF>");
                    var data = await ReadDataAsync(lines);
                    if (sender.Length == 0)
                    {
                        recipients.ForEach(r => Bounce(r).TrySetResult(data));
                    }

                    await SayAsync((sender.Length == 0 ? null : Script.ReplyToData(recipients, data.Length, sizeLimit)) ?? "250 2.0.0 Ok: queued as 4F2A1");
                    break;
                case "QUIT":
                    await SayAsync("221 2.0.0 Bye");
                    return;
                default:
                    await SayAsync("250 2.0.0 Ok");
                    break;
            }
        }
    }

    private async Task<byte[]> ReadDataAsync(StreamReader lines)
    {
        using var data = new MemoryStream();
        while (await lines.ReadLineAsync(_stop.Token) is { } line && line != ".")
        {
            data.Write(Encoding.Latin1.GetBytes((line.StartsWith('.') ? line[1..] : line) + "\r\n"));
        }

        return data.ToArray();
    }
}
