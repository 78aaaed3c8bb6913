using BounceActors.Engine.Inbox;
using BounceActors.Service.Ingest;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.MailIn;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Sources.Mail;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Hosting;

internal static class Startup
{
    /// <summary>What turns requests into decided reports.</summary>
    public static WebApplicationBuilder AddIntake(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReportIntake>();
        builder.Services.AddSingleton<IPayloadReader, MailPayloads>();
        builder.Services.AddSingleton(services => new MailReader(new MailReaderOptions
        {
            Clock = services.GetRequiredService<TimeProvider>(),
            Verp = services.GetRequiredService<IReadOnlyList<VerpPattern>>(),
        }));
        return builder;
    }

    /// <summary>The door for webhooks, and the reader of what came through it.</summary>
    public static WebApplicationBuilder AddWebhooks(this WebApplicationBuilder builder, AllSettings settings)
    {
        builder.Services.AddSingleton(settings.Webhooks);
        builder.Services.AddSingleton<IPayloadReader, WebhookPayloads>();
        builder.Services.AddSingleton<WebhookDoor>();
        builder.Services.AddSingleton<SourceMonitor>();
        builder.Services.AddSingleton<SelfTest>();
        builder.Services.AddSingleton<SourceWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SourceWatch>());
        builder.Services.AddSingleton(new SeenTokens());
        builder.Services.AddSingleton(services => new AmazonClient(
            AmazonClient.Handler(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<AmazonClient>>()));
        return builder;
    }

    /// <summary>Says once, when it is up, who may come in.</summary>
    public static void SayWhereItListens(this WebApplication app, AllSettings settings) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        var mail = app.Services.GetRequiredService<MailDoors>().All.ToList();
        app.Logger.LogInformation("HTTP and gRPC listen on {Addresses}", app.Urls.Where(url => !mail.Exists(door => url.EndsWith($"://{door.Address}", StringComparison.Ordinal))));
        foreach (var (protocol, address) in mail)
        {
            app.Logger.LogInformation("{Protocol} listens on {Address}", protocol, address);
        }

        if (!settings.NeedsKeys)
        {
            app.Logger.LogWarning("No API keys are configured: everybody on this machine may do everything, and nobody else is listened to");
        }
    });
}
