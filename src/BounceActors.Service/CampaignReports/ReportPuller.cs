using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Mailboxes;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.CampaignReports;

/// <summary>
/// Pulls an account's campaign reports, as audience webhooks say nothing of soft bounces: every report of every campaign sent lately goes into batches, whose archives
/// of results go into the inbox as they are. Nothing is remembered: whoever begins asks for the whole window, and the reports in it are known by their ids.
/// </summary>
internal sealed class ReportPuller(WebhookAccountSettings account, MailchimpApi api, PullOptions options, StoreMail store, SourceMonitor monitor, TimeProvider time, ILogger log)
{
    private const int MostPages = 100;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    /// <summary>Reports take a while to show what happened, and clocks differ: so much is asked for again.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(6);

    private static readonly (string Name, bool HasSince)[] Reports = [("email-activity", true), ("unsubscribed", false), ("abuse-reports", false)];

    private DateTimeOffset? _upTo;
    private int _pages = MostPages;

    public WebhookAccountSettings Account => account;

    /// <summary>How it is doing.</summary>
    public PullStatus Status { get; private set; } = PullStatus.Elsewhere;

    public async Task RunAsync(CancellationToken cancel)
    {
        var failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                await PullAsync(cancel);
                (failures, pause) = (0, options.Every);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception problem)
            {
                var reason = (problem as PullException)?.Reason ?? (problem is InboxOverloadedException ? "overloaded" : problem is StorageUnavailableException ? "unavailable" : "mailchimp_answer_not_understood");
                if (problem is InboxOverloadedException or StorageUnavailableException)
                {
                    monitor.Later(account, reason);
                }
                else
                {
                    monitor.Rejected(account, reason);
                }

                pause = MailboxWorker.Pause(failures++, Random.Shared.NextDouble());
                Status = Status with { State = PullStatus.Waiting, LastError = reason, LastErrorAt = time.GetUtcNow() };
                log.LogWarning("Reports of {Source}/{Account}: {Reason}; next try in {Pause:0.0} s", account.Source.Name, account.Name, reason, pause.TotalSeconds);
            }

            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Status = PullStatus.Elsewhere;
    }

    /// <summary>Makes everything durable that the reports have to say by now.</summary>
    public async Task PullAsync(CancellationToken cancel)
    {
        Status = Status with { State = PullStatus.Pulling };
        var now = time.GetUtcNow();
        var campaigns = await api.CampaignsAsync(now - options.Window, cancel);
        var pages = new List<ReportPage>();
        foreach (var campaign in campaigns)
        {
            foreach (var (report, hasSince) in Reports)
            {
                pages.AddRange(await api.PagesAsync(campaign, report, hasSince ? (_upTo ?? now - options.Window) - Overlap : null, cancel));
            }
        }

        foreach (var batch in pages.Chunk(_pages))
        {
            await PullAsync(batch, cancel);
        }

        _upTo = now;
        Status = Status with { State = PullStatus.Idle, LastPullAt = now, Campaigns = campaigns.Count, LastError = null };
    }

    private async Task PullAsync(ReportPage[] pages, CancellationToken cancel)
    {
        var id = await api.BeginAsync(pages, cancel);
        var began = time.GetTimestamp();
        Uri? results;
        while ((results = await api.ResultsAsync(id, cancel)) is null)
        {
            if (time.GetElapsedTime(began) > Patience)
            {
                throw new PullException("mailchimp_batch_never_ends");
            }

            await Task.Delay(Poll, time, cancel);
        }

        if (await api.DownloadAsync(results, WebhookRequest.MaxBodyBytes, cancel) is not { } archive)
        {
            // The next try asks for less at once.
            _pages = Math.Max(1, pages.Length / 2);
            throw new PullException("mailchimp_results_too_large");
        }

        await store(
            new InboxPayload
            {
                Tenant = account.Tenant,
                Source = account.Source.Name,
                Account = account.Name,
                ContentType = "application/gzip",
                Body = archive,
                ReceivedAt = time.GetUtcNow(),
                DedupeKey = $"batch:{id}",
            },
            cancel);
        monitor.Received(account, late: false);
        Status = Status with { Batches = Status.Batches + 1 };
    }
}
