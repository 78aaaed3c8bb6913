namespace BounceActors.Cli.Tests.RealServers;

/// <summary>OpenSMTPD.</summary>
public sealed class OpenSmtpd : MailServer
{
    public override string Name => "OpenSMTPD";

    protected override string Program => "usr/sbin/smtpd";

    protected override string Users =>
        "opensmtpd:x:4004:4004::/var/lib/opensmtpd/empty:/usr/sbin/nologin\nopensmtpq:x:4005:4005::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n";

    protected override string Groups => "opensmtpd:x:4004:\nopensmtpq:x:4005:\n";

    protected override string Configure()
    {
        Write("smtpd.conf", $"""
            listen on 127.0.0.1 port {Port} hostname mx.opensmtpd.example
            queue ttl {QueueLifetimeSeconds}s
            action "remote" relay host smtp://127.0.0.1:{RemotePort}
            action "home" relay host smtp://127.0.0.1:{HomePort}
            match from any for domain "{Home}" action "home"
            match from any for any action "remote"

            """);
        return $"""
            mkdir -p /var/spool/smtpd /var/lib/opensmtpd/empty
            chmod 711 /var/spool/smtpd
            smtpd -d -f {Work}/smtpd.conf

            """;
    }
}
