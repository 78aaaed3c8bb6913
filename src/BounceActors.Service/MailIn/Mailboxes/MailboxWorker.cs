namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>Watches a folder over one connection until that fails.</summary>
internal interface IMailboxSession
{
    Task RunAsync(CancellationToken cancel);
}

/// <summary>Watches a folder, whatever happens to its server: every failure is waited out, longer each time, never at the same time as all others.</summary>
internal sealed class MailboxWorker(WatchedFolder folder, IMailboxSession session, MailboxBoard board, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken cancel)
    {
        var failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            board.Update(folder, s => s with { State = MailboxStatus.Connecting });
            var began = time.GetTimestamp();
            try
            {
                await session.RunAsync(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception problem)
            {
                // A connection that held for a while has earned a quick return.
                failures = time.GetElapsedTime(began) > LongestPause ? 0 : failures;
                var pause = Pause(failures++, Random.Shared.NextDouble());
                board.Failed(folder, problem.GetBaseException().Message, time.GetUtcNow());
                log.LogWarning("Mailbox {Mailbox}, folder {Folder}: {Problem}; next try in {Pause:0.0} s", folder.Mailbox, folder.Folder, problem.GetBaseException().Message, pause.TotalSeconds);
                await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        board.Update(folder, s => s with { State = MailboxStatus.Elsewhere });
    }

    /// <summary>How long to wait after so many failures in a row: twice as long each time, from half to one and a half of it.</summary>
    public static TimeSpan Pause(int failures, double chance) =>
        TimeSpan.FromTicks((long)(Math.Min(FirstPause.Ticks * Math.Pow(2, Math.Min(failures, 20)), LongestPause.Ticks) * (0.5 + chance)));
}
