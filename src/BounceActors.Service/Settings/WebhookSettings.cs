using System.Net;
using System.Text;
using BounceActors.Service.Auth;
using BounceActors.Service.CampaignReports;
using BounceActors.Service.Queues;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.Generic;

namespace BounceActors.Service.Settings;

/// <summary>An account of a webhook source, ready to be used.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Name">Its name in settings; <see cref="WebhookSettings.Default"/> answers without one in the path.</param>
/// <param name="Tenant">Whose events it brings.</param>
/// <param name="Account">Secrets and options.</param>
/// <param name="SilentAfter">How long it may be silent before that is an alert; zero: for ever.</param>
/// <param name="Queue">The queue its events are fetched from; null when they are posted.</param>
/// <param name="Reports">The reports that are pulled; null when none are.</param>
internal sealed record WebhookAccountSettings(
    IWebhookSource Source, string Name, string Tenant, WebhookAccount Account, TimeSpan SilentAfter, QueueOptions? Queue = null, PullOptions? Reports = null);

/// <summary>The accounts of all webhook sources.</summary>
internal sealed class WebhookAccounts(IReadOnlyList<WebhookAccountSettings> all)
{
    public IReadOnlyList<WebhookAccountSettings> All => all;

    public WebhookAccountSettings? Find(string source, string? account) => all.FirstOrDefault(a =>
        a.Source.Name.Equals(source, StringComparison.OrdinalIgnoreCase) && a.Name.Equals(account ?? WebhookSettings.Default, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Reads <c>Sources:Webhooks:{source}:{account}:…</c> and names what is wrong. What it takes is in docs/sources/README.md.</summary>
internal static class WebhookSettings
{
    public const string Default = "default";

    private static readonly TimeSpan StandardSilence = TimeSpan.FromDays(1);

    /// <summary>Begins a secret that stands in a file.</summary>
    private const string FilePrefix = "file:";

    private static readonly string[] Known =
    [
        "Tenant", "Secrets", "Credentials", "Tokens", "Headers", "UrlSecrets", "Networks", "AllowUnauthenticated", "Url", "TopicArns", "LateAfter", "SilentAfter", "Stream",
        "Streams", "Mapping", "Queue", "Reports",
    ];

    private static readonly string[] KnownOfQueue = ["Url", "Region", "AccessKey", "SecretKey"];
    private static readonly string[] KnownOfReports = ["ApiKey", "Server", "Every", "Window"];
    private static readonly string[] KnownOfMapping = ["Events", "Fields", "Outcomes", "Categories", "Signature"];
    private static readonly string[] KnownOfSignature = ["Header", "Hash", "Encoding", "Prefix", "Signed", "TimestampHeader", "Tolerance"];

    public static WebhookAccounts Read(IConfigurationSection section, List<string> problems)
    {
        var accounts = new List<WebhookAccountSettings>();
        foreach (var source in section.GetChildren())
        {
            if (!WebhookSources.All.TryGetValue(source.Key, out var adapter))
            {
                problems.Add($"{source.Path} is no source of webhooks; {Nearest.Hint(source.Key, [.. WebhookSources.All.Keys.Order(StringComparer.Ordinal)])}");
                continue;
            }

            foreach (var account in source.GetChildren())
            {
                if (Known.Contains(account.Key, StringComparer.OrdinalIgnoreCase))
                {
                    problems.Add($"{account.Path} stands where the account's name should; write {source.Path}:{Default}:{account.Key}");
                }
                else if (!Tenants.IsName(account.Key.ToLowerInvariant()))
                {
                    problems.Add($"{account.Path}: an account's name must be 1 to 64 letters, digits, - or _");
                }
                else
                {
                    accounts.Add(Account(adapter, account, problems));
                }
            }
        }

        return new WebhookAccounts(accounts);
    }

    private static WebhookAccountSettings Account(IWebhookSource source, IConfigurationSection section, List<string> problems)
    {
        var before = problems.Count;
        Unknown(section, Known, problems);
        var tenant = section["Tenant"] ?? Tenants.Default;
        if (!Tenants.IsName(tenant))
        {
            problems.Add($"{section.Path}:Tenant is '{tenant}', but must be 1 to 64 lower-case letters, digits, - or _");
        }

        var account = new WebhookAccount
        {
            Name = section.Key.ToLowerInvariant(),
            Secrets = Secrets(section.GetSection("Secrets"), problems),
            Credentials = Secrets(section.GetSection("Credentials"), problems),
            Tokens = Secrets(section.GetSection("Tokens"), problems),
            Headers = section.GetSection("Headers").GetChildren().ToDictionary(h => h.Key, h => Secrets(h, problems), StringComparer.OrdinalIgnoreCase),
            UrlSecrets = Secrets(section.GetSection("UrlSecrets"), problems),
            Networks = Texts(section.GetSection("Networks")),
            AllowUnauthenticated = Flag(section, "AllowUnauthenticated", problems),
            Url = section["Url"],
            TopicArns = Texts(section.GetSection("TopicArns")),
            LateAfter = Time(section, "LateAfter", problems) ?? new WebhookAccount().LateAfter,
            Stream = section["Stream"],
            Streams = Table(section.GetSection("Streams")),
            Mapping = Mapping(section.GetSection("Mapping"), problems),
        };
        var queue = Queue(source, section.GetSection("Queue"), problems);
        var reports = Reports(source, section.GetSection("Reports"), problems);
        Check(source, account, queue, section.Path, problems);
        if (problems.Count == before && queue is null && reports is null && IsUnproved(source, account))
        {
            problems.Add($"{section.Path} has nothing to prove its sender by, so everything would be refused: {Proof(source)} (docs/sources/{source.Name}.md)");
        }

        return new WebhookAccountSettings(source, account.Name, tenant, account, Time(section, "SilentAfter", problems) ?? StandardSilence, queue, reports);
    }

    /// <summary>Who may put something into a queue is decided by its access policy: it needs no other proof.</summary>
    private static QueueOptions? Queue(IWebhookSource source, IConfigurationSection section, List<string> problems)
    {
        if (!section.Exists())
        {
            return null;
        }

        Unknown(section, KnownOfQueue, problems);
        if (source.Name != "ses")
        {
            problems.Add($"{section.Path} is for the source ses only");
            return null;
        }

        if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) || !(url.Scheme == Uri.UriSchemeHttps || (url.IsLoopback && url.Scheme == Uri.UriSchemeHttp)))
        {
            problems.Add($"{section.Path}:Url must be the https URL of the queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/bounces");
            return null;
        }

        var region = section["Region"] ?? QueueOptions.RegionOf(url);
        if (string.IsNullOrEmpty(region))
        {
            problems.Add($"{section.Path}:Region is missing, and the URL of the queue does not name it");
            return null;
        }

        var accessKey = Secrets(section.GetSection("AccessKey"), problems);
        var secretKey = Secrets(section.GetSection("SecretKey"), problems);
        if (accessKey.Count != secretKey.Count)
        {
            problems.Add($"{section.Path} must have both AccessKey and SecretKey, or neither: then they are looked for where AWS tools do");
        }

        return new QueueOptions(url, region, accessKey.FirstOrDefault(), secretKey.FirstOrDefault());
    }

    /// <summary>What is pulled with a key of one's own needs no other proof.</summary>
    private static PullOptions? Reports(IWebhookSource source, IConfigurationSection section, List<string> problems)
    {
        if (!section.Exists())
        {
            return null;
        }

        Unknown(section, KnownOfReports, problems);
        if (source.Name != "mailchimp")
        {
            problems.Add($"{section.Path} is for the source mailchimp only");
            return null;
        }

        if (Secrets(section.GetSection("ApiKey"), problems) is not [var key])
        {
            problems.Add($"{section.Path}:ApiKey must be the key of the Marketing API, or file: and the path of a file that holds it");
            return null;
        }

        var server = section["Server"] is not { } address ? PullOptions.ServerOf(key)
            : Uri.TryCreate(address, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.IsLoopback && url.Scheme == Uri.UriSchemeHttp)) ? url
            : null;
        if (server is null)
        {
            problems.Add($"{section.Path}:Server must be the https URL of the API, such as https://us19.api.mailchimp.com; without it, the key must end with its data centre, such as -us19");
            return null;
        }

        var (every, window) = (Time(section, "Every", problems) ?? PullOptions.UsualEvery, Time(section, "Window", problems) ?? PullOptions.UsualWindow);
        if (every < TimeSpan.FromSeconds(1) || window < every)
        {
            problems.Add($"{section.Path}:Every must be a second or longer, and Window at least as long as it");
        }

        return new PullOptions(server, key, every, window);
    }

