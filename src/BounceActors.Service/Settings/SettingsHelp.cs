using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using BounceActors.Service.MailIn.Mailboxes;

namespace BounceActors.Service.Settings;

/// <summary>What every setting is for: shown by <c>--help</c>, and by docs/configuration.md.</summary>
internal static class SettingsHelp
{
    private static readonly Dictionary<string, string> Meanings = new()
    {
        ["Service:BindAddress"] = "IP address both ports listen on; other than loopback only with keys",
        ["Service:HttpPort"] = "HTTP port; 0 takes any free one",
        ["Service:GrpcPort"] = "gRPC port (HTTP/2 without TLS); 0 takes any free one",
        ["Service:MaxBodyBytes"] = "largest request body, in bytes; larger ones are refused with 413",
        ["Service:MaxItems"] = "most reports, or most mails of an mbox, in one request; more are refused with 413",
        ["Service:MaxCheckAddresses"] = "most addresses of one suppression check",
        ["Service:MaxConsistentCheckAddresses"] = "most addresses of one suppression check with consistent=true",
        ["Service:MaxConcurrentRequests"] = "requests to /v1 and /admin worked on at the same time",
        ["Service:MaxQueuedRequests"] = "requests waiting for their turn; more are refused with 429",
        ["Service:ItemParallelism"] = "reports of one request or stream decided at the same time",
        ["Service:ClockSkewSeconds"] = "how far a report's time may lie in the future",
        ["Service:ShutdownSeconds"] = "time a shutdown may take: requests first, then actors",
        ["Service:DrainSeconds"] = "after SIGTERM, how long requests are still answered while /healthz/ready fails and connections are closed one by one",
        ["Service:ReadyLagSeconds"] = "lag of the projections from which the service is not ready",
        ["Service:LogLevel"] = "least level of what is logged",
        ["Service:TrustedProxies"] = "addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; without any, a sender's address is that of the connection",
        ["Storage:Provider"] = "where data is kept",
        ["Storage:DataDirectory"] = "directory of the SQLite files",
        ["Storage:ConnectionString"] = "Npgsql connection string; required for postgres",
        ["Storage:KeySecret"] = "secret of the recipient keys, base64 of at least 32 bytes; made and kept in the database when not set; can never be changed",
        ["Storage:SqliteSynchronous"] = "when SQLite waits for the disk: normal survives a crash of the process, full a power cut too",
        ["Storage:Journal"] = "how events are written and read: those of many recipients in one statement, or as Akka.Persistence.Sql comes; on the same tables, so it can be changed at any start",
        ["Policy:Profile"] = "set of rules by which reports count",
        ["Policy:HardThreshold"] = "consecutive hard or block bounces from which a recipient is hard suppressed",
        ["Policy:SoftThreshold"] = "bounces from which a recipient is soft suppressed",
        ["Policy:ReputationThreshold"] = "recipient score under which a recipient is reputation suppressed",
        ["Policy:RecentDays"] = "days after a bounce during which a recipient is temporarily suppressed",
        ["Policy:ResetConsecutiveOnSoft"] = "whether a soft bounce ends a row of consecutive bounces",
        ["Policy:CountSenderFaultBlocks"] = "whether bounces that are the sender's fault count against the recipient",
        ["Policy:CountUncertain"] = "whether uncertain verdicts count as a soft bounce",
        ["Policy:MinStrikeSpacing"] = "bounces closer than this to the one before count once; 00:00:00 counts every one",
        ["Policy:SoftWindow"] = "only bounces within this time count for soft suppression; empty counts all",
        ["Policy:OutOfBandContradictsDelivery"] = "whether a delivery loses its effect when the same message bounces after all",
        ["Retry:Policy"] = "when a message is tried again",
        ["Retry:MaxAttempts"] = "most retries of a message",
        ["Retry:MaxDelaySeconds"] = "longest wait before a retry",
        ["Retry:PollMilliseconds"] = "how often the scheduler looks for due retries",
        ["Classification:RulesDirectory"] = "directory of rule files that replace or add to those that come with the product",
        ["Classification:ReloadSeconds"] = "how often that directory is looked at for changes",
        ["Auth:Keys"] = "API keys: a list of Name, Hash, Scopes (ingest, read, admin) and Tenant (* for all); see hash-key",
        ["Cluster:HostName"] = "name or address the other nodes reach this one by; * for this machine's own name",
        ["Cluster:Port"] = "remoting port; 0 takes any free one",
        ["Cluster:SeedNodes"] = "seed nodes as host:port, the same list on every node; empty makes this node a cluster of its own",
        ["Cluster:Roles"] = "what this node does: ingest (takes in reports), engine (holds recipients, does the kept-alive work)",
        ["Cluster:TlsCertificateFile"] = "certificate (PEM) this node shows the others; with it nodes talk over mutual TLS only",
        ["Cluster:TlsKeyFile"] = "its private key (PEM)",
        ["Cluster:TlsAuthorityFile"] = "the cluster's own authority (PEM): whoever holds a certificate of it is a node",
        ["Cluster:PassivateAfter"] = "idle recipients and senders leave memory after this time",
        ["Cluster:MaxInFlight"] = "commands in flight at once on this node",
        ["Inbox:RetentionDays"] = "days raw payloads are kept; those not decided yet are kept longer",
        ["Inbox:Workers"] = "payloads worked on at the same time on this node",
        ["Inbox:QueuePerSource"] = "payloads of one source and tenant in memory, to be stored or worked on; what is stored beyond waits in the database",
        ["Inbox:MemoryMegabytes"] = "most memory for waiting payloads, half to be stored, half to be worked on; one source gets half of either",
        ["Inbox:MaxBacklog"] = "payloads of one source and tenant waiting in the database, from which on that source is refused",
        ["Inbox:LeaseSeconds"] = "time after which another node takes the payloads of one that died",
        ["Inbox:SweepMilliseconds"] = "how often payloads nobody works on are looked for",
        ["Sources:Smtp:Port"] = "port for SMTP; none keeps it closed, 0 takes any free one",
        ["Sources:Smtp:LmtpPort"] = "port for LMTP; none keeps it closed, 0 takes any free one",
        ["Sources:Smtp:BindAddress"] = "IP address both mail ports listen on",
        ["Sources:Smtp:HostName"] = "name in the greeting; the machine's when not set",
        ["Sources:Smtp:Tenant"] = "tenant the mail belongs to",
        ["Sources:Smtp:Domains"] = "bounce domains, every local part of which is taken",
        ["Sources:Smtp:FeedbackAddresses"] = "addresses or whole domains that take mail from anybody: feedback reports have a sender",
        ["Sources:Smtp:NullSenderOnly"] = "whether bounce domains and VERP addresses take mail from the null sender only",
        ["Sources:Smtp:Backscatter"] = "what becomes of mail to an address with a wrong, old or missing signature where return paths are signed",
        ["Sources:Smtp:CertificateFile"] = "PEM file with certificate and chain, for STARTTLS; read again when it changes",
        ["Sources:Smtp:CertificateKeyFile"] = "PEM file with the key; the certificate's file when not set",
        ["Sources:Smtp:RequireTls"] = "whether mail is taken over TLS only",
        ["Sources:Smtp:MaxMessageBytes"] = "largest mail, in bytes; larger ones are refused with 552",
        ["Sources:Smtp:MaxBufferedMegabytes"] = "memory for mails on their way in, all connections together; beyond it 452",
        ["Sources:Smtp:MaxRecipients"] = "most recipients of one mail; beyond them 452",
        ["Sources:Smtp:MaxConnections"] = "most connections; beyond them 421",
        ["Sources:Smtp:MaxConnectionsPerClient"] = "most connections of one IPv4 address or IPv6 /64; beyond them 421",
        ["Sources:Smtp:MaxMailsPerConnection"] = "most mails on one connection; beyond them 452",
        ["Sources:Smtp:MaxErrors"] = "wrong commands and refused recipients after which a connection is closed with 421",
        ["Sources:Smtp:CommandSeconds"] = "time for one command",
        ["Sources:Smtp:TransferSeconds"] = "time for the text of one mail, or one chunk",
        ["Sources:Mailboxes:NAME:Protocol"] = "how the mailbox NAME is reached",
        ["Sources:Mailboxes:NAME:Host"] = "its server",
        ["Sources:Mailboxes:NAME:Port"] = "its port; the protocol's own when not set",
        ["Sources:Mailboxes:NAME:Tls"] = "how the connection is protected; none on this machine only",
        ["Sources:Mailboxes:NAME:User"] = "name to log in with",
        ["Sources:Mailboxes:NAME:Password"] = "password; better in a file",
        ["Sources:Mailboxes:NAME:PasswordFile"] = "file with the password",
        ["Sources:Mailboxes:NAME:AccessTokenFile"] = "file with an OAuth2 access token that somebody else keeps fresh",
        ["Sources:Mailboxes:NAME:TokenEndpoint"] = "https address where OAuth2 access tokens are asked for",
        ["Sources:Mailboxes:NAME:ClientId"] = "OAuth2 client",
        ["Sources:Mailboxes:NAME:ClientSecretFile"] = "file with the client's secret",
        ["Sources:Mailboxes:NAME:RefreshTokenFile"] = "file with a refresh token; without it the grant is client_credentials",
        ["Sources:Mailboxes:NAME:Scope"] = "OAuth2 scope",
        ["Sources:Mailboxes:NAME:Tenant"] = "tenant the mail belongs to",
        ["Sources:Mailboxes:NAME:Folders"] = "IMAP folders to watch; INBOX when not set",
        ["Sources:Mailboxes:NAME:MoveTo"] = "IMAP folder mails go to when they are durable here; flagged $BounceActorsTaken when not set",
        ["Sources:Mailboxes:NAME:DeleteTaken"] = "POP3 only: whether mails are deleted when they are durable here",
        ["Sources:Mailboxes:NAME:PollSeconds"] = "how often it is looked at; with IMAP IDLE also at once",
        ["Sources:Mailboxes:NAME:MaxMessageBytes"] = "most bytes taken of one mail",
        ["Index:CountDeliveries"] = "whether deliveries and engagement of recipients without a history are only counted",
        ["Index:DeliveryMemoryDays"] = "days deliveries are remembered, to know them again and to tell a recipient that bounces later",
        ["Index:PollMilliseconds"] = "how often a node looks for recipients that changed; a suppression check is at most this and the projections' lag behind",
    };

