using System.Diagnostics.Metrics;
using BounceActors.Engine.Hosting;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>The mail doors' instruments, listed in docs/operations.md.</summary>
internal sealed class SmtpMetrics
{
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _turnedAway;
    private readonly Counter<long> _recipients;
    private readonly Counter<long> _mails;
    private readonly Counter<long> _bytes;

    public SmtpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(EngineMetrics.MeterName);
        _connections = meter.CreateUpDownCounter<long>("bounceactors.smtp.connections", "{connection}", "Open connections of mail servers");
        _turnedAway = meter.CreateCounter<long>("bounceactors.smtp.connections.closed", "{connection}", "Connections this side has ended");
        _recipients = meter.CreateCounter<long>("bounceactors.smtp.recipients", "{recipient}", "Recipients (RCPT) by what became of them");
        _mails = meter.CreateCounter<long>("bounceactors.smtp.mails", "{mail}", "Mails by what their sender was told");
        _bytes = meter.CreateCounter<long>("bounceactors.smtp.received", "By", "Bytes of mails that were stored");
    }

    public void Opened(string protocol) => _connections.Add(1, Protocol(protocol));

    public void Closed(string protocol) => _connections.Add(-1, Protocol(protocol));

    public void Ended(string protocol, string reason) => _turnedAway.Add(1, Protocol(protocol), new("reason", reason));

    public void Recipient(string protocol, string result) => _recipients.Add(1, Protocol(protocol), new("result", result));

    public void Mail(string protocol, string result, long bytes)
    {
        _mails.Add(1, Protocol(protocol), new("result", result));
        _bytes.Add(bytes, Protocol(protocol));
    }

    private static KeyValuePair<string, object?> Protocol(string name) => new("protocol", name);
}
