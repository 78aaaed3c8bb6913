using System.Globalization;
using System.Net;
using System.Net.Sockets;
using BounceActors.Domain;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Kinds;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>Ties what a layout found to the original message, its sender and its recipient, by the best evidence the mail has, and names that evidence.</summary>
internal sealed class Correlation
{
    private readonly MailReaderOptions _options;
    private readonly OpenedMail _mail;
    private readonly Fields _perMessage;
    private readonly VerpReading? _verp;

    public Correlation(MailReaderOptions options, OpenedMail mail, string? envelopeRecipient)
    {
        _options = options;
        _mail = mail;
        _perMessage = StatusNotification.PerMessage(mail.Status);
        _verp = ReadVerp(envelopeRecipient);
    }

    /// <summary>The finished report on one fate.</summary>
    /// <param name="layout">Name of the layout that found it.</param>
    /// <param name="fate">What was found.</param>
    /// <param name="alone">Whether the mail tells of this one recipient only, so that what names the recipient of the mail names this one.</param>
    /// <param name="index">Place of the fate in the mail, from 0.</param>
    public BounceReport Report(string layout, Fate fate, bool alone, int index)
    {
        var evidence = new List<string>();
        var recipient = Recipient(fate, alone, evidence);
        var original = _mail.Original;
        var messageId = fate.MessageId ?? MessageId(original["Message-ID"]) ?? _verp?.MessageId ?? MessageId(_perMessage["X-Original-Message-ID"]);
        var envelopeId = Xtext.Decode(_perMessage["Original-Envelope-Id"]);
        Add(evidence, envelopeId is not null, "envelope-id");
        Add(evidence, messageId is not null, "message-id");
        var sender = fate.Sender ?? Sender(evidence);
        var subject = original["Subject"];
        Add(evidence, subject is not null, "subject");
        var diagnostic = ReplyText.Collapse(fate.Diagnostic, _options.MaxDiagnostic);
        var written = StatusNotification.DateOf(_mail.Header["Date"]);
        var ownId = MessageId(_mail.Header["Message-ID"]);

        return new BounceReport
        {
            Recipient = recipient,
            Sender = sender,
            MessageId = messageId,
            OccurredAt = fate.LastAttempt ?? written ?? StatusNotification.DateOf(_perMessage["Arrival-Date"]),
            Outcome = OutcomeOf(fate, diagnostic),
            Action = fate.Action,
            SmtpCode = ReplyText.Code(diagnostic) ?? ReplyText.Code(fate.Status ?? ""),
            EnhancedCode = Codes.Enhanced(fate, diagnostic),
            Diagnostic = diagnostic,
            SourceClass = fate.SourceClass,
            Source = "mail",
            SourceEventId = ownId is null ? null : string.Create(CultureInfo.InvariantCulture, $"{ownId}/{index}"),
            Campaign = _verp?.Campaign ?? Campaign(original),
            SendingIp = SendingIp(),
            RemoteMta = fate.RemoteMta ?? Hosts.In(diagnostic),
            ReportingMta = Hosts.FromField(_perMessage["Reporting-MTA"]) ?? NoticesHost(),
            Metadata = Metadata(original),
            Mail = new MailFacts
            {
                Layout = layout,
                OriginalRecipient = fate.OriginalRecipient?.Display,
                FinalRecipient = fate.Evidence == "final-recipient" ? fate.Recipient?.Display : null,
                EnvelopeId = envelopeId,
                Subject = subject,
                ArrivalDate = StatusNotification.DateOf(_perMessage["Arrival-Date"]),
                LastAttemptDate = fate.LastAttempt,
                Status = fate.Status,
                FeedbackType = _mail.Feedback?["Feedback-Type"]?.ToLowerInvariant(),
                Verp = _verp?.Trust.ToWire(),
                Evidence = evidence,
            },
        };
    }

    private EmailAddress? Recipient(Fate fate, bool alone, List<string> evidence)
    {
        Add(evidence, _verp is { Trust: VerpTrust.Forged or VerpTrust.Expired }, $"verp-{_verp?.Trust.ToWire()}");
        if (alone && _verp?.Recipient is { } own)
        {
            evidence.Add("verp");
            Add(evidence, fate.Recipient is not null, fate.Evidence);
            return own;
        }

        if (fate.Recipient is { } named)
        {
            evidence.Add(fate.Evidence);
            return named;
        }

        if (fate.OriginalRecipient is { } original)
        {
            evidence.Add("original-recipient");
            return original;
        }

        // What was blackened on purpose (RFC 6590) is not to be guessed
        if (!alone || fate.Evidence == FeedbackReports.Redacted)
        {
            return null;
        }

        // Further away the evidence speaks of the message, so it counts only when it leaves no choice
        foreach (var (value, name) in (ReadOnlySpan<(string?, string)>)[(_mail.Header["X-Failed-Recipients"], "failed-recipients"), (_mail.Original["X-Original-To"] ?? _mail.Original["Delivered-To"], "original-delivered-to"), (_mail.Original["To"], "original-to")])
        {
            if (Addresses.InHeader(value).Distinct().Take(2).ToList() is [var only])
            {
                evidence.Add(name);
                return only;
            }
        }

        return null;
    }

