using System.Diagnostics.Metrics;
using BounceActors.Domain;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.LogsIn;

/// <summary>Follows the logs of this node while the process runs.</summary>
internal sealed class LogFollowers : BackgroundService
{
    private readonly IReadOnlyList<LogFollower> _followers;

    public LogFollowers(IReadOnlyList<LogFollowerOptions> logs, Inbox inbox, ReadStore positions, TimeProvider time, IMeterFactory meters, ILogger<LogFollowers> log)
    {
        _followers = [.. logs.Select(o => new LogFollower(
            o,
            new LogStore(inbox.AppendAsync, cancel => positions.PositionAsync(o.PositionKey, cancel), (text, cancel) => positions.SavePositionAsync(o.PositionKey, text, cancel)),
            time,
            log))];
        var meter = meters.Create(EngineMetrics.MeterName);
        meter.CreateObservableGauge("bounceactors.logs.lag", () => _followers.Select(f => new Measurement<long>(f.Status.Lag, Log(f))), "By", "Bytes of followed logs that are written and not read yet");
        meter.CreateObservableCounter(
            "bounceactors.logs.lines",
            () => _followers.SelectMany(f => f.Status.Lines.Select(l => new Measurement<long>(l.Count, Log(f), new("kind", l.Kind.ToWire())))),
            "{line}",
            "Lines read from followed logs, by what they were");
    }

    /// <summary>How they are doing.</summary>
    public LogsJson Status => new([.. _followers.Select(f => f.Status.ToJson())]);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_followers.Select(f => Task.Run(() => f.RunAsync(stoppingToken), CancellationToken.None)));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var follower in _followers)
        {
            try
            {
                await follower.StopAsync(cancellationToken);
            }
            catch (StorageUnavailableException)
            {
                // Some lines are read again after the next start, and known again.
            }
        }
    }

    private static KeyValuePair<string, object?> Log(LogFollower follower) => new("log", follower.Status.Name);
}

internal static class LogsInHosting
{
    /// <summary>The followers; after the engine, so that they end before it.</summary>
    public static WebApplicationBuilder AddLogsIn(this WebApplicationBuilder builder, AllSettings settings)
    {
        builder.Services.AddSingleton<IPayloadReader, LogPayloads>();
        builder.Services.AddSingleton(settings.Logs);
        builder.Services.AddSingleton<LogFollowers>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LogFollowers>());
        return builder;
    }

    public static IEndpointRouteBuilder MapLogs(this IEndpointRouteBuilder api)
    {
        api.MapGet("/admin/logs", (LogFollowers followers) => TypedResults.Ok(followers.Status))
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetLogs")
            .WithSummary("The mail server logs this node follows: position, lag, last line, lines that could not be read")
            .ProducesProblems(429, 503);
        return api;
    }
}
