using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Service.Admin;
using BounceActors.Service.Auth;
using BounceActors.Service.CampaignReports;
using BounceActors.Service.Grpc;
using BounceActors.Service.Health;
using BounceActors.Service.Hosting;
using BounceActors.Service.Ingest;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.Lists;
using BounceActors.Service.LogsIn;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Mailboxes;
using BounceActors.Service.Problems;
using BounceActors.Service.Query;
using BounceActors.Service.Queues;
using BounceActors.Service.Rules;
using BounceActors.Service.Settings;
using BounceActors.Service.Telemetry;

namespace BounceActors.Service;

/// <summary>The process, as a table of contents.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not [RebuildCommand.Name, ..] && CommandLine.Answer(args, Console.Out, Console.Error) is { } exitCode)
        {
            return exitCode;
        }

        try
        {
            if (args is [RebuildCommand.Name, .. var settings])
            {
                return await RebuildCommand.RunAsync(settings, Console.Out);
            }

            await using var app = Create(args);

            // Asked for now: the services go with the run.
            var end = app.Services.GetRequiredService<NodeEnd>();
            var told = app.Lifetime.ApplicationStopping;
            try
            {
                await app.RunAsync();
            }
            catch (OperationCanceledException) when (told.IsCancellationRequested)
            {
                // Told to end while it still waited for its database.
                return ExitCodes.Ok;
            }

            return end.Because is null ? ExitCodes.Ok : ExitCodes.StartAgain;
        }
        catch (DeploymentException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return refused.MayPass ? ExitCodes.StartAgain : ExitCodes.WrongSettings;
        }
        catch (StorageUnavailableException away)
        {
            await Console.Error.WriteLineAsync(away.Message);
            return ExitCodes.StartAgain;
        }
        catch (SettingsException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return ExitCodes.WrongSettings;
        }
    }

    /// <summary>The whole service, ready to run.</summary>
    /// <param name="args">Settings from the command line.</param>
    /// <param name="adjust">What tests want otherwise, after all else.</param>
    /// <param name="logs">Where logs go; standard output unless given.</param>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? adjust = null, TextWriter? logs = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddSecretFiles(args);
        var settings = AllSettings.Read(builder.Configuration);

        builder.AddLogs(settings, logs);
        builder.AddMetrics();
        builder.AddDoors(settings);
        builder.AddDrain();
        builder.AddApiKeys(settings);
        builder.AddApiDescription();
        builder.AddGrpcDoor();
        builder.AddHealth();
        builder.AddRules(settings.Classification);
        builder.AddIntake();
        builder.AddWebhooks(settings);
        builder.AddMailIn(settings);
        builder.Services.AddProblemAnswers();
        builder.Services.AddBounceEngine(settings.Engine);
        builder.AddLogsIn(settings);
        builder.AddQueues();
        builder.AddCampaignReports(settings);
        builder.AddMailboxes(settings);
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UseProxies(settings);
        app.UseRequestLogs();
        app.UseDrain();
        app.UseProblemAnswers();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();

        if (settings.Cluster.IsIngest)
        {
            app.MapEvents();
            app.MapMail();
            app.MapLogLines();
            app.MapWebhooks();
            app.MapGrpcDoor();
        }

        app.MapRecipients();
        app.MapSuppressions();
        app.MapImports();
        app.MapExport();
        app.MapSenders();
        app.MapRetries();
        app.MapReviews();
        app.MapAdmin();
        app.MapInbox();
        app.MapSources();
        app.MapClassifier();
        app.MapLogs();
        app.MapMailboxes();
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApi();
        app.SayWhereItListens(settings);
        return app;
    }
}