    private static void Check(IWebhookSource source, WebhookAccount account, QueueOptions? queue, string path, List<string> problems)
    {
        problems.AddRange(account.Credentials.Where(c => !c.Contains(':', StringComparison.Ordinal)).Select(_ => $"{path}:Credentials must be user:password"));
        problems.AddRange(account.Networks.Where(n => !IPNetwork.TryParse(n, out _) && !IPAddress.TryParse(n, out _))
            .Select(n => $"{path}:Networks has '{n}', but must be networks such as 203.0.113.0/24"));
        problems.AddRange(account.TopicArns.Where(t => !t.StartsWith("arn:", StringComparison.Ordinal))
            .Select(t => $"{path}:TopicArns has '{t}', but must be topics such as arn:aws:sns:eu-west-1:123456789012:bounces"));
        if (account.Url is { } url && (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")))
        {
            // Not shown: it may hold credentials.
            problems.Add($"{path}:Url must be the URL as registered at the sender, such as https://bounce.example.net/v1/webhooks/{source.Name}");
        }

        if (source.Name == "ses" && account.TopicArns.Count == 0 && queue is null && !account.AllowUnauthenticated)
        {
            problems.Add($"{path}:TopicArns is empty, but must name the topics that may send: a valid signature alone proves nothing, because AWS signs anybody's topic");
        }

        if (source.Name == "generic" && account.Mapping is null)
        {
            problems.Add($"{path}:Mapping is missing: it says where things are in the sender's JSON");
        }
        else if (source.Name != "generic" && account.Mapping is not null)
        {
            problems.Add($"{path}:Mapping is for the source generic only");
        }

        problems.AddRange(account.Mapping?.Problems().Select(p => $"{path}:Mapping:{p}") ?? []);
    }

    /// <summary>Asks the source itself, with a request that gives every proof but a signature.</summary>
    private static bool IsUnproved(IWebhookSource source, WebhookAccount account)
    {
        var headers = account.Headers.Where(h => h.Value.Count > 0).ToDictionary(h => h.Key, h => h.Value[0], StringComparer.OrdinalIgnoreCase);
        if (account.Credentials.Count > 0)
        {
            headers["Authorization"] = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(account.Credentials[0]))}";
        }
        else if (account.Tokens.Count > 0)
        {
            headers["Authorization"] = $"Bearer {account.Tokens[0]}";
        }

        var secret = account.UrlSecrets.Count > 0 ? $"?secret={WebUtility.UrlEncode(account.UrlSecrets[0])}" : "";
        var network = account.Networks.Count == 0 ? null : IPNetwork.TryParse(account.Networks[0], out var known) ? known.BaseAddress.ToString() : account.Networks[0];
        var request = new WebhookRequest("POST", new Uri($"https://localhost/{secret}"), headers, "{}"u8.ToArray(), DateTimeOffset.UnixEpoch, network);
        return source.Authenticate(request, account) is WebhookAuthenticity.Rejected { Reason: RejectionReasons.NotConfigured };
    }

