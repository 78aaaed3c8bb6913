using Akka.Actor;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Settings;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BounceActors.Service.Health;

/// <summary><c>/healthz/live</c> (the actor system runs) and <c>/healthz/ready</c> (it can take reports), selected by tag.</summary>
internal static class HealthEndpoints
{
    private const string Live = "live";
    private const string Ready = "ready";

    public static WebApplicationBuilder AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks()
            .AddTypeActivatedCheck<Fact>("actors", null, [Live], (Func<Fact, string?>)(f => f.Actors.WhenTerminated.IsCompleted ? "the actor system has ended" : null))
            .AddTypeActivatedCheck<Fact>("cluster", null, [Ready], (Func<Fact, string?>)(f => f.Engine.ClusterProblem()))
            .AddTypeActivatedCheck<Fact>("journal", null, [Ready], (Func<Fact, string?>)(f => f.Engine.JournalProblem()))
            .AddTypeActivatedCheck<Fact>("projections", null, [Ready], (Func<Fact, string?>)(f => f.Engine.ProjectionProblem(f.LagLimit)))
            .AddTypeActivatedCheck<Fact>("index", null, [Ready], (Func<Fact, string?>)(f => f.Engine.IndexProblem(f.LagLimit)))
            .AddTypeActivatedCheck<Fact>("accepting", null, [Ready], (Func<Fact, string?>)(f => f.IsStopping ? "the service is shutting down" : null));
        return builder;
    }

    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder api)
    {
        api.MapHealthChecks("/healthz/live", OptionsFor(Live));
        api.MapHealthChecks("/healthz/ready", OptionsFor(Ready));
        return api;
    }

    private static HealthCheckOptions OptionsFor(string tag) => new()
    {
        Predicate = check => check.Tags.Contains(tag),
        ResponseWriter = (http, report) => http.Response.WriteAsJsonAsync(new
        {
            status = report.Status.ToString().ToLowerInvariant(),
            checks = report.Entries.ToDictionary(e => e.Key, e => new { status = e.Value.Status.ToString().ToLowerInvariant(), problem = e.Value.Description }),
        }),
    };

    /// <summary>One fact the service must be sure of.</summary>
    private sealed class Fact(ActorSystem actors, EngineInspector engine, ServiceOptions options, IHostApplicationLifetime lifetime, Func<Fact, string?> problem) : IHealthCheck
    {
        public ActorSystem Actors { get; } = actors;

        public EngineInspector Engine { get; } = engine;

        public TimeSpan LagLimit { get; } = TimeSpan.FromSeconds(options.ReadyLagSeconds);

        public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(problem(this) is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy());
    }
}
