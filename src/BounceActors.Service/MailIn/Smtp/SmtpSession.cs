using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Ingest;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>Which of the two protocols is spoken on a port.</summary>
internal enum SmtpProtocol
{
    Smtp,
    Lmtp,
}

/// <summary>What all sessions share.</summary>
internal sealed record SmtpSessionServices(
    SmtpOptions Options, RecipientGate Gate, MailMemory Memory, StoreMail Store, SmtpMetrics Metrics, TimeProvider Time, ILogger Log)
{
    public string HostName { get; } = Options.HostName ?? Dns.GetHostName();
}

/// <summary>Puts TLS over a connection (RFC 3207); throws when that fails.</summary>
internal delegate Task<IDuplexPipe> StartTls(IDuplexPipe plain, CancellationToken cancel);

/// <summary>
/// One connection: SMTP (RFC 5321) or LMTP (RFC 2033), receiving only. Nothing is acknowledged before it is durable, and a recipient of SMTP
/// stands or falls with all others of its mail, so that a sender who repeats it repeats all of it.
/// </summary>
internal sealed class SmtpSession
{
    private const int MostUnsent = 16 * 1024;

    /// <summary>Commands in a row that bring no mail.</summary>
    private const int MostIdle = 200;

    private const long LargestChunk = 1L << 31;

    private readonly SmtpSessionServices _services;
    private readonly SmtpProtocol _protocol;
    private readonly string _protocolName;
    private readonly IPAddress _client;
    private readonly StartTls? _startTls;
    private readonly Deadline _deadline;
    private readonly CancellationToken _stopping;
    private readonly TimeSpan _patience;

    private SmtpInput _input;
    private IDuplexPipe _transport;
    private string? _tls;
    private string? _helo;
    private bool _extended;
    private SmtpPath? _sender;
    private bool _utf8;
    private readonly List<Recipient> _recipients = [];
    private bool _anyRefused;
    private MailBuffer? _chunks;
    private string? _chunksFailed;
    private int _unsent;
    private int _errors;
    private int _idle;
    private int _mails;

    /// <param name="services">What all sessions share.</param>
    /// <param name="protocol">The protocol of the port.</param>
    /// <param name="transport">The bytes.</param>
    /// <param name="client">Who is there.</param>
    /// <param name="startTls">How TLS is begun; null when it is not offered.</param>
    /// <param name="deadline">Ends with the connection; set by the session.</param>
    /// <param name="stopping">The server wants to stop: what is under way is finished, and nothing new begun.</param>
    public SmtpSession(
        SmtpSessionServices services, SmtpProtocol protocol, IDuplexPipe transport, IPAddress client, StartTls? startTls, Deadline deadline, CancellationToken stopping)
    {
        _services = services;
        _protocol = protocol;
        _protocolName = protocol.ToString().ToLowerInvariant();
        _transport = transport;
        _client = client;
        _startTls = startTls;
        _deadline = deadline;
        _stopping = stopping;
        _patience = TimeSpan.FromSeconds(services.Options.CommandSeconds);
        _input = new SmtpInput(transport.Input, FlushAsync);
    }

    /// <summary>Speaks until one side ends it.</summary>
    public async Task RunAsync()
    {
        try
        {
            await TalkAsync();
            await FlushAsync(_deadline.Token);
        }
        catch (OperationCanceledException) when (_deadline.IsPast)
        {
            await EndAsync("timeout", "421 4.4.2 Timeout, closing");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await EndAsync("shutdown", "421 4.3.2 Shutting down, come back later");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client has gone without a word; whatever it had not seen acknowledged it sends again.
        }
        finally
        {
            _chunks?.Dispose();
            if (_transport is IAsyncDisposable secured)
            {
                await secured.DisposeAsync();
            }
        }
    }

    private async Task TalkAsync()
    {
        _deadline.Set(_patience);
        Say($"220 {_services.HostName} {(_protocol == SmtpProtocol.Smtp ? "ESMTP" : "LMTP")} receives bounces");
        while (true)
        {
            if (_unsent > MostUnsent)
            {
                await FlushAsync(_deadline.Token);
            }

            _deadline.Set(_patience);
            var line = await ReadCommandAsync();
            switch (line.Kind)
            {
                case LineKind.End:
                    return;
                case LineKind.TooLong:
                    Wrong("500 5.5.2 Line too long");
                    break;
                case LineKind.Malformed:
                    Wrong("500 5.5.2 Lines end with CR LF and hold no control characters");
                    break;
                default:
                    if (!await ObeyAsync(line.Text))
                    {
                        return;
                    }

                    break;
            }

            if (_errors >= _services.Options.MaxErrors)
            {
                await EndAsync("errors", "421 4.7.0 Too many errors");
                return;
            }

            if (++_idle > MostIdle)
            {
                await EndAsync("idle", "421 4.7.0 Too many commands without a mail");
                return;
            }
        }
    }

