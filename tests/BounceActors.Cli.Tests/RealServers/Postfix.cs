namespace BounceActors.Cli.Tests.RealServers;

/// <summary>Postfix.</summary>
public sealed class Postfix : MailServer
{
    public override string Name => "Postfix";

    protected override string Program => "usr/sbin/postconf";

    protected override string Users => "postfix:x:4001:4001::/:/usr/sbin/nologin\n";

    protected override string Groups => "postfix:x:4001:\npostdrop:x:4002:\n";

    protected override string Configure()
    {
        Directory.CreateDirectory(Path.Combine(Work, "queue"));
        // Backoff longer than the queue run: else a run may take a mail that is just being put back, and Postfix leaves it ("skipped, still
        // being delivered") until its next start. bounce_queue_lifetime must not be longer than maximal_queue_lifetime; its bounces are taken at once anyway.
        Write("etc/postfix/main.cf", $"""
            compatibility_level = 3.6
            queue_directory = {Work}/queue
            data_directory = {Work}/data
            maillog_file = {Work}/log
            maillog_file_prefixes = {Work}
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtp_dns_support_level = disabled
            smtp_host_lookup = native
            myhostname = mx.postfix.example
            mydestination = postfix.example
            mynetworks = 127.0.0.0/8
            relayhost = [127.0.0.1]:{RemotePort}
            transport_maps = regexp:{Work}/etc/postfix/transport
            alias_maps =
            alias_database =
            local_recipient_maps =
            maximal_queue_lifetime = {QueueLifetimeSeconds}s
            bounce_queue_lifetime = {QueueLifetimeSeconds}s
            minimal_backoff_time = 3s
            maximal_backoff_time = 3s
            queue_run_delay = 1s

            """);
        Write("etc/postfix/transport", $"/@{Home}$/ smtp:[127.0.0.1]:{HomePort}\n");
        // What `postfix start-fg` checks the installation by.
        File.Copy(Path.Combine(Servers, "etc/postfix/postfix-files"), Path.Combine(Work, "etc/postfix/postfix-files"));
        Write("etc/postfix/master.cf", $"""
            127.0.0.1:{Port} inet n - n - - smtpd
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            proxywrite unix - - n - 1 proxymap
            smtp unix - - n - - smtp
            relay unix - - n - - smtp
            showq unix n - n - - showq
            error unix - - n - - error
            retry unix - - n - - error
            local unix - n n - - local
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            postlog unix-dgram n - n - 1 postlogd

            """);
        return $"""
            mkdir {Work}/data
            chown postfix {Work}/data
            postfix start-fg

            """;
    }
}