    private string? Sender(List<string> evidence)
    {
        foreach (var (value, name) in (ReadOnlySpan<(string?, string)>)[
            (_mail.Feedback?["Original-Mail-From"], "original-mail-from"),
            (_perMessage["X-Postfix-Sender"], "x-postfix-sender"),
            (_mail.Original["Return-Path"], "original-return-path"),
            (_mail.Original["From"], "original-from"),
            (_mail.Original["Sender"], "original-sender"),
            (_mail.Header["To"], "report-to")])
        {
            if (Addresses.FromField(value) is { } address)
            {
                evidence.Add(name);
                return address.Display;
            }
        }

        return null;
    }

    private static ReportOutcome? OutcomeOf(Fate fate, string diagnostic)
    {
        var outcome = fate.Action switch
        {
            DsnAction.Failed => ReportOutcome.Bounce,
            DsnAction.Delayed => ReportOutcome.Delay,
            DsnAction.Delivered or DsnAction.Relayed or DsnAction.Expanded => ReportOutcome.Delivered,
            _ => fate.Outcome,
        };
        return outcome == ReportOutcome.Delay && NoticeWords.SaysGivenUp(diagnostic) ? ReportOutcome.Bounce : outcome;
    }

    /// <summary>A mail system without a status part names its host in the address it writes from.</summary>
    private string? NoticesHost() =>
        _mail.IsDaemon && Addresses.FromField(_mail.From) is { } from && from.Domain.Contains('.') ? from.Domain : null;

    private string? Campaign(Fields original)
    {
        foreach (var name in _options.CampaignHeaders)
        {
            if (original[name] is { } value)
            {
                return ReplyText.Collapse(value, 256);
            }
        }

        return null;
    }

    private IReadOnlyDictionary<string, string> Metadata(Fields original)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var name in _options.CorrelationHeaders)
        {
            if (original[name] is { } value)
            {
                metadata[name.ToLowerInvariant()] = ReplyText.Collapse(value, 1024);
            }
        }

        return metadata;
    }

    /// <summary>The address the receiving side saw us under: it says so itself, or its first trace line does.</summary>
    private string? SendingIp()
    {
        if (PublicIp(_mail.Feedback?["Source-IP"]) is { } source)
        {
            return source;
        }

        foreach (var received in _mail.Original.Values("Received").Take(1).Append(_perMessage["Received-From-MTA"] ?? ""))
        {
            var by = received.IndexOf(" by ", StringComparison.OrdinalIgnoreCase);
            var from = by < 0 ? received : received[..by];
            for (var open = from.IndexOfAny(['[', '(']); open >= 0; open = from.IndexOfAny(['[', '('], open + 1))
            {
                var close = from.IndexOfAny([']', ')', ' '], open + 1);
                if (close > 0 && PublicIp(from[(open + 1)..close]) is { } ip)
                {
                    return ip;
                }
            }
        }

        return null;
    }

    private static string? PublicIp(string? text)
    {
        text = text?.Trim().Trim('[', ']');
        if (text is null || text.Length > 45 || !text.AsSpan().ContainsAny('.', ':'))
        {
            return null;
        }

        text = text.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? text[5..] : text;
        if (!IPAddress.TryParse(text, out var ip) || IPAddress.IsLoopback(ip))
        {
            return null;
        }

        var bytes = ip.GetAddressBytes();
        var isPrivate = ip.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] is 10 or 127 or 0 || (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31) || (bytes[0] == 100 && bytes[1] is >= 64 and <= 127) || (bytes[0] == 169 && bytes[1] == 254)
            : ip.IsIPv6LinkLocal || (bytes[0] & 0xfe) == 0xfc;
        return isPrivate ? null : ip.ToString();
    }

    private VerpReading? ReadVerp(string? envelopeRecipient)
    {
        if (_options.Verp.Count == 0)
        {
            return null;
        }

        var now = _options.Clock.GetUtcNow();
        var candidates = (string?[])[envelopeRecipient, .. ((string[])["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc"]).SelectMany(_mail.Header.Values), _mail.Original["Return-Path"]];
        VerpReading? refused = null;
        foreach (var candidate in candidates.SelectMany(c => Addresses.InHeader(c)).Take(50))
        {
            foreach (var pattern in _options.Verp)
            {
                var reading = pattern.Read(candidate.Display, now);
                if (reading is { Trust: VerpTrust.Verified or VerpTrust.Unsigned })
                {
                    return reading;
                }

                refused ??= reading;
            }
        }

        return refused;
    }

    private static string? MessageId(string? value)
    {
        var id = value?.Trim();
        if (id is null)
        {
            return null;
        }

        var open = id.IndexOf('<');
        var close = id.IndexOf('>', open + 1);
        id = open >= 0 && close > open ? id[(open + 1)..close] : id.Trim('<', '>');
        return id.Length is > 0 and <= 998 ? id.Trim() : null;
    }

    private static void Add(List<string> evidence, bool isThere, string name)
    {
        if (isThere)
        {
            evidence.Add(name);
        }
    }
}
