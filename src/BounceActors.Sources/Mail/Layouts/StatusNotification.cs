using System.Collections.Frozen;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;
using MimeKit.Utils;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Delivery status notifications (RFC 3464), internationalised ones (RFC 6533) included; with the liberties MTAs take.</summary>
internal sealed class StatusNotification : ILayout
{
    private static readonly FrozenSet<string> PerMessageNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Reporting-MTA", "Arrival-Date", "Original-Envelope-Id", "Received-From-MTA", "DSN-Gateway", "Reporting-UA", "X-Postfix-Queue-Id", "X-Postfix-Sender", "X-Original-Message-ID");

    private static readonly FrozenSet<string> RecipientNames = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Final-Recipient", "Original-Recipient", "Action", "Status");

    private static readonly FrozenSet<string> OtherNames = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Diagnostic-Code", "Remote-MTA", "Last-Attempt-Date", "Will-Retry-Until");

    public string Name => "rfc3464";

    public IReadOnlyList<Fate> Read(OpenedMail mail) => [.. RecipientGroups(mail.Status).Select(ReadGroup)];

    /// <summary>The fields about the message as a whole: everything in front of the first recipient.</summary>
    public static Fields PerMessage(IReadOnlyList<Fields> groups)
    {
        var message = new Fields();
        foreach (var group in groups)
        {
            foreach (var (name, value) in group.All)
            {
                if (IsPerMessage(name))
                {
                    message.Add(name, value);
                }
            }
        }

        return message;
    }

    /// <summary>One group per recipient, although some MTAs run all recipients into one group and others split a recipient's fields by blank lines.</summary>
    private static List<Fields> RecipientGroups(IReadOnlyList<Fields> groups)
    {
        var recipients = new List<Fields>();
        foreach (var group in groups)
        {
            var startsRecipient = true;
            foreach (var (name, value) in group.All)
            {
                if (IsPerMessage(name))
                {
                    continue;
                }

                var current = recipients.Count > 0 ? recipients[^1] : null;
                var repeated = current?.Has(name) == true && IsRecipientField(name);
                var completesLast = current is not null && !current.Has(name) && !group.Has("Final-Recipient") && !group.Has("Original-Recipient");
                if (current is null || repeated || (startsRecipient && !completesLast && IsKnown(name)))
                {
                    current = new Fields();
                    recipients.Add(current);
                }

                startsRecipient = startsRecipient && !IsKnown(name);
                current.Add(name, value);
            }
        }

        return recipients.FindAll(r => r.Has("Final-Recipient") || r.Has("Original-Recipient") || r.Has("Action") || r.Has("Status"));
    }

    private static Fate ReadGroup(Fields fields)
    {
        var final = Addresses.FromField(fields["Final-Recipient"]);
        var original = Addresses.FromField(fields["Original-Recipient"]) ?? Addresses.FromField(fields["X-Original-Recipient"]);

        // Behind a gateway the final recipient may be a name only that host knows; the sender knows the original one
        if (original is not null && final?.Domain.Contains('.') == false)
        {
            final = null;
        }

        return new Fate
        {
            Recipient = final ?? original ?? Addresses.FromField(fields["X-Actual-Recipient"]),
            OriginalRecipient = original,
            Evidence = final is not null ? "final-recipient" : "original-recipient",
            Action = ActionOf(fields["Action"]),
            Status = fields["Status"],
            Diagnostic = DiagnosticOf(fields),
            RemoteMta = Hosts.FromField(fields["Remote-MTA"]),
            LastAttempt = DateOf(fields["Last-Attempt-Date"]),
        };
    }

    public static DateTimeOffset? DateOf(string? value) => value is not null && DateUtils.TryParse(value, out var date) ? date : null;

    private static string DiagnosticOf(Fields fields)
    {
        var best = "";
        foreach (var value in fields.Values("Diagnostic-Code"))
        {
            var semicolon = value.IndexOf(';');
            var typed = semicolon is > 0 and < 24 && value.AsSpan(0, semicolon).Trim().IndexOfAny(' ', ':', '.') < 0;
            var text = typed ? value[(semicolon + 1)..].Trim() : value.Trim();
            best = text.Length > best.Length ? text : best;
        }

        return best;
    }

    /// <summary>RFC 3464 section 2.3.3 knows five words; MTAs decorate and bend them.</summary>
    private static DsnAction? ActionOf(string? value) => value?.Trim().ToLowerInvariant() switch
    {
        null => null,
        var v when v.StartsWith("fail", StringComparison.Ordinal) || v.StartsWith("undeliver", StringComparison.Ordinal)
            || v is "expired" or "rejected" or "denied" or "bounced" or "error" => DsnAction.Failed,
        var v when v.StartsWith("delay", StringComparison.Ordinal) || v.StartsWith("deferred", StringComparison.Ordinal) => DsnAction.Delayed,
        var v when v.StartsWith("deliver", StringComparison.Ordinal) => DsnAction.Delivered,
        var v when v.StartsWith("relay", StringComparison.Ordinal) => DsnAction.Relayed,
        var v when v.StartsWith("expand", StringComparison.Ordinal) => DsnAction.Expanded,
        _ => null,
    };

    private static bool IsPerMessage(string name) => PerMessageNames.Contains(name);

    private static bool IsRecipientField(string name) => RecipientNames.Contains(name);

    private static bool IsKnown(string name) => IsRecipientField(name) || OtherNames.Contains(name);
}
