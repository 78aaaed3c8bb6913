using BounceActors.Engine.Inbox;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>What lies between a mailbox and the inbox.</summary>
internal sealed class MailboxIntake(WatchedFolder folder, StoreMail store, MailboxBoard board, TimeProvider time)
{
    /// <summary>Makes one mail durable; one that was taken before is known by its key.</summary>
    /// <param name="mail">Its bytes; what is beyond the limit is left.</param>
    /// <param name="key">The server's own name for it, which never changes.</param>
    /// <param name="backlog">How many are found and not taken yet, this one not counted.</param>
    public async Task TakeAsync(Stream mail, string key, int backlog, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var receipt = await store(
            new InboxPayload
            {
                Tenant = folder.Options.Tenant,
                Source = folder.Source,
                ContentType = "message/rfc822",
                Headers = new Dictionary<string, string> { ["folder"] = folder.Folder },
                Body = await ReadAsync(mail, cancel),
                ReceivedAt = now,
                DedupeKey = key,
            },
            cancel);
        board.Took(folder, receipt.Repeated, backlog, now);
    }

    /// <summary>Says that the folder was looked at.</summary>
    public void Looked(int backlog) => board.Update(folder, s => s with { Backlog = backlog, LastLookAt = time.GetUtcNow() });

    /// <summary>Says how the folder is watched.</summary>
    public void Stands(string state) => board.Update(folder, s => s with { State = state, LastError = state is MailboxStatus.Idle or MailboxStatus.Polling ? null : s.LastError });

    private async Task<byte[]> ReadAsync(Stream mail, CancellationToken cancel)
    {
        using var kept = new MemoryStream();
        var block = new byte[64 * 1024];
        int read;
        while (kept.Length < folder.Options.MaxMessageBytes && (read = await mail.ReadAsync(block, cancel)) > 0)
        {
            kept.Write(block, 0, (int)Math.Min(read, folder.Options.MaxMessageBytes - kept.Length));
        }

        return kept.ToArray();
    }
}
