namespace BounceActors.Cli.Tests.RealServers;

/// <summary>Exim.</summary>
public sealed class Exim : MailServer
{
    public override string Name => "Exim";

    protected override string Program => "usr/sbin/exim4";

    protected override string LogName => "log/mainlog";

    protected override string Users => "Debian-exim:x:4003:4003::/:/usr/sbin/nologin\n";

    protected override string Groups => "Debian-exim:x:4003:\n";

    protected override string Configure()
    {
        Write("etc/exim4/exim4.conf", $"""
            primary_hostname = mx.exim.example
            spool_directory = {Work}/spool
            log_file_path = {Work}/log/%slog
            pid_file_path = {Work}/exim.pid
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = {Port}
            tls_advertise_hosts =
            keep_environment =
            acl_smtp_rcpt = accept
            acl_smtp_data = accept

            begin routers
            unknown_local:
              driver = redirect
              domains = exim.example
              local_parts = !over-quota
              allow_fail
              data = :fail: Unknown user
            over_quota:
              driver = accept
              domains = exim.example
              transport = small_mailbox
            home:
              driver = manualroute
              domains = {Home}
              route_list = * 127.0.0.1
              self = send
              transport = home
            remote:
              driver = manualroute
              route_list = * 127.0.0.1
              self = send
              transport = remote

            begin transports
            home:
              driver = smtp
              port = {HomePort}
            remote:
              driver = smtp
              port = {RemotePort}
            small_mailbox:
              driver = appendfile
              file = {Work}/spool/mailbox
              user = Debian-exim
              quota = 10

            begin retry
            * quota
            * * F,{QueueLifetimeSeconds}s,1s

            """);
        return $"""
            mkdir {Work}/spool {Work}/log
            chown Debian-exim:Debian-exim {Work}/spool {Work}/log
            exim4 -bdf -q1s

            """;
    }
}
