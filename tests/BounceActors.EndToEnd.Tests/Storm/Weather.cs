using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Sources.Webhooks;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.Configuration;

namespace BounceActors.EndToEnd.Tests.Storm;

/// <summary>Settings with an account of every source, and the senders of all of them.</summary>
internal sealed class Weather : IDisposable
{
    private readonly WebhookSender _sender = new(TimeProvider.System.GetUtcNow());
    private readonly WebhookAccounts _accounts;

    public Weather(string directory)
    {
        LogPath = Path.Combine(directory, "mail.log");
        Settings =
        [
            .. new (string Key, string Value)[]
            {
                ("sendgrid:default:Secrets:0", _sender.EllipticKey), ("postmark:default:Credentials:0", "hook:pm-password"), ("mandrill:default:Secrets:0", "mandrill-key"),
                ("mandrill:default:Url", "https://bounce.example.net/v1/webhooks/mandrill"), ("mailchimp:default:UrlSecrets:0", "mc-secret"), ("mailgun:default:Secrets:0", "mailgun-key"),
                ("sparkpost:default:Tokens:0", "sparkpost-token"), ("mailjet:default:Credentials:0", "hook:mj-password"), ("brevo:default:Tokens:0", "brevo-token"),
                ("resend:default:Secrets:0", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), ("kumomta:default:Tokens:0", "kumo-token"), ("postal:default:Secrets:0", _sender.RsaKey),
                ("mailersend:default:Secrets:0", "mailersend-key"), ("mailtrap:default:Secrets:0", "mailtrap-key"), ("generic:default:Secrets:0", "generic-key"),
                ("generic:default:Mapping:Events", "$.items[*]"), ("generic:default:Mapping:Signature:Header", "X-Signature"), ("generic:default:Mapping:Fields:recipient", "$.rcpt"),
                ("generic:default:Mapping:Fields:event", "$.kind"), ("generic:default:Mapping:Fields:diagnostic", "$.text"), ("generic:default:Mapping:Fields:messageId", "$.mid"),
                ("generic:default:Mapping:Fields:occurredAt", "$.at"), ("generic:default:Mapping:Outcomes:dead", "bounce"),
            }.Select(s => $"--Sources:Webhooks:{s.Key}={s.Value}"),
            $"--Sources:Webhooks:ses:orders:Queue:Url={Queue.Url}", "--Sources:Webhooks:ses:orders:Queue:Region=eu-west-1", "--Sources:Webhooks:ses:orders:Queue:AccessKey=key", "--Sources:Webhooks:ses:orders:Queue:SecretKey=secret",
            "--Sources:Verp:0:Pattern=b+{local}={domain}@bounces.storm.example", $"--Sources:Smtp:Port={SmtpPort}", $"--Sources:Smtp:LmtpPort={LmtpPort}",
            $"--Sources:Logs:mx1:Path={LogPath}", "--Sources:Logs:mx1:Format=postfix", "--Sources:Logs:mx1:TimeZone=UTC", "--Sources:Logs:mx1:PollMilliseconds=200",
        ];
        _accounts = AllSettings.Read(new ConfigurationBuilder().AddCommandLine([.. Settings]).Build()).Webhooks;
    }

    public IReadOnlyList<string> Settings { get; }

    public int SmtpPort { get; } = ServiceProcess.FreePort();

    public int LmtpPort { get; } = ServiceProcess.FreePort();

    public string LogPath { get; }

    public IEnumerable<string> Webhooks => _accounts.All.Where(a => a.Queue is null).Select(a => a.Source.Name);

    /// <summary>The queue Amazon SES writes to.</summary>
    public FakeSqs Queue { get; } = new();

    /// <summary>The event as its source sends it now.</summary>
    public WebhookRequest Request(StormEvent e)
    {
        var account = _accounts.Find(e.Source, null)!;
        var (contentType, body) = SelfTest.Sample(account, e.Recipient, e.Message, e.At)!.Value;
        return Signed(e.Source, contentType, body);
    }

    /// <summary>The event as SES writes it into the queue.</summary>
    public string Document(StormEvent e) => SelfTest.Sample(_accounts.Find("ses", "orders")!, e.Recipient, e.Message, e.At)!.Value.Body;

    /// <summary>Rightly signed, whatever it says.</summary>
    public WebhookRequest Signed(string source, string contentType, string body) =>
        _sender.Sign(source, _accounts.Find(source, null)!.Account, new Uri($"http://127.0.0.1/v1/webhooks/{source}"), contentType, body, TimeProvider.System.GetUtcNow());

    public void Dispose()
    {
        _sender.Dispose();
        Queue.Dispose();
    }
}
