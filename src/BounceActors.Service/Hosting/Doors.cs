using System.Net;
using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.RateLimiting;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using IPNetwork = System.Net.IPNetwork;

namespace BounceActors.Service.Hosting;

/// <summary>The ports, and what bounds what comes through them.</summary>
internal static class Doors
{
    private static readonly string[] Bounded = ["/v1", "/admin"];

    public static WebApplicationBuilder AddDoors(this WebApplicationBuilder builder, AllSettings settings)
    {
        var options = settings.Service;
        builder.Services.AddSingleton(options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var address = IPAddress.Parse(options.BindAddress);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });

        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;

            // Every hop has to be a proxy of ours; what stands before the first that is none was written by a stranger.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in options.TrustedProxies)
            {
                forwarded.KnownIPNetworks.Add(IPNetwork.TryParse(proxy, out var network) ? network : HostOf(IPAddress.Parse(proxy)));
            }
        });

        // The server stops first and lets requests finish; the actors, which they need, stop after it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + options.ShutdownSeconds));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // JSON answers are never put into HTML; addresses with a plus stay readable.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        });
        builder.Services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
                // Webhooks have bounds of their own, per account: one that floods must not shut out the others, nor the API.
                Bounded.Any(path => http.Request.Path.StartsWithSegments(path)) && !http.Request.Path.StartsWithSegments(WebhookEndpoints.Path)
                    ? RateLimitPartition.GetConcurrencyLimiter("requests", _ => new ConcurrencyLimiterOptions
                    {
                        PermitLimit = options.MaxConcurrentRequests,
                        QueueLimit = options.MaxQueuedRequests,
                        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
                    })
                    : RateLimitPartition.GetNoLimiter("free"));
            limits.OnRejected = async (context, _) =>
            {
                context.HttpContext.Response.RetryAfter(TimeSpan.FromSeconds(1));
                await context.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(
                    context.HttpContext, ProblemTypes.Overloaded, "too many requests are worked on and waiting");
            };
        });
        return builder;
    }

    /// <summary>Has senders stand behind the proxies that are trusted.</summary>
    public static void UseProxies(this WebApplication app, AllSettings settings)
    {
        if (settings.Service.TrustedProxies.Length > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    private static IPNetwork HostOf(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}
