using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Reflection;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.LogsIn;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Mailboxes;
using BounceActors.Service.MailIn.Smtp;
using BounceActors.Sources.Mail;

namespace BounceActors.Service.Settings;

/// <summary>Everything the process is told from outside, read and checked once at start.</summary>
internal sealed class AllSettings
{
    private const string Sources = "Sources";

    public ServiceOptions Service { get; } = new();

    public StorageOptions Storage { get; } = new();

    public PolicyOptions Policy { get; } = new();

    public RetryOptions Retry { get; } = new();

    public ClassificationOptions Classification { get; } = new();

    public AuthOptions Auth { get; } = new();

    public NodeOptions Cluster { get; } = new();

    public InboxOptions Inbox { get; } = new();

    /// <summary>The logs to follow (<c>Sources:Logs</c>).</summary>
    public IReadOnlyList<LogFollowerOptions> Logs { get; private set; } = [];

    /// <summary>The accounts of <c>Sources:Webhooks</c>.</summary>
    public WebhookAccounts Webhooks { get; private set; } = new([]);

    public SmtpOptions Smtp { get; } = new();

    /// <summary>How our return paths are written, for all mail that is read (<c>Sources:Verp</c>).</summary>
    public IReadOnlyList<VerpPattern> VerpPatterns { get; private set; } = [];

    /// <summary>Mailboxes that are watched, by name (<c>Sources:Mailboxes</c>).</summary>
    public IReadOnlyDictionary<string, MailboxOptions> Mailboxes { get; private set; } = new Dictionary<string, MailboxOptions>();

    public IndexOptions Index { get; } = new();

    /// <summary>The sections, by name.</summary>
    public IEnumerable<(string Name, object Options)> Sections =>
    [
        (nameof(Service), Service), (nameof(Storage), Storage), (nameof(Policy), Policy), (nameof(Retry), Retry),
        (nameof(Classification), Classification), (nameof(Auth), Auth), (nameof(Cluster), Cluster), (nameof(Inbox), Inbox),
        ("Sources:Smtp", Smtp),
        (nameof(Index), Index),
    ];

    /// <summary>Whether the service asks for keys.</summary>
    public bool NeedsKeys => Auth.Keys.Count > 0;

    public EngineOptions Engine => new() { Storage = Storage, Policy = Policy, Retry = Retry, Cluster = Cluster, Inbox = Inbox, Index = Index };

    /// <summary>Reads the settings. Throws <see cref="SettingsException"/> that names every wrong one.</summary>
    public static AllSettings Read(IConfiguration configuration)
    {
        var settings = new AllSettings();
        var problems = new List<string>();
        foreach (var (name, options) in settings.Sections)
        {
            var section = configuration.GetSection(name);
            if (options is AuthOptions auth)
            {
                auth.Keys = ReadKeys(section, problems);
                continue;
            }

            Bind(section, options, problems);
            Validate(name, options, problems);
        }

        settings.ReadSources(configuration.GetSection(Sources), problems);
        UnknownSections(configuration, settings, problems);
        settings.CheckTogether(problems);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    /// <summary>The settable properties of an options class.</summary>
    public static IEnumerable<PropertyInfo> PropertiesOf(Type options) => options.GetProperties().Where(p => p.CanWrite);

    /// <summary>The values an enum setting takes, as they are written.</summary>
    public static IEnumerable<string> ValuesOf(Type enumType) => Enum.GetNames(enumType).Select(n => n.ToLowerInvariant());

    private static void Bind(IConfigurationSection section, object options, List<string> problems)
    {
        var properties = PropertiesOf(options.GetType()).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var given in section.GetChildren())
        {
            if (!properties.TryGetValue(given.Key, out var property))
            {
                problems.Add($"{given.Path} is no setting; {Nearest.Hint(given.Key, [.. properties.Values.Select(p => p.Name)])}");
            }
            else if (property.PropertyType == typeof(string[]))
            {
                property.SetValue(options, TextsOf(given));
            }
            else if (given.Value is not null && Convert(given.Value, property.PropertyType, out var value) is { } problem)
            {
                problems.Add($"{section.Path}:{property.Name} is '{given.Value}', but must be {problem}");
            }
            else if (given.Value is not null)
            {
                property.SetValue(options, Convert(given.Value, property.PropertyType, out value) is null ? value : null);
            }
        }
    }

    /// <summary>What a value must be; null when it is.</summary>
    private static string? Convert(string text, Type type, out object? value)
    {
        value = null;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare != type && text.Length == 0)
        {
            return null;
        }

        if (bare == typeof(string))
        {
            value = text;
            return null;
        }

