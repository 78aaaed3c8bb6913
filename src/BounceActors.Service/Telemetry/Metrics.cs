using BounceActors.Engine.Hosting;
using BounceActors.Service.Auth;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace BounceActors.Service.Telemetry;

/// <summary><c>/metrics</c> for Prometheus. The engine's instruments, and the framework's for requests; none has an address in it.</summary>
internal static class Metrics
{
    public static WebApplicationBuilder AddMetrics(this WebApplicationBuilder builder)
    {
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("bounceactors")).WithMetrics(metrics => metrics
            .AddMeter(EngineMetrics.MeterName)
            .AddMeter("System.Runtime")
            .AddAspNetCoreInstrumentation()
            .AddPrometheusExporter());
        return builder;
    }

    public static IEndpointRouteBuilder MapMetrics(this IEndpointRouteBuilder api)
    {
        api.MapPrometheusScrapingEndpoint("/metrics").RequireScope(Scopes.Read);
        return api;
    }
}
