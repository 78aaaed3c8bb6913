using BounceActors.Engine.Storage;
using MailKit.Net.Pop3;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>
/// Looks into a mailbox now and then (RFC 1939). Mails stay there, and those that were taken are remembered by their UIDLs for as long as they do;
/// they are deleted only when that is asked for.
/// </summary>
internal sealed class Pop3Mailbox(WatchedFolder watched, MailboxLogin login, MailboxIntake intake, ReadStore store, TimeProvider time) : IMailboxSession
{
    private const int BatchSize = 50;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await LookAsync(cancel);
            await Task.Delay(TimeSpan.FromSeconds(watched.Options.PollSeconds), time, cancel);
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        using var client = new Pop3Client();
        await login.OpenAsync(client, cancel);
        intake.Stands(MailboxStatus.Polling);
        var lying = await client.GetMessageUidsAsync(cancel);
        var sizes = await client.GetMessageSizesAsync(cancel);
        var known = await store.MailboxMarksAsync(watched.Mailbox, cancel);
        var fresh = Enumerable.Range(0, lying.Count).Where(i => !known.Contains(lying[i])).ToList();
        intake.Looked(fresh.Count);
        var left = fresh.Count;
        foreach (var batch in fresh.Chunk(BatchSize))
        {
            var taken = new List<string>();
            try
            {
                foreach (var i in batch)
                {
                    left--;
                    // A mail that is too large is not fetched whole; its header may still say what it is.
                    using var mail = await client.GetStreamAsync(i, headersOnly: sizes[i] > watched.Options.MaxMessageBytes, cancel);
                    await intake.TakeAsync(mail, lying[i], left, cancel);
                    taken.Add(lying[i]);
                }
            }
            finally
            {
                await store.MarkMailsAsync(watched.Mailbox, taken, [], cancel);
            }
        }

        if (watched.Options.DeleteTaken)
        {
            for (var i = 0; i < lying.Count; i++)
            {
                await client.DeleteMessageAsync(i, cancel);
            }
        }

        // Deleting happens with QUIT; a mail whose deletion was lost is remembered, and deleted next time.
        await client.DisconnectAsync(quit: true, cancel);
        await store.MarkMailsAsync(watched.Mailbox, [], [.. known.Except(lying)], cancel);
    }
}