    /// <summary>Every setting with its meaning, allowed values and default.</summary>
    public static IEnumerable<(string Key, string Meaning, string Default)> All()
    {
        foreach (var (name, options) in new AllSettings().Sections.Append(("Sources:Mailboxes:NAME", new MailboxOptions())))
        {
            foreach (var property in AllSettings.PropertiesOf(options.GetType()))
            {
                var key = $"{name}:{property.Name}";
                yield return (key, Meanings.GetValueOrDefault(key, "") + Allowed(property), Text(property.GetValue(options)));
            }
        }
    }

    public static string Usage()
    {
        var text = new StringBuilder(
            """
            BounceActors: takes in bounces, complaints and deliveries, decides what follows, and remembers it per recipient.

            Usage:
              BounceActors.Service [--Section:Setting=value …]   run the service
              BounceActors.Service hash-key [NAME]               make an API key and the setting that lets it in
              BounceActors.Service healthcheck [URL]             exit code 0 when the service here (or at URL) is ready
              BounceActors.Service rebuild-projections           have the read tables written anew from the journal at the next start
              BounceActors.Service --help                        this text

            Settings come from appsettings.json in the current directory, from files named Section__Setting in /run/secrets (another
            directory: BOUNCEACTORS_SECRETS), from the environment (Section__Setting) and from the command line, later ones winning. Unknown or wrong settings stop the start with exit code 78 and a message that names them.


            """);
        foreach (var section in All().GroupBy(s => s.Key.Split(':')[0]))
        {
            text.AppendLine(section.Key);
            foreach (var (key, meaning, standard) in section)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {key} [{standard}]").AppendLine(CultureInfo.InvariantCulture, $"      {meaning}");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Allowed(PropertyInfo property)
    {
        if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { IsEnum: true } values)
        {
            return $": {string.Join(" | ", AllSettings.ValuesOf(values))}";
        }

        return property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? $": {string.Join(" | ", allowed.Values)}"
            : property.GetCustomAttribute<RangeAttribute>() is { } range ? string.Create(CultureInfo.InvariantCulture, $" ({range.Minimum} to {range.Maximum})")
            : "";
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        string text => text,
        IEnumerable<string> texts when texts.Any() => string.Join(',', texts),
        IEnumerable => "none",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
