using System.Net.Mail;

namespace BounceActors.EndToEnd.Tests.MailIn;

/// <summary>Postfix that can deliver nothing to remote.example, and sends its bounces to the service.</summary>
/// <param name="transport">How it reaches the service: <c>smtp:[127.0.0.1]:25</c>, <c>lmtp:inet:127.0.0.1:24</c>.</param>
public sealed class Postfix(string transport) : RealServer
{
    protected override int Port { get; } = FreePort();

    protected override (string Users, string Groups) Accounts =>
        ("postfix:x:4001:4001::/:/usr/sbin/nologin\n", "postfix:x:4001:\npostdrop:x:4002:\n");

    /// <summary>Sends a mail that will bounce.</summary>
    public async Task SendAsync(string returnPath, string recipient)
    {
        using var mail = new MailMessage(returnPath, recipient, "Your order", "It is on its way.");
        using var client = new SmtpClient("127.0.0.1", Port);
        await client.SendMailAsync(mail);
    }

    protected override string Configure()
    {
        Directory.CreateDirectory(Path.Combine(Work, "queue"));
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
            transport_maps = regexp:{Work}/etc/postfix/transport
            alias_maps =
            alias_database =
            local_recipient_maps =
            smtpd_reject_unlisted_recipient = no
            minimal_backoff_time = 1s
            maximal_backoff_time = 2s
            queue_run_delay = 1s
            default_destination_concurrency_failed_cohort_limit = 0
            smtp_destination_concurrency_failed_cohort_limit = 0
            lmtp_destination_concurrency_failed_cohort_limit = 0

            """);
        Write("etc/postfix/transport", $"/@remote.example$/ error:5.1.1 No such user here\n/@bounces.sender.example$/ {transport}\n");
        if (!File.Exists(Path.Combine(Work, "etc/postfix/postfix-files")))
        {
            File.Copy(Path.Combine(Servers, "etc/postfix/postfix-files"), Path.Combine(Work, "etc/postfix/postfix-files"));
        }

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
            lmtp unix - - n - - lmtp
            relay unix - - n - - smtp
            showq unix n - n - - showq
            error unix - - n - - error
            retry unix - - n - - error
            local unix - n n - - local
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            postlog unix-dgram n - n - 1 postlogd

            """);
        // As an init system would: after a SIGKILL the first start may only repair the queue ("integrity check failed")
        return $"""
            mkdir -p {Work}/data
            chown postfix {Work}/data
            until postfix start-fg; do sleep 1; done

            """;
    }
}