    private static string Proof(IWebhookSource source) => source.Name switch
    {
        "postmark" or "sparkpost" or "mailjet" or "brevo" or "kumomta" => "set Credentials, Tokens or Headers",
        "mailchimp" => "set UrlSecrets, or Reports:ApiKey",
        "generic" => "set Mapping:Signature and Secrets, or Credentials, Tokens, Headers or UrlSecrets",
        _ => "set Secrets, the signing keys as the sender shows them",
    };

    private static JsonMapping? Mapping(IConfigurationSection section, List<string> problems)
    {
        if (!section.Exists())
        {
            return null;
        }

        Unknown(section, KnownOfMapping, problems);
        var signature = section.GetSection("Signature");
        Unknown(signature, KnownOfSignature, problems);
        var standard = new SignatureScheme();
        return new JsonMapping
        {
            Events = section["Events"] ?? "$",
            Fields = Table(section.GetSection("Fields")),
            Outcomes = Table(section.GetSection("Outcomes")),
            Categories = Table(section.GetSection("Categories")),
            Signature = !signature.Exists() ? null : new SignatureScheme
            {
                Header = signature["Header"] ?? standard.Header,
                Hash = signature["Hash"] ?? standard.Hash,
                Encoding = signature["Encoding"] ?? standard.Encoding,
                Prefix = signature["Prefix"] ?? standard.Prefix,
                Signed = signature["Signed"] ?? standard.Signed,
                TimestampHeader = signature["TimestampHeader"],
                Tolerance = Time(signature, "Tolerance", problems),
            },
        };
    }

    private static void Unknown(IConfigurationSection section, string[] known, List<string> problems) => problems.AddRange(section.GetChildren()
        .Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase))
        .Select(c => $"{c.Path} is no setting; {Nearest.Hint(c.Key, known)}"));

    private static bool Flag(IConfigurationSection section, string name, List<string> problems)
    {
        if (section[name] is { Length: > 0 } text && !bool.TryParse(text, out _))
        {
            problems.Add($"{section.Path}:{name} is '{text}', but must be true or false");
        }

        return bool.TryParse(section[name], out var flag) && flag;
    }

    private static TimeSpan? Time(IConfigurationSection section, string name, List<string> problems)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return null;
        }

        if (TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero)
        {
            return time;
        }

        problems.Add($"{section.Path}:{name} is '{text}', but must be a time such as 00:15:00");
        return null;
    }

    private static Dictionary<string, string> Table(IConfigurationSection section) =>
        section.GetChildren().Where(c => c.Value is not null).ToDictionary(c => c.Key, c => c.Value!, StringComparer.OrdinalIgnoreCase);

    private static string[] Texts(IConfigurationSection list) => list.Value is { } one ? [one] : [.. list.GetChildren().Select(c => c.Value).OfType<string>()];

    /// <summary>A list of secrets; each may be the path of a file that holds it. What is wrong is said without showing any.</summary>
    private static IReadOnlyList<string> Secrets(IConfigurationSection list, List<string> problems)
    {
        var secrets = new List<string>();
        foreach (var text in Texts(list))
        {
            var secret = text;
            if (text.StartsWith(FilePrefix, StringComparison.Ordinal))
            {
                try
                {
                    secret = File.ReadAllText(text[FilePrefix.Length..]).Trim();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
                {
                    problems.Add($"{list.Path} names the file {text[FilePrefix.Length..]}, which cannot be read: {e.Message}");
                    continue;
                }
            }

            if (secret.Length == 0)
            {
                problems.Add($"{list.Path} holds an empty secret");
                continue;
            }

            secrets.Add(secret);
        }

        return secrets;
    }
}
