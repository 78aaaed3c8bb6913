using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>Watches one folder over one connection (RFC 3501, IDLE: RFC 2177). Mails are moved or flagged once they are durable, never deleted.</summary>
internal sealed class ImapFolder(WatchedFolder watched, MailboxLogin login, MailboxIntake intake, TimeProvider time) : IMailboxSession
{
    /// <summary>The flag of mails that were taken; a server that has no flags of ours gets <c>\Seen</c>.</summary>
    public const string Keyword = "$BounceActorsTaken";

    private const int BatchSize = 50;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var client = new ImapClient();
        await login.OpenAsync(client, cancel);
        var folder = await client.GetFolderAsync(watched.Folder, cancel);
        var target = watched.Options.MoveTo is { } name ? await TargetAsync(client, name, cancel) : null;
        await folder.OpenAsync(FolderAccess.ReadWrite, cancel);
        var hasKeywords = folder.PermanentFlags.HasFlag(MessageFlags.UserDefined);
        var news = new News();
        folder.CountChanged += (_, _) => news.Come();
        var idle = client.Capabilities.HasFlag(ImapCapabilities.Idle);
        intake.Stands(idle ? MailboxStatus.Idle : MailboxStatus.Polling);
        while (true)
        {
            await TakeAllAsync(folder, target, hasKeywords, cancel);
            await WaitAsync(client, idle, news, cancel);
        }
    }

    private async Task TakeAllAsync(IMailFolder folder, IMailFolder? target, bool hasKeywords, CancellationToken cancel)
    {
        var open = target is not null ? SearchQuery.NotDeleted : SearchQuery.NotDeleted.And(hasKeywords ? SearchQuery.NotKeyword(Keyword) : SearchQuery.NotSeen);
        var found = (await folder.SearchAsync(open, cancel)).OrderBy(uid => uid.Id).ToList();
        intake.Looked(found.Count);
        var left = found.Count;
        foreach (var batch in found.Chunk(BatchSize))
        {
            var taken = new List<UniqueId>();
            try
            {
                foreach (var uid in batch)
                {
                    left--;
                    try
                    {
                        // BODY.PEEK: looking at a mail does not mark it as read.
                        using var mail = await folder.GetStreamAsync(uid, 0, watched.Options.MaxMessageBytes, cancel);
                        await intake.TakeAsync(mail, $"{watched.Folder}/{folder.UidValidity}/{uid.Id}", left, cancel);
                        taken.Add(uid);
                    }
                    catch (MessageNotFoundException)
                    {
                        // Somebody else has taken it away meanwhile.
                    }
                }
            }
            finally
            {
                // Also of a batch that was broken off: what is durable need not be fetched again.
                if (taken.Count > 0 && folder.IsOpen)
                {
                    await SetAsideAsync(folder, target, taken, hasKeywords, cancel);
                }
            }
        }
    }

    private static async Task SetAsideAsync(IMailFolder folder, IMailFolder? target, List<UniqueId> taken, bool hasKeywords, CancellationToken cancel)
    {
        if (target is not null)
        {
            await folder.MoveToAsync(taken, target, cancel);
        }
        else if (hasKeywords)
        {
            await folder.StoreAsync(taken, new StoreFlagsRequest(StoreAction.Add, MessageFlags.None, [Keyword]) { Silent = true }, cancel);
        }
        else
        {
            await folder.StoreAsync(taken, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Seen) { Silent = true }, cancel);
        }
    }

    /// <summary>Waits until there may be something new; at most until the next look is due anyway.</summary>
    private async Task WaitAsync(ImapClient client, bool idle, News news, CancellationToken cancel)
    {
        using var done = new CancellationTokenSource(TimeSpan.FromSeconds(watched.Options.PollSeconds), time);
        if (!news.Listen(done))
        {
            return;
        }

        try
        {
            if (idle)
            {
                await client.IdleAsync(done.Token, cancel);
            }
            else
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(done.Token, cancel);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancel.ThrowIfCancellationRequested();
                await client.NoOpAsync(cancel);
            }
        }
        finally
        {
            news.StopListening();
        }
    }

    /// <summary>The folder mails go to; made when it is not there.</summary>
    private static async Task<IMailFolder> TargetAsync(ImapClient client, string name, CancellationToken cancel)
    {
        try
        {
            return await client.GetFolderAsync(name, cancel);
        }
        catch (FolderNotFoundException)
        {
            var parent = client.GetFolder(client.PersonalNamespaces[0]);
            var at = name.LastIndexOf(parent.DirectorySeparator is var separator and not '\0' ? separator : '/');
            if (at > 0)
            {
                parent = await TargetAsync(client, name[..at], cancel);
            }

            return await parent.CreateAsync(name[(at + 1)..], isMessageFolder: true, cancel)
                ?? throw new InvalidOperationException($"the folder {name} could not be made");
        }
    }

    /// <summary>News of the server, whether somebody waits for them or not.</summary>
    private sealed class News
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource? _listener;
        private bool _come;

        public void Come()
        {
            lock (_lock)
            {
                _come = true;
                _listener?.Cancel();
            }
        }

        /// <summary>False when there are news already.</summary>
        public bool Listen(CancellationTokenSource listener)
        {
            lock (_lock)
            {
                var quiet = !_come;
                _come = false;
                _listener = quiet ? listener : null;
                return quiet;
            }
        }

        public void StopListening()
        {
            lock (_lock)
            {
                _listener = null;
                _come = false;
            }
        }
    }
}
