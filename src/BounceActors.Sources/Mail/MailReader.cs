using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail;

/// <summary>
/// Reads what a mail reports: bounces, delays, deliveries, complaints, automatic replies, challenges and opt-outs.
/// Any bytes are taken; no exception comes out. Safe to share between threads.
/// </summary>
/// <remarks>Facts are reported as they stand in the mail; a code or address that is not there is null.</remarks>
public sealed class MailReader
{
    private readonly MailReaderOptions _options;
    private readonly MailOpener _opener;

    /// <param name="options">How to read; the defaults of <see cref="MailReaderOptions"/> unless given.</param>
    public MailReader(MailReaderOptions? options = null)
    {
        _options = options ?? new MailReaderOptions();
        _opener = new MailOpener(_options);
    }

    /// <summary>Reads one mail (RFC 5322), with or without an mbox line in front.</summary>
    /// <param name="mail">Its bytes, with any line ends.</param>
    public MailReading Read(ReadOnlyMemory<byte> mail) => Read(mail, null);

    /// <summary>Reads one mail that was received for a known address.</summary>
    /// <param name="mail">Its bytes, with any line ends.</param>
    /// <param name="envelopeRecipient">The address it was sent to (RCPT TO), for <see cref="MailReaderOptions.Verp"/>; null when not known.</param>
    public MailReading Read(ReadOnlyMemory<byte> mail, string? envelopeRecipient)
    {
        try
        {
            return Read(_opener.Open(mail), envelopeRecipient);
        }
        catch (Exception problem) when (problem is FormatException or ArgumentException or InvalidOperationException or IOException or NotSupportedException or IndexOutOfRangeException or NullReferenceException or InvalidCastException or OverflowException)
        {
            // What a parser makes of hostile bytes cannot be known; a mail it cannot read is no report, and never an outage
            return MailReading.NotAReport($"cannot be read as a mail ({problem.GetType().Name})");
        }
    }

    /// <summary>Reads one mail from a stream, up to <see cref="MailReaderOptions.MaxBytes"/>.</summary>
    /// <param name="mail">The mail; read to its end or the limit, not closed.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public MailReading Read(Stream mail) => Read(BoundedStream.ReadAll(mail, _options.MaxBytes));

    private MailReading Read(OpenedMail mail, string? envelopeRecipient)
    {
        var status = new StatusNotification();
        var fates = status.Read(mail);
        if (fates.Count == 0)
        {
            return MailReading.NotAReport("ordinary mail");
        }

        var correlation = new Correlation(_options, mail, envelopeRecipient);
        var reports = fates.Take(_options.MaxRecipients).Select((fate, i) => correlation.Report(status.Name, fate, fates.Count == 1, i)).ToList();
        return new MailReading(reports, "delivery status notification (RFC 3464)");
    }
}
