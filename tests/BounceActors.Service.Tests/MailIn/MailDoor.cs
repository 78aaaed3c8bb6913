using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using BounceActors.Engine.Inbox;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Smtp;
using BounceActors.Sources.Mail;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>The doors for SMTP and LMTP on free ports, with a store that remembers what it was given.</summary>
internal sealed class MailDoor : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly WebApplication _app;

    private MailDoor(WebApplication app, FakeTimeProvider time, FakeStore store)
    {
        _app = app;
        Time = time;
        Store = store;
    }

    public FakeTimeProvider Time { get; }

    public FakeStore Store { get; }

    public static async Task<MailDoor> OpenAsync(Action<SmtpOptions>? adjust = null, params VerpPattern[] verp)
    {
        var options = new SmtpOptions { Port = 0, LmtpPort = 0, HostName = "bounces.example.com", Domains = ["bounces.example.com"], FeedbackAddresses = ["fbl@example.com"] };
        adjust?.Invoke(options);
        var time = new FakeTimeProvider(Now);
        var store = new FakeStore();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IReadOnlyList<VerpPattern>>(verp);
        builder.Services.AddSingleton<StoreMail>(store.KeepAsync);
        builder.AddSmtp(options);
        var app = builder.Build();
        await app.StartAsync();
        return new MailDoor(app, time, store);
    }

    public Task<MailClient> SmtpAsync() => ConnectAsync(SmtpProtocol.Smtp);

    public Task<MailClient> LmtpAsync() => ConnectAsync(SmtpProtocol.Lmtp);

    /// <summary>A client that has said hello and sent MAIL and RCPT.</summary>
    public async Task<MailClient> ReadyForDataAsync(string sender = "", string recipient = "x@bounces.example.com", string parameters = "")
    {
        var client = await SmtpAsync();
        await client.ReadAsync();
        Assert.StartsWith("250", await client.AskAsync("EHLO mx.example.net"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync($"MAIL FROM:<{sender}>{parameters}"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.AskAsync($"RCPT TO:<{recipient}>"), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Begins to stop, as at SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using var impatient = new CancellationTokenSource();
        await impatient.CancelAsync();
        await _app.StopAsync(impatient.Token);
        await _app.DisposeAsync();
    }

    private async Task<MailClient> ConnectAsync(SmtpProtocol protocol)
    {
        var client = new TcpClient();
        await client.ConnectAsync(_app.Services.GetRequiredService<MailDoors>().All.Single(d => d.Protocol == protocol).Address);
        return new MailClient(client);
    }
}

/// <summary>Keeps mails in memory; fails when told to, for whom it is told to.</summary>
internal sealed class FakeStore
{
    private readonly List<InboxPayload> _mails = [];

    public Func<InboxPayload, Task> Before { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<InboxPayload> Mails
    {
        get
        {
            lock (_mails)
            {
                return [.. _mails];
            }
        }
    }

    /// <summary>The text of the only mail, without the trace lines the door has put before it.</summary>
    public string Text => TextOf(Assert.Single(Mails));

    public static string TextOf(InboxPayload mail)
    {
        var text = Encoding.UTF8.GetString(mail.Body.Span);
        var end = text.IndexOf("+0000\r\n", StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <", text, StringComparison.Ordinal);
        return text[(end + 7)..];
    }

    public async Task<InboxReceipt> KeepAsync(InboxPayload mail, CancellationToken cancel)
    {
        await Before(mail);
        lock (_mails)
        {
            var known = _mails.FindIndex(m => (m.Source, m.DedupeKey) == (mail.Source, mail.DedupeKey));
            if (known < 0)
            {
                _mails.Add(mail);
            }

            return new InboxReceipt(new Guid(known < 0 ? _mails.Count : known + 1, 0, 0, new byte[8]), known >= 0);
        }
    }
}

/// <summary>The other side of a connection, byte by byte.</summary>
internal sealed class MailClient(TcpClient tcp) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private Stream _stream = tcp.GetStream();
    private readonly StringBuilder _line = new();

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    /// <summary>Sends a command and reads its answer.</summary>
    public async Task<string> AskAsync(string command)
    {
        await SendAsync(command + "\r\n");
        return await ReadAsync();
    }

    /// <summary>The next answer, all its lines; empty when the connection has ended.</summary>
    public async Task<string> ReadAsync()
    {
        var answer = new StringBuilder();
        while (await ReadLineAsync() is { } line)
        {
            answer.Append(answer.Length == 0 ? "" : "\n").Append(line);
            if (line.Length < 4 || line[3] != '-')
            {
                break;
            }
        }

        return answer.ToString();
    }

    /// <summary>The codes of the next answers.</summary>
    public async Task<string> CodesAsync(int count)
    {
        var codes = new List<string>();
        for (var i = 0; i < count; i++)
        {
            codes.Add(await ReadAsync() is { Length: >= 3 } answer ? answer[..3] : "end");
        }

        return string.Join(' ', codes);
    }

    /// <summary>Everything until the other side hangs up.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var all = new StringBuilder();
        while (await ReadAsync() is { Length: > 0 } answer)
        {
            all.AppendLine(answer);
        }

        return all.ToString();
    }

    public async Task StartTlsAsync()
    {
        Assert.StartsWith("220", await AskAsync("STARTTLS"), StringComparison.Ordinal);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("bounces.example.com").WaitAsync(Patience);
        _stream = tls;
    }

    public X509Certificate? ServerCertificate => (_stream as SslStream)?.RemoteCertificate;

    public void FinishSending() => tcp.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Hangs up without a word.</summary>
    public void Abort()
    {
        tcp.Client.LingerState = new LingerOption(true, 0);
        tcp.Dispose();
    }

    public void Dispose() => tcp.Dispose();

    private async Task<string?> ReadLineAsync()
    {
        _line.Clear();
        var one = new byte[1];
        while (true)
        {
            int read;
            try
            {
                read = await _stream.ReadAsync(one).AsTask().WaitAsync(Patience);
            }
            catch (IOException)
            {
                read = 0;
            }

            if (read == 0)
            {
                return _line.Length == 0 ? null : _line.ToString();
            }

            if (one[0] == '\n')
            {
                Assert.Equal('\r', _line[^1]);
                return _line.ToString(0, _line.Length - 1);
            }

            _line.Append((char)one[0]);
        }
    }
}