    /// <summary>Waits for a command; the server's stop ends the wait, but never a transfer.</summary>
    private async ValueTask<SmtpLine> ReadCommandAsync()
    {
        if (!_stopping.CanBeCanceled)
        {
            return await _input.ReadLineAsync(_deadline.Token);
        }

        _stopping.ThrowIfCancellationRequested();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, _stopping);
        return await _input.ReadLineAsync(either.Token);
    }

    /// <summary>Does what a command says; false ends the session.</summary>
    private async ValueTask<bool> ObeyAsync(string line)
    {
        var space = line.IndexOf(' ');
        var verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
        var rest = space < 0 ? "" : line[(space + 1)..].Trim(' ');
        switch (verb)
        {
            case "EHLO" when _protocol == SmtpProtocol.Smtp:
            case "LHLO" when _protocol == SmtpProtocol.Lmtp:
                Greet(rest, extended: true);
                break;
            case "HELO" when _protocol == SmtpProtocol.Smtp:
                Greet(rest, extended: false);
                break;
            case "STARTTLS" when _startTls is not null:
                return await SecureAsync(rest);
            case "MAIL":
                From(rest);
                break;
            case "RCPT":
                To(rest);
                break;
            case "DATA":
                return await DataAsync(rest);
            case "BDAT":
                return await ChunkAsync(rest);
            case "RSET":
                Reset();
                Say("250 2.0.0 Ok");
                break;
            case "NOOP":
                Say("250 2.0.0 Ok");
                break;
            case "HELP":
                Say("214 2.0.0 This server takes bounces and feedback reports, see RFC 5321");
                break;
            case "VRFY":
                Say("252 2.5.1 Cannot tell, but will take a mail and try");
                break;
            case "EXPN" or "AUTH" or "ETRN" or "TURN" or "SEND" or "SOML" or "SAML" or "STARTTLS":
                Wrong("502 5.5.1 Not offered");
                break;
            case "QUIT":
                Say("221 2.0.0 Bye");
                return false;
            default:
                Wrong("500 5.5.1 Unknown command");
                break;
        }

        return true;
    }

    private void Greet(string name, bool extended)
    {
        if (name.Length == 0 || name.Contains(' '))
        {
            Wrong("501 5.5.4 A host name or address literal is expected");
            return;
        }

        Reset();
        _helo = name.Length > 255 ? name[..255] : name;
        _extended = extended;
        if (!extended)
        {
            Say($"250 {_services.HostName}");
            return;
        }

        Say($"250-{_services.HostName}");
        Say("250-PIPELINING");
        Say(string.Create(CultureInfo.InvariantCulture, $"250-SIZE {_services.Options.MaxMessageBytes}"));
        if (_startTls is not null && _tls is null)
        {
            Say("250-STARTTLS");
        }

        Say("250-ENHANCEDSTATUSCODES");
        Say("250-8BITMIME");
        Say("250-SMTPUTF8");
        Say("250 CHUNKING");
    }

    private async ValueTask<bool> SecureAsync(string rest)
    {
        if (_tls is not null || rest.Length > 0 || !_extended)
        {
            Wrong(_tls is not null ? "503 5.5.1 TLS is on already" : rest.Length > 0 ? "501 5.5.4 STARTTLS takes no parameter" : "503 5.5.1 Say hello first");
            return true;
        }

        if (_input.HasMore())
        {
            // Whatever follows in the clear could have been put there by somebody else (RFC 3207 section 4.2).
            await EndAsync("tls", "503 5.5.1 Nothing may follow STARTTLS before the answer");
            return false;
        }

        Say("220 2.0.0 Go ahead");
        await FlushAsync(_deadline.Token);
        try
        {
            _transport = await _startTls!(_transport, _deadline.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _services.Metrics.Ended(_protocolName, "tls");
            _services.Log.LogInformation("{Client} and this server could not agree on TLS: {Problem}", _client, e.GetBaseException().Message);
            return false;
        }

        _input = new SmtpInput(_transport.Input, FlushAsync);
        _tls = "yes";
        // What was said before is forgotten with it.
        _helo = null;
        _extended = false;
        Reset();
        return true;
    }

    private void From(string rest)
    {
        if (_helo is null || _sender is not null)
        {
            Wrong(_helo is null ? "503 5.5.1 Say hello first" : "503 5.5.1 One MAIL at a time");
            return;
        }

        if (_services.Options.RequireTls && _tls is null)
        {
            Wrong("530 5.7.0 STARTTLS first");
            return;
        }

        if (!rest.StartsWith("FROM:", StringComparison.OrdinalIgnoreCase) || SmtpPath.Read(rest.AsSpan(5)) is not { } path)
        {
            Wrong("501 5.5.4 MAIL FROM:<address> is expected");
            return;
        }

        var utf8 = false;
        foreach (var (name, value) in path.Parameters)
        {
            switch (name)
            {
                case "SIZE" when !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _):
                case "BODY" when value.ToUpperInvariant() is not ("7BIT" or "8BITMIME"):
                    Wrong($"501 5.5.4 {name} has a value that is not understood");
                    return;
                case "SIZE" when long.Parse(value, CultureInfo.InvariantCulture) > _services.Options.MaxMessageBytes:
                    Refused("552 5.3.4 Mails of that size are not taken", "size");
                    return;
                case "SIZE" or "BODY":
                    break;
                case "SMTPUTF8":
                    utf8 = true;
                    break;
                // Delivery notices on delivery notices are none of our business (RFC 3461); nobody was offered them.
                case "RET" or "ENVID":
                    break;
                default:
                    Wrong("555 5.5.4 A parameter of MAIL is not understood");
                    return;
            }
        }

        if (!utf8 && !path.IsAscii)
        {
            Wrong("553 5.6.7 Addresses beyond ASCII need SMTPUTF8");
            return;
        }

        if (_mails >= _services.Options.MaxMailsPerConnection)
        {
            Refused("452 4.7.0 Enough mails on this connection", "connection");
            return;
        }

        _sender = path;
        _utf8 = utf8;
        Say("250 2.1.0 Ok");
    }

    private void To(string rest)
    {
        if (_sender is null || _chunks is not null || _chunksFailed is not null)
        {
            Wrong("503 5.5.1 MAIL first");
            return;
        }

        if (!rest.StartsWith("TO:", StringComparison.OrdinalIgnoreCase) || SmtpPath.Read(rest.AsSpan(3)) is not { Address.Length: > 0 } path)
        {
            _anyRefused = true;
            Wrong("501 5.5.4 RCPT TO:<address> is expected");
            return;
        }

        if (path.Parameters.Any(p => p.Name is not ("NOTIFY" or "ORCPT")))
        {
            _anyRefused = true;
            Wrong("555 5.5.4 A parameter of RCPT is not understood");
            return;
        }

        if (!_utf8 && !path.IsAscii)
        {
            _anyRefused = true;
            Wrong("553 5.6.7 Addresses beyond ASCII need SMTPUTF8");
            return;
        }

        if (_recipients.Count >= _services.Options.MaxRecipients)
        {
            _services.Metrics.Recipient(_protocolName, "too many");
            Say("452 4.5.3 Too many recipients");
            return;
        }

        var verdict = _services.Gate.Look(_sender.Address, path);
        if (verdict.Refusal is { } refusal)
        {
            _anyRefused = true;
            _errors++;
            _services.Metrics.Recipient(_protocolName, verdict.Reason!);
            Say(refusal);
            return;
        }

        _services.Metrics.Recipient(_protocolName, verdict.Drop ? "dropped" : verdict.Reason is null ? "taken" : "marked");
        _recipients.Add(new Recipient(path.Address, verdict));
        _idle--;
        Say("250 2.1.5 Ok");
    }

    private async ValueTask<bool> DataAsync(string rest)
    {
        if (rest.Length > 0)
        {
            Wrong("501 5.5.4 DATA takes no parameter");
            return true;
        }

        if (_recipients.Count == 0 || _chunks is not null || _chunksFailed is not null)
        {
            Wrong(NoRecipients());
            return true;
        }

        Say("354 End with CR LF . CR LF");
        using var mail = new MailBuffer(_services.Options.MaxMessageBytes, _services.Memory);
        _deadline.Set(TimeSpan.FromSeconds(_services.Options.TransferSeconds));
        switch (await _input.ReadDataAsync(mail, _deadline.Token))
        {
            case TransferEnd.Broken:
                _services.Metrics.Ended(_protocolName, "transfer");
                return false;
            case TransferEnd.BareLineEnd:
                await AcknowledgeAsync(_ => "550 5.6.11 A CR or LF alone is no line end", "line ends", 0);
                break;
            default:
                await KeepAsync(mail);
                break;
        }

        Reset();
        return true;
    }

    private async ValueTask<bool> ChunkAsync(string rest)
    {
        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (1 or 2)
            || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size > LargestChunk
            || (words.Length == 2 && !words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase)))
        {
            // Nobody knows where the chunk ends and commands begin again.
            await EndAsync("transfer", "501 5.5.4 BDAT size [LAST] is expected");
            return false;
        }

        var last = words.Length == 2;
        if (_chunksFailed is null && _chunks is null)
        {
            if (_recipients.Count == 0)
            {
                _chunksFailed = NoRecipients();
            }
            else
            {
                _chunks = new MailBuffer(_services.Options.MaxMessageBytes, _services.Memory);
            }
        }

        _deadline.Set(TimeSpan.FromSeconds(_services.Options.TransferSeconds));
        if (await _input.ReadChunkAsync(size, _chunks, _deadline.Token) == TransferEnd.Broken)
        {
            _services.Metrics.Ended(_protocolName, "transfer");
            return false;
        }

        if (_chunksFailed is { } failed)
        {
            if (last && _recipients.Count > 0)
            {
                await AcknowledgeAsync(_ => failed, "chunks", 0);
            }
            else
            {
                Wrong(failed);
            }
        }
        else if (last)
        {
            await KeepAsync(_chunks!);
        }
        else if (Overflow(_chunks!) is { } overflow)
        {
            _chunksFailed = overflow.Reply;
            _chunks!.Dispose();
            _chunks = null;
            Refused(overflow.Reply, overflow.Result);
        }
        else
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"250 2.0.0 {size} octets taken"));
        }

        if (last)
        {
            Reset();
        }

        return true;
    }

    /// <summary>Makes a whole mail durable and says so, or says why not.</summary>
    private async Task KeepAsync(MailBuffer mail)
    {
        if (Overflow(mail) is { } overflow)
        {
            await AcknowledgeAsync(_ => overflow.Reply, overflow.Result, 0);
            return;
        }

        // The client waits for the answer; storing has its own patience.
        _deadline.Set(Timeout.InfiniteTimeSpan);
        var now = _services.Time.GetUtcNow();
        var text = mail.Written;
        var answers = await Task.WhenAll(_recipients.Select(r => KeepAsync(r, text, now)));
        _mails++;
        _idle = 0;
        if (_protocol == SmtpProtocol.Lmtp)
        {
            foreach (var answer in answers)
            {
                _services.Metrics.Mail(_protocolName, answer.Result, answer.Result == "stored" ? text.Length : 0);
            }

            Log(text.Length, answers);
            await SayAndSendAsync(answers.Select(a => a.Reply));
            return;
        }

        var worst = answers.FirstOrDefault(a => a.Reply[0] != '2') ?? answers[0];
        _services.Metrics.Mail(_protocolName, worst.Result, worst.Result == "stored" ? text.Length : 0);
        Log(text.Length, [worst]);
        await SayAndSendAsync([worst.Reply]);
    }

    private async Task<Answer> KeepAsync(Recipient recipient, ReadOnlyMemory<byte> text, DateTimeOffset now)
    {
        if (recipient.Verdict.Drop)
        {
            return new Answer("250 2.0.0 Ok", "dropped");
        }

        var headers = new Dictionary<string, string>
        {
            [MailPayloads.EnvelopeTo] = recipient.Address,
            [Envelope.From] = _sender!.Address,
            [Envelope.Client] = _client.ToString(),
            [Envelope.Helo] = _helo!,
            [Envelope.Protocol] = _protocolName,
            [Envelope.Tls] = _tls ?? "no",
        };
        if (recipient.Verdict.Reason is { } doubt)
        {
            headers[Envelope.Backscatter] = doubt;
        }

        try
        {
            var receipt = await _services.Store(
                new InboxPayload
                {
                    Tenant = _services.Options.Tenant,
                    Source = _protocolName,
                    ContentType = "message/rfc822",
                    Headers = headers,
                    Body = WithTrace(text, now),
                    ReceivedAt = now,
                    DedupeKey = KeyOf(_sender.Address, recipient.Address, text.Span),
                },
                CancellationToken.None);
            return new Answer($"250 2.0.0 Ok: stored as {receipt.Id:N}", receipt.Repeated ? "repeated" : "stored");
        }
        catch (InboxOverloadedException e)
        {
            _services.Log.LogWarning("A mail was not taken: {Problem}", e.Message);
            return new Answer("452 4.3.1 Too much is waiting, come back later", "overloaded");
        }
        catch (StorageUnavailableException e)
        {
            _services.Log.LogWarning("A mail was not taken: {Problem}", e.Message);
            return new Answer("451 4.3.0 Cannot store it now, come back later", "unavailable");
        }
        catch (Exception e)
        {
            _services.Log.LogError(e, "A mail could not be stored");
            return new Answer("451 4.3.0 Cannot store it now, come back later", "failed");
        }
    }

    /// <summary>Whoever takes a mail last writes down its return path and where it came from (RFC 5321 section 4.4).</summary>
    private byte[] WithTrace(ReadOnlyMemory<byte> text, DateTimeOffset now)
    {
        var with = _protocol == SmtpProtocol.Lmtp ? "LMTP" : _extended ? "ESMTP" : "SMTP";
        var trace = string.Create(
            CultureInfo.InvariantCulture,
            $"Return-Path: <{_sender!.Address}>\r\nReceived: from {_helo} ([{_client}])\r\n\tby {_services.HostName} with {(_utf8 ? "UTF8" : "")}{with}{(_tls is null ? "" : "S")};\r\n\t{now:ddd, dd MMM yyyy HH':'mm':'ss} +0000\r\n");
        var head = Encoding.UTF8.GetBytes(trace);
        var whole = new byte[head.Length + text.Length];
        head.CopyTo(whole, 0);
        text.CopyTo(whole.AsMemory(head.Length));
        return whole;
    }

    /// <summary>A sender who never saw the answer sends the same bytes again, trace lines and all.</summary>
    private static string KeyOf(string sender, string recipient, ReadOnlySpan<byte> text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{sender}\n{recipient}\n"));
        hash.AppendData(text);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Answer? Overflow(MailBuffer mail) =>
        mail.IsTooLarge ? new Answer("552 5.3.4 The mail is too large", "size")
        : mail.IsOutOfMemory ? new Answer("452 4.3.1 Too much is coming in, come back later", "memory")
        : null;

    private string NoRecipients() => _anyRefused && _protocol == SmtpProtocol.Smtp && _sender is not null && _chunks is null
        ? "554 5.5.1 No valid recipients"
        : "503 5.5.1 MAIL and RCPT first";

    /// <summary>The answer to a whole mail: LMTP gives one for each recipient (RFC 2033 section 4.2).</summary>
    private async Task AcknowledgeAsync(Func<Recipient, string> reply, string result, long bytes)
    {
        _errors++;
        _services.Metrics.Mail(_protocolName, result, bytes);
        await SayAndSendAsync(_protocol == SmtpProtocol.Lmtp ? _recipients.Select(reply) : [reply(_recipients[0])]);
    }

    private async Task SayAndSendAsync(IEnumerable<string> replies)
    {
        _deadline.Set(_patience);
        foreach (var reply in replies)
        {
            Say(reply);
            if (_unsent > MostUnsent)
            {
                await FlushAsync(_deadline.Token);
            }
        }
    }

    private void Reset()
    {
        _sender = null;
        _utf8 = false;
        _recipients.Clear();
        _anyRefused = false;
        _chunks?.Dispose();
        _chunks = null;
        _chunksFailed = null;
    }

    private void Wrong(string reply)
    {
        _errors++;
        Say(reply);
    }

    private void Refused(string reply, string result)
    {
        _services.Metrics.Mail(_protocolName, result, 0);
        Say(reply);
    }

    private void Say(string reply)
    {
        _unsent += (int)Encoding.UTF8.GetBytes(reply, _transport.Output) + 2;
        _transport.Output.Write("\r\n"u8);
    }

    private async ValueTask FlushAsync(CancellationToken cancel)
    {
        _unsent = 0;
        var flushed = await _transport.Output.FlushAsync(cancel);
        if (flushed.IsCompleted)
        {
            throw new IOException("the client has gone");
        }
    }

    /// <summary>Says why this side ends the session, if the client still listens.</summary>
    private async Task EndAsync(string reason, string reply)
    {
        _services.Metrics.Ended(_protocolName, reason);
        try
        {
            Say(reply);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), _services.Time);
            await FlushAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // It does not.
        }
    }

    private void Log(int bytes, IReadOnlyList<Answer> answers) => _services.Log.LogInformation(
        "{Protocol}: mail of {Bytes} bytes from {Client} for {Recipients} recipient(s): {Result}",
        _protocolName,
        bytes,
        _client,
        _recipients.Count,
        string.Join(", ", answers.Select(a => a.Result).Distinct()));

    private sealed record Recipient(string Address, GateVerdict Verdict);

    /// <param name="Reply">What is said.</param>
    /// <param name="Result">The same in one word for metrics.</param>
    private sealed record Answer(string Reply, string Result);
}
