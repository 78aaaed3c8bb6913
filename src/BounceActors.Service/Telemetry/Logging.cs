using System.Text.RegularExpressions;
using BounceActors.Engine.Hosting;
using BounceActors.Service.Settings;
using Microsoft.AspNetCore.Diagnostics;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace BounceActors.Service.Telemetry;

/// <summary>One JSON object per line on standard output, without mail addresses.</summary>
internal static class Logging
{
    public static WebApplicationBuilder AddLogs(this WebApplicationBuilder builder, AllSettings settings, TextWriter? output = null)
    {
        var formatter = new AddressFreeFormatter(new RenderedCompactJsonFormatter());

        // Without the library's static logger: two services in one process each have their own logs.
        builder.Services.AddSerilog(preserveStaticLogger: true, configureLogger: log =>
        {
            log.MinimumLevel.Is(settings.Service.LogLevel)
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
                .MinimumLevel.Override("System", LogEventLevel.Warning)
                .MinimumLevel.Override("Grpc", LogEventLevel.Warning)

                // A refusal to start is one line for a person, on standard error.
                .Filter.ByExcluding(line => line.Exception is DeploymentException)
                .Enrich.FromLogContext()
                .Enrich.With<WithoutPath>();
            _ = output is null ? log.WriteTo.Console(formatter) : log.WriteTo.Sink(new WriterSink(formatter, output));
        });
        return builder;
    }

    /// <summary>One line per request. It names the route, not the path: addresses stand in paths.</summary>
    public static WebApplication UseRequestLogs(this WebApplication app)
    {
        app.UseSerilogRequestLogging(options =>
        {
            options.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
            options.MessageTemplate = "{Method:l} {Route:l} answered {StatusCode} in {Elapsed:0.0} ms";
            options.GetMessageTemplateProperties = (http, _, elapsed, status) =>
            [
                new LogEventProperty("Method", new ScalarValue(http.Request.Method)),
                new LogEventProperty("Route", new ScalarValue(RouteOf(http))),
                new LogEventProperty("StatusCode", new ScalarValue(status)),
                new LogEventProperty("Elapsed", new ScalarValue(elapsed)),
                new LogEventProperty("Key", new ScalarValue(http.User.Identity?.Name)),
            ];
            options.GetLevel = (http, _, failure) =>
                failure is not null || http.Response.StatusCode >= 500 ? LogEventLevel.Warning
                : http.Request.Path.StartsWithSegments("/healthz") || http.Request.Path.StartsWithSegments("/metrics") ? LogEventLevel.Debug
                : LogEventLevel.Information;
        });
        return app;
    }

    // After an exception the framework keeps the endpoint elsewhere.
    private static string RouteOf(HttpContext http) =>
        ((http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint()) as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

    /// <summary>Takes out what the framework adds to every line of a request.</summary>
    private sealed class WithoutPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            logEvent.RemovePropertyIfPresent("RequestPath");
            logEvent.RemovePropertyIfPresent("ConnectionId");
        }
    }

    private sealed class WriterSink(ITextFormatter formatter, TextWriter output) : ILogEventSink
    {
        private readonly Lock _lock = new();

        public void Emit(LogEvent logEvent)
        {
            lock (_lock)
            {
                formatter.Format(logEvent, output);
            }
        }
    }
}

/// <summary>
/// The last word on what leaves the process: whatever a library or an exception's message carries along, no mail address is written.
/// Our own lines never have one.
/// </summary>
internal sealed partial class AddressFreeFormatter(ITextFormatter inner) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter();
        inner.Format(logEvent, line);
        output.Write(Address().Replace(line.ToString(), "<address>"));
    }

    // Also as it stands in a URL. Addresses of nodes (akka.tcp://system@host:port) are nobody's.
    [GeneratedRegex(
        @"(?<![\p{L}\p{N}.!#$&*+=?^_`{|}~%-])(?<!akka(?:\.tcp)?://)[\p{L}\p{N}.!#$&*+=?^_`{|}~%-]{1,320}(?:@|%40)(?:\[[^\]\s]{1,64}\]|[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)",
        RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex Address();
}
