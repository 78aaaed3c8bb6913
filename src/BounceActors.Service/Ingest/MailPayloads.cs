using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Service.MailIn;
using BounceActors.Sources.Mail;

namespace BounceActors.Service.Ingest;

/// <summary>Reads mails out of the inbox, whichever way they came. The header <see cref="EnvelopeTo"/> holds the address a mail was received for.</summary>
internal sealed class MailPayloads(MailReader reader) : IPayloadReader
{
    /// <summary>RCPT TO of the mail, without brackets.</summary>
    public const string EnvelopeTo = "envelope-to";

    private static readonly HashSet<string> Kinds = ["mail", "smtp", "lmtp", "imap", "pop3"];

    public bool Reads(string source) => Kinds.Contains(source.Split(':', 2)[0]);

    public PayloadReading Read(StoredPayload payload)
    {
        var mail = reader.Read(payload.Body, payload.Headers.GetValueOrDefault(EnvelopeTo));
        return mail.IsPuzzling ? PayloadReading.NotUnderstood(mail.Reason) : new PayloadReading(Marked(mail.Reports, payload), [], mail.Reason);
    }

    /// <summary>A mail that answers none of ours counts, but says so.</summary>
    private static IReadOnlyList<BounceReport> Marked(IReadOnlyList<BounceReport> reports, StoredPayload payload) =>
        payload.Headers.TryGetValue(Envelope.Backscatter, out var why)
            ? [.. reports.Select(r => r with { Metadata = new Dictionary<string, string>(r.Metadata) { [Envelope.Backscatter] = why } })]
            : reports;
}
