using BounceActors.Engine.Inbox;

namespace BounceActors.Service.MailIn;

/// <summary>
/// Makes a mail durable; returns only then. Throws <see cref="InboxOverloadedException"/> or <see cref="BounceActors.Engine.Storage.StorageUnavailableException"/>:
/// the mail may come again later.
/// </summary>
internal delegate Task<InboxReceipt> StoreMail(InboxPayload mail, CancellationToken cancel);

/// <summary>Names under which the envelope of a mail stands beside it, besides <see cref="Ingest.MailPayloads.EnvelopeTo"/>.</summary>
internal static class Envelope
{
    public const string From = "envelope-from";
    public const string Client = "client-ip";
    public const string Helo = "helo";
    public const string Protocol = "protocol";
    public const string Tls = "tls";

    /// <summary>Why a mail that was taken answers no mail of ours.</summary>
    public const string Backscatter = "backscatter";
}
