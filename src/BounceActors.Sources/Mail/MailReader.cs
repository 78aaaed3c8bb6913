using System.Text;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Kinds;
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
    /// <summary>How deep a forwarded report may be wrapped.</summary>
    private const int MaxForwards = 3;

    private const string UnknownReason = "notice in an unknown layout: recipient and reply by their places";

    private static readonly FeedbackReports Feedback = new();
    private static readonly StatusNotification Status = new();
    private static readonly ILayout[] Answers = [new Challenges(), new Unsubscribes(), new AutoReplies()];
    private static readonly SesNotification Event = new();
    private static readonly ListManager Lists = new();
    private static readonly Generic Unknown = new();

    private readonly MailReaderOptions _options;
    private readonly MailOpener _opener;

    /// <summary>Before the first mail is parsed: the parser remembers which charsets it could not find.</summary>
    static MailReader() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

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
            var opened = _opener.Open(mail, out var parsed);
            using (parsed)
            {
                return Read(opened, envelopeRecipient, 0);
            }
        }
        catch (Exception problem) when (problem is FormatException or ArgumentException or InvalidOperationException or IOException or NotSupportedException or IndexOutOfRangeException or NullReferenceException or InvalidCastException or OverflowException)
        {
            // What a parser makes of hostile bytes cannot be known; a mail it cannot read is no report, and never an outage
            return MailReading.Puzzling($"cannot be read as a mail ({problem.GetType().Name})");
        }
    }

    /// <summary>Reads one mail from a stream, up to <see cref="MailReaderOptions.MaxBytes"/>.</summary>
    /// <param name="mail">The mail; read to its end or the limit, not closed.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public MailReading Read(Stream mail) => Read(BoundedStream.ReadAll(mail, _options.MaxBytes));

    /// <summary>Asks each kind in turn; the first that recognises the mail decides.</summary>
    private MailReading Read(OpenedMail mail, string? envelopeRecipient, int depth)
    {
        if (Feedback.Read(mail) is { Count: > 0 } complaints)
        {
            return Reading(mail, envelopeRecipient, Feedback.Name, complaints, "feedback report (RFC 5965)");
        }

        if (mail.HasDisposition || mail.ReportType == "disposition-notification")
        {
            return MailReading.NotAReport("disposition notification (RFC 8098): somebody read or deleted the message");
        }

        if (Status.Read(mail) is { Count: > 0 } fates)
        {
            return Reading(mail, envelopeRecipient, Status.Name, Completion.Complete(mail, fates), "delivery status notification (RFC 3464)");
        }

        if (Event.Read(mail) is { Count: > 0 } events)
        {
            return Reading(mail, envelopeRecipient, Event.Name, events, "event of Amazon SES in JSON");
        }

        if (Lists.Read(mail) is { Count: > 0 } refused)
        {
            return Reading(mail, envelopeRecipient, Lists.Name, refused, "refusal by a mailing-list manager");
        }

        var fromMailSystem = mail.IsMailSystem;
        if (fromMailSystem && LayoutTable.Read(mail) is { } told && IsGrounded(mail, told.Fates))
        {
            return Reading(mail, envelopeRecipient, told.Layout.Name, told.Fates, $"notice in the layout of {told.Layout.Name}");
        }

        if (mail.IsDaemon && Unknown.Read(mail) is { Count: > 0 } guess)
        {
            return Reading(mail, envelopeRecipient, Unknown.Name, guess, UnknownReason);
        }

        foreach (var kind in Answers)
        {
            if (kind.Read(mail) is { Count: > 0 } answers)
            {
                return Reading(mail, envelopeRecipient, kind.Name, answers, kind.Name);
            }
        }

        if (depth < MaxForwards)
        {
            foreach (var inner in Forwards.Within(mail, _opener))
            {
                if (Read(inner, envelopeRecipient, depth + 1) is { Reports.Count: > 0 } forwarded)
                {
                    return forwarded with { Reason = $"forwarded: {forwarded.Reason}" };
                }
            }
        }

        if (fromMailSystem && Unknown.Read(mail) is { Count: > 0 } guessed && IsGrounded(mail, guessed))
        {
            return Reading(mail, envelopeRecipient, Unknown.Name, guessed, UnknownReason);
        }

        if (fromMailSystem && Generic.FromOriginal(mail) is { Count: > 0 } shown)
        {
            return Reading(mail, envelopeRecipient, Unknown.Name, shown, "notice that names no recipient: taken from the message it shows");
        }

        return fromMailSystem ? MailReading.Puzzling("written by a mail system, but names no recipient whose fate it tells") : MailReading.NotAReport("ordinary mail");
    }

    /// <summary>A subject like "Delivery failed" is also what parcel services write: then a reply or an original must be there too.</summary>
    private static bool IsGrounded(OpenedMail mail, IReadOnlyList<Fate> fates) =>
        mail.IsDaemon || mail.Original.Count > 0 || fates.Any(f => f.Recipient is not null && (ReplyText.HasReply(f.Diagnostic) || Origin.IsNullPath(mail.Header["Return-Path"])));

    private MailReading Reading(OpenedMail mail, string? envelopeRecipient, string layout, IReadOnlyList<Fate> fates, string reason)
    {
        var correlation = new Correlation(_options, mail, envelopeRecipient);
        return new MailReading([.. fates.Take(_options.MaxRecipients).Select((fate, i) => correlation.Report(layout, fate, fates.Count == 1, i))], reason);
    }
}
