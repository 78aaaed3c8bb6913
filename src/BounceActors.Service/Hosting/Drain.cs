using BounceActors.Service.Settings;

namespace BounceActors.Service.Hosting;

/// <summary>
/// Between SIGTERM and the closing of the door: whatever sends requests here sees that this node is not ready and goes elsewhere, and
/// connections end after the request they carry. Nobody is answered with a reset connection.
/// </summary>
internal sealed class Drain(ServiceOptions options, TimeProvider time, ILogger<Drain> log) : IHostedLifecycleService
{
    private volatile bool _isDraining;

    public bool IsDraining => _isDraining;

    /// <summary>The host calls this before it stops any service.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        if (options.DrainSeconds > 0)
        {
            log.LogInformation("Draining for {Seconds} s", options.DrainSeconds);
            await Task.Delay(TimeSpan.FromSeconds(options.DrainSeconds), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal static class Draining
{
    public static WebApplicationBuilder AddDrain(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Drain>());
        return builder;
    }

    public static IApplicationBuilder UseDrain(this WebApplication app)
    {
        var drain = app.Services.GetRequiredService<Drain>();
        return app.Use((http, next) =>
        {
            if (drain.IsDraining && HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                http.Response.Headers.Connection = "close";
            }

            return next(http);
        });
    }
}
