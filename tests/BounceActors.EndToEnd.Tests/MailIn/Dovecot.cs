using System.Globalization;

namespace BounceActors.EndToEnd.Tests.MailIn;

/// <summary>Dovecot with IMAP and POP3; mails are put into its maildirs as a delivery agent does.</summary>
public sealed class Dovecot : RealServer
{
    public const string Password = "correct_horse";
    private int _mails;

    public int ImapPort { get; } = FreePort();

    public int Pop3Port { get; } = FreePort();

    protected override int Port => ImapPort;

    protected override (string Users, string Groups) Accounts => (
        "dovecot:x:4011:4011::/:/usr/sbin/nologin\ndovenull:x:4012:4012::/:/usr/sbin/nologin\nvmail:x:4013:4013::/:/usr/sbin/nologin\n",
        "dovecot:x:4011:\ndovenull:x:4012:\nvmail:x:4013:\n");

    /// <summary>Puts a mail into a mailbox.</summary>
    public void Deliver(string user, string mail)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.M{++_mails:000000}.test");
        var temporary = Path.Combine(Work, "mail", user, "tmp", name);
        File.WriteAllText(temporary, mail);
        File.Move(temporary, Path.Combine(Work, "mail", user, "new", name));
    }

    /// <summary>How many mails lie in a folder; the inbox is the folder without a name.</summary>
    public int Count(string user, string folder = "") => ((string[])["new", "cur"])
        .Select(part => new DirectoryInfo(Path.Combine(Work, "mail", user, folder, part)))
        .Sum(d => d.Exists ? d.EnumerateFiles().Count() : 0);

    protected override string Configure()
    {
        Write("dovecot.conf", $$"""
            protocols = imap pop3
            base_dir = {{Work}}/run
            state_dir = {{Work}}/state
            log_path = {{Work}}/log
            listen = 127.0.0.1
            ssl = no
            disable_plaintext_auth = no
            mail_location = maildir:{{Work}}/mail/%u
            maildir_very_dirty_syncs = no
            first_valid_uid = 1
            passdb {
              driver = static
              args = password={{Password}}
            }
            userdb {
              driver = static
              args = uid=vmail gid=vmail home={{Work}}/home/%u
            }
            namespace inbox {
              inbox = yes
            }
            service imap-login {
              inet_listener imap {
                port = {{ImapPort}}
              }
              inet_listener imaps {
                port = 0
              }
            }
            service pop3-login {
              inet_listener pop3 {
                port = {{Pop3Port}}
              }
              inet_listener pop3s {
                port = 0
              }
            }

            """);
        return $"""
            for user in anna bert; do mkdir -p {Work}/mail/$user/new {Work}/mail/$user/cur {Work}/mail/$user/tmp {Work}/home/$user; done
            mkdir -p {Work}/mail/anna/.Junk/new {Work}/mail/anna/.Junk/cur {Work}/mail/anna/.Junk/tmp
            chown -R vmail:vmail {Work}/mail {Work}/home
            # Process ids begin anew in every namespace: the one in this file may be another's now.
            rm -f {Work}/run/master.pid
            dovecot -F -c {Work}/dovecot.conf

            """;
    }
}
