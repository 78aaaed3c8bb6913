using Akka.Actor;
using BounceActors.Service.Hosting;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.MailIn;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;

namespace BounceActors.Service.CampaignReports;

/// <summary>The pullers of all accounts. The cluster keeps one of each alive; two at once during a hand-over take nothing twice.</summary>
internal sealed class ReportPullers(ActorSystem system, WebhookAccounts accounts, StoreMail store, SourceMonitor monitor, TimeProvider time, ILogger<ReportPuller> log) : IHostedService, IDisposable
{
    private readonly HttpClient _http = new(AmazonClient.Handler()) { Timeout = TimeSpan.FromMinutes(2) };
    private IReadOnlyList<ReportPuller> _pullers = [];

    /// <summary>How the reports of an account are pulled; null when they are not.</summary>
    public PullStatus? Find(WebhookAccountSettings account) => _pullers.FirstOrDefault(p => p.Account == account)?.Status;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _pullers = [.. accounts.All.Where(a => a.Reports is not null).Select(a => new ReportPuller(a, new MailchimpApi(_http, a.Reports!), a.Reports!, store, monitor, time, log))];
        if (_pullers.Count > 0)
        {
            system.KeepAlive("campaign-reports", _pullers.Count, i => _pullers[i].RunAsync);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _http.Dispose();
}

internal static class PullHosting
{
    public static WebApplicationBuilder AddCampaignReports(this WebApplicationBuilder builder, AllSettings settings)
    {
        builder.Services.AddSingleton<ReportPullers>();
        if (settings.Cluster.IsEngine)
        {
            builder.Services.AddHostedService(services => services.GetRequiredService<ReportPullers>());
        }

        return builder;
    }
}
