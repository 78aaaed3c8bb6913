using BounceActors.Domain.Classification;
using BounceActors.Engine.Classification;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Rules;

/// <summary>What became of the rules directory.</summary>
internal sealed class RulesStatus
{
    public string? Directory { get; init; }

    public DateTimeOffset LoadedAt { get; set; }

    /// <summary>When the directory was last refused; null when what is in it is in force.</summary>
    public DateTimeOffset? RefusedAt { get; set; }

    public IReadOnlyList<string> RefusedBecause { get; set; } = [];
}

/// <summary>
/// Looks at the rules directory for changes and swaps the classifier. A directory with a broken file is refused as a whole, with the reason,
/// and the old rules stay. Looking beats watching here: mounted volumes do not tell of changes.
/// </summary>
internal sealed class RulesReloader(
    ClassifierHolder classifier, RulesStatus status, ClassificationOptions options, TimeProvider time, ILogger<RulesReloader> log) : BackgroundService
{
    private string _seen = options.RulesDirectory is { } directory ? Look(directory) : "";

    /// <summary>Looks once.</summary>
    public void Check()
    {
        if (options.RulesDirectory is not { } directory || Look(directory) is not { } now || now == _seen)
        {
            return;
        }

        _seen = now;
        try
        {
            var rules = RuleSet.LoadDirectory(directory);
            if (rules.Version != classifier.Current.Rules.Version)
            {
                classifier.Current = new BounceClassifier(rules);
                status.LoadedAt = time.GetUtcNow();
                log.LogInformation("Rules version {Version} with {Count} rules are in force now", rules.Version, rules.Rules.Count);
            }

            (status.RefusedAt, status.RefusedBecause) = (null, []);
        }
        catch (RuleSetException refused)
        {
            (status.RefusedAt, status.RefusedBecause) = (time.GetUtcNow(), [.. refused.Problems.Select(p => p.ToString())]);
            log.LogError("The changed rules are refused and version {Version} stays in force: {Problems}", classifier.Current.Rules.Version, status.RefusedBecause);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.RulesDirectory is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ReloadSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Check();
        }
    }

    /// <summary>Names, sizes and times of the files: cheap to compare.</summary>
    private static string Look(string directory)
    {
        try
        {
            return string.Join('\n', new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(f => f.Extension is ".yaml" or ".yml")
                .Select(f => $"{f.FullName}|{f.Length}|{f.LastWriteTimeUtc.Ticks}")
                .Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

internal static class RulesHosting
{
    /// <summary>The classifier, with the rules of the directory if there is one. Throws <see cref="SettingsException"/> when they cannot be used.</summary>
    public static WebApplicationBuilder AddRules(this WebApplicationBuilder builder, ClassificationOptions options)
    {
        var rules = Load(options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(_ => new ClassifierHolder(new BounceClassifier(rules)));
        builder.Services.AddSingleton(services => new RulesStatus
        {
            Directory = options.RulesDirectory,
            LoadedAt = services.GetRequiredService<TimeProvider>().GetUtcNow(),
        });
        builder.Services.AddSingleton<RulesReloader>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RulesReloader>());
        return builder;
    }

    private static RuleSet Load(ClassificationOptions options)
    {
        try
        {
            return options.RulesDirectory is { } directory ? RuleSet.LoadDirectory(directory) : RuleSet.Default;
        }
        catch (RuleSetException e)
        {
            throw new SettingsException([.. e.Problems.Select(p => $"Classification:RulesDirectory: {p}")]);
        }
    }
}
