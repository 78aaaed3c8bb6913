using BounceActors.Engine.Hosting;
using BounceActors.Service.Settings;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BounceActors.Service.Health;

/// <summary><c>/healthz/live</c> (the process runs) and <c>/healthz/ready</c> (it can take reports), selected by tag.</summary>
internal static class HealthEndpoints
{
    private const string Live = "live";
    private const string Ready = "ready";

    public static WebApplicationBuilder AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks()
            .AddCheck("process", () => HealthCheckResult.Healthy(), [Live])
            .AddTypeActivatedCheck<Readiness>("cluster", null, [Ready], (Func<Readiness, string?>)(r => r.Engine.ClusterProblem()))
            .AddTypeActivatedCheck<Readiness>("journal", null, [Ready], (Func<Readiness, string?>)(r => r.Engine.JournalProblem()))
            .AddTypeActivatedCheck<Readiness>("projections", null, [Ready], (Func<Readiness, string?>)(r => r.Engine.ProjectionProblem(r.LagLimit)))
            .AddTypeActivatedCheck<Readiness>("accepting", null, [Ready], (Func<Readiness, string?>)(r => r.IsStopping ? "the service is shutting down" : null));
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

    /// <summary>One fact the service must be sure of before it takes reports.</summary>
    private sealed class Readiness(EngineInspector engine, ServiceOptions options, IHostApplicationLifetime lifetime, Func<Readiness, string?> problem) : IHealthCheck
    {
        public EngineInspector Engine { get; } = engine;

        public TimeSpan LagLimit { get; } = TimeSpan.FromSeconds(options.ReadyLagSeconds);

        public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(problem(this) is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy());
    }
}
