using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using BounceActors.Sources.Mail;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>Takes connections of mail servers, so many in all and from one client, and speaks with each.</summary>
internal sealed class SmtpServer
{
    private readonly SmtpSessionServices _services;
    private readonly TlsCertificate? _certificate;
    private readonly ConcurrentDictionary<IPAddress, int> _clients = new();
    private int _open;

    public SmtpServer(SmtpOptions options, IReadOnlyList<VerpPattern> verp, StoreMail store, SmtpMetrics metrics, TimeProvider time, ILogger<SmtpServer> log)
    {
        _services = new SmtpSessionServices(
            options, new RecipientGate(options, verp, time), new MailMemory(options.MaxBufferedMegabytes * 1024L * 1024L), store, metrics, time, log);
        _certificate = options.CertificateFile is { } file ? new TlsCertificate(file, options.CertificateKeyFile, log) : null;
    }

    /// <summary>One connection, from its first byte to its last.</summary>
    public async Task ServeAsync(ConnectionContext connection, SmtpProtocol protocol)
    {
        var name = protocol.ToString().ToLowerInvariant();
        var client = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        client = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        var network = NetworkOf(client);
        var ofClient = _clients.AddOrUpdate(network, 1, (_, count) => count + 1);
        var open = Interlocked.Increment(ref _open);
        _services.Metrics.Opened(name);
        try
        {
            if (open > _services.Options.MaxConnections || ofClient > _services.Options.MaxConnectionsPerClient)
            {
                _services.Metrics.Ended(name, "connections");
                await connection.Transport.Output.WriteAsync("421 4.7.0 Too many connections, come back later\r\n"u8.ToArray(), connection.ConnectionClosed);
                return;
            }

            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
            using var deadline = new Deadline(_services.Time, connection.ConnectionClosed);
            await new SmtpSession(_services, protocol, connection.Transport, client, _certificate is null ? null : _certificate.StartAsync, deadline, stopping).RunAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Gone before it was turned away.
        }
        finally
        {
            _services.Metrics.Closed(name);
            Interlocked.Decrement(ref _open);
            Leave(network);
        }
    }

    private void Leave(IPAddress network)
    {
        while (_clients.TryGetValue(network, out var count))
        {
            if (count > 1 ? _clients.TryUpdate(network, count - 1, count) : _clients.TryRemove(KeyValuePair.Create(network, count)))
            {
                return;
            }
        }
    }

    /// <summary>One who has an IPv6 address has 2^64 of them.</summary>
    private static IPAddress NetworkOf(IPAddress client)
    {
        if (client.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return client;
        }

        var bytes = client.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