        if (bare.IsEnum)
        {
            // Enum.TryParse would take numbers too.
            return !char.IsAsciiLetter(text.FirstOrDefault()) || !Enum.TryParse(bare, text, ignoreCase: true, out value) || !Enum.IsDefined(bare, value!)
                ? $"one of {string.Join(", ", ValuesOf(bare))}"
                : null;
        }

        try
        {
            value = TypeDescriptor.GetConverter(bare).ConvertFromInvariantString(text);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            return bare == typeof(bool) ? "true or false"
                : bare == typeof(TimeSpan) ? "a time such as 00:02:00 or 7.00:00:00"
                : bare == typeof(double) ? "a number"
                : "a whole number";
        }
    }

    private static void Validate(string section, object options, List<string> problems)
    {
        foreach (var property in PropertiesOf(options.GetType()))
        {
            var value = property.GetValue(options);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>().Where(rule => !rule.IsValid(value)))
            {
                problems.Add(rule switch
                {
                    RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"{section}:{property.Name} is {value}, but must be {range.Minimum} to {range.Maximum}"),
                    RequiredAttribute => $"{section}:{property.Name} must not be empty",
                    AllowedValuesAttribute allowed => $"{section}:{property.Name} is '{value}', but must be one of {string.Join(", ", allowed.Values)}",
                    _ => rule.FormatErrorMessage($"{section}:{property.Name}"),
                });
            }
        }

        if (options is IValidatableObject validatable)
        {
            problems.AddRange(validatable.Validate(new ValidationContext(options)).Select(r => r.ErrorMessage!));
        }
    }

    private static void UnknownSections(IConfiguration configuration, AllSettings settings, List<string> problems)
    {
        var names = settings.Sections.Select(s => s.Name.Split(':')[0]).Append(Sources).Distinct().ToList();
        foreach (var section in configuration.GetChildren().Where(s => s.Value is null && !names.Contains(s.Key, StringComparer.OrdinalIgnoreCase)))
        {
            // Sections that are not ours (Logging, Kestrel …) are nobody's mistake unless they look like ours.
            if (Nearest.Of(section.Key, names) is { } meant)
            {
                problems.Add($"{section.Key} is no section; did you mean {meant}?");
            }
        }
    }

    /// <summary>Everything that brings reports by itself: one section per kind.</summary>
    private void ReadSources(IConfigurationSection sources, List<string> problems)
    {
        string[] known = [nameof(Webhooks), nameof(Logs), nameof(Smtp), nameof(Mailboxes), nameof(Verp)];
        problems.AddRange(sources.GetChildren()
            .Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase))
            .Select(c => $"{c.Path} is no section; {Nearest.Hint(c.Key, known)}"));
        Webhooks = WebhookSettings.Read(sources.GetSection(nameof(Webhooks)), problems);
        Logs = ReadLogs(sources.GetSection(nameof(Logs)), problems);
        VerpPatterns = ReadVerp(sources.GetSection(nameof(Verp)), problems);
        Mailboxes = ReadMailboxes(sources.GetSection(nameof(Mailboxes)), problems);
    }

    private static List<ApiKeyOptions> ReadKeys(IConfigurationSection auth, List<string> problems)
    {
        foreach (var unknown in auth.GetChildren().Where(c => !c.Key.Equals(nameof(AuthOptions.Keys), StringComparison.OrdinalIgnoreCase)))
        {
            problems.Add($"{unknown.Path} is no setting; known: Keys");
        }

        var keys = new List<ApiKeyOptions>();
        foreach (var given in auth.GetSection(nameof(AuthOptions.Keys)).GetChildren())
        {
            var before = problems.Count;
            var key = new ApiKeyOptions();
            Bind(given, key, problems);
            if (given.GetSection(nameof(ApiKeyOptions.Scopes)) is { Value: null } list)
            {
                key.Scopes = string.Join(',', TextsOf(list));
            }

            problems.AddRange(ApiKeys.Problems(key).Select(p => $"{given.Path}:{p}"));
            if (problems.Count == before && keys.Any(k => k.Name == key.Name))
            {
                problems.Add($"{given.Path}:Name is '{key.Name}', which another key has already");
            }

            keys.Add(key);
        }

        return keys;
    }

    private static List<LogFollowerOptions> ReadLogs(IConfigurationSection section, List<string> problems)
    {
        var logs = new List<LogFollowerOptions>();
        foreach (var given in section.GetChildren())
        {
            var log = new LogFollowerOptions { Name = given.Key };
            Bind(given, log, problems);
            Validate(given.Path, log, problems);
            if (given.Key.Length > 64 || !given.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            {
                problems.Add($"{given.Path} is no name for a log; up to 64 letters, digits, dots, dashes or underscores are");
            }

            logs.Add(log);
        }

        return logs;
    }

    private static List<VerpPattern> ReadVerp(IConfigurationSection verp, List<string> problems)
    {
        var patterns = new List<VerpPattern>();
        foreach (var given in verp.GetChildren())
        {
            var before = problems.Count;
            var options = new VerpOptions();
            Bind(given, options, problems);
            Validate(given.Path, options, problems);
            try
            {
                patterns.Add(Verp.PatternOf(options));
            }
            catch (ArgumentException wrong) when (problems.Count == before)
            {
                problems.Add($"{given.Path}: {wrong.Message}");
            }
            catch (ArgumentException)
            {
                // Named already.
            }
        }

        return patterns;
    }

    private static Dictionary<string, MailboxOptions> ReadMailboxes(IConfigurationSection mailboxes, List<string> problems)
    {
        var all = new Dictionary<string, MailboxOptions>();
        foreach (var given in mailboxes.GetChildren())
        {
            if (!MailboxHosting.Name().IsMatch(given.Key))
            {
                problems.Add($"{given.Path}: the name of a mailbox has 1 to 64 letters, digits, - or _");
            }

            var options = new MailboxOptions();
            Bind(given, options, problems);
            var wrong = new List<string>();
            Validate(given.Path, options, wrong);
            problems.AddRange(wrong.Select(p => p.StartsWith(given.Path, StringComparison.Ordinal) ? p : $"{given.Path}: {p}"));
            all[given.Key] = options;
        }

        return all;
    }

    /// <summary>A list: children, or one value separated by commas (for the environment).</summary>
    private static string[] TextsOf(IConfigurationSection list) => list.Value is { } text
        ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        : [.. list.GetChildren().Select(c => c.Value).OfType<string>()];

    private void CheckTogether(List<string> problems)
    {
        if (!IPAddress.TryParse(Service.BindAddress, out var address))
        {
            problems.Add($"Service:BindAddress is '{Service.BindAddress}', but must be an IP address such as 127.0.0.1 or 0.0.0.0");
        }
        else if (!IPAddress.IsLoopback(address) && !NeedsKeys)
        {
            problems.Add(
                $"Service:BindAddress is {address}, but Auth:Keys is empty: without keys the service listens on loopback only (127.0.0.1 or ::1), "
                + "because everybody who reaches it may do everything. Make a key with the argument 'hash-key', or keep to loopback");
        }

        if (Service.HttpPort == Service.GrpcPort && Service.HttpPort != 0)
        {
            problems.Add($"Service:HttpPort and Service:GrpcPort are both {Service.HttpPort}, but must differ");
        }

        problems.AddRange(Service.TrustedProxies.Where(p => !IPNetwork.TryParse(p, out _) && !IPAddress.TryParse(p, out _))
            .Select(p => $"Service:TrustedProxies has '{p}', but must be addresses or networks such as 10.0.0.0/8"));
        CheckSmtp(problems);
        if (Classification.RulesDirectory is { } rules && !Directory.Exists(rules))
        {
            problems.Add($"Classification:RulesDirectory is '{rules}', but there is no such directory");
        }
    }

    private void CheckSmtp(List<string> problems)
    {
        if (Smtp.Port is null && Smtp.LmtpPort is null)
        {
            return;
        }

        if (!IPAddress.TryParse(Smtp.BindAddress, out _))
        {
            problems.Add($"Sources:Smtp:BindAddress is '{Smtp.BindAddress}', but must be an IP address such as 127.0.0.1 or 0.0.0.0");
        }

        var ports = ((int?[])[Smtp.Port, Smtp.LmtpPort, Service.HttpPort, Service.GrpcPort]).Where(p => p is not (null or 0)).ToList();
        if (ports.Distinct().Count() < ports.Count)
        {
            problems.Add("Sources:Smtp:Port, Sources:Smtp:LmtpPort, Service:HttpPort and Service:GrpcPort must differ");
        }

        if (Smtp.Domains.Length == 0 && Smtp.FeedbackAddresses.Length == 0 && VerpPatterns.Count == 0)
        {
            problems.Add("Sources:Smtp has a port, but nothing it would take mail for: set Sources:Smtp:Domains, Sources:Smtp:FeedbackAddresses or Sources:Verp");
        }

        if (Smtp.CertificateFile is { } certificate)
        {
            try
            {
                TlsCertificate.Load(certificate, Smtp.CertificateKeyFile ?? certificate);
            }
            catch (ArgumentException wrong)
            {
                problems.Add($"Sources:Smtp:CertificateFile: {wrong.Message}");
            }
        }
        else if (Smtp.RequireTls)
        {
            problems.Add("Sources:Smtp:RequireTls is true, but Sources:Smtp:CertificateFile is not set");
        }
    }
}

/// <summary>The service cannot start with its settings; lists every wrong one.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception($"{problems.Count} wrong setting(s):\n{string.Join('\n', problems.Select(p => $"  {p}"))}")
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
