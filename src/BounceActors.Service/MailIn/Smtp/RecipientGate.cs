using BounceActors.Domain;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>Whether mail for an address is taken.</summary>
/// <param name="Refusal">The reply that refuses it; null when it is taken.</param>
/// <param name="Reason">Why it is refused, dropped or marked, in one word for the metrics.</param>
/// <param name="Drop">Whether it is forgotten after it was taken.</param>
internal sealed record GateVerdict(string? Refusal, string? Reason = null, bool Drop = false)
{
    public static readonly GateVerdict Taken = new((string?)null);
}

/// <summary>
/// Says which addresses are ours. Everything else is relaying, and refused. Where return paths are signed, only those we made are believed:
/// whatever else comes back answers mail somebody else sent under our name (backscatter).
/// </summary>
internal sealed class RecipientGate
{
    private readonly SmtpOptions _options;
    private readonly IReadOnlyList<VerpPattern> _verp;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _domains;
    private readonly HashSet<string> _feedback;
    private readonly HashSet<string> _signedDomains;

    public RecipientGate(SmtpOptions options, IReadOnlyList<VerpPattern> verp, TimeProvider time)
    {
        _options = options;
        _verp = verp;
        _time = time;
        _domains = new(options.Domains, StringComparer.OrdinalIgnoreCase);
        _feedback = new(options.FeedbackAddresses.Select(a => a.TrimStart('@')), StringComparer.OrdinalIgnoreCase);
        _signedDomains = new(verp.Where(p => p.Pattern.Contains("{signature}", StringComparison.Ordinal)).Select(p => DomainOf(p.Pattern)), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Looks at one recipient of a mail.</summary>
    /// <param name="sender">MAIL FROM; empty for the null sender.</param>
    /// <param name="recipient">RCPT TO.</param>
    public GateVerdict Look(string sender, SmtpPath recipient)
    {
        var address = recipient.Address;
        if (_feedback.Contains(address) || _feedback.Contains(recipient.Domain) || IsPostmaster(recipient))
        {
            return GateVerdict.Taken;
        }

        var (pattern, reading) = Read(address);
        if (reading is null && !_domains.Contains(recipient.Domain))
        {
            return new GateVerdict("550 5.7.1 Relaying denied", "relay");
        }

        if (_options.NullSenderOnly && sender.Length > 0)
        {
            return new GateVerdict("550 5.7.1 Only mail from the null sender is taken here", "sender");
        }

        var doubt = reading switch
        {
            { Trust: VerpTrust.Forged or VerpTrust.Expired } => reading.Trust.ToWire(),
            { Recipient: { } named } when IsOurs(named) => "implausible",
            { Recipient: null } when pattern!.Contains("{local}", StringComparison.Ordinal) => "implausible",
            { Trust: VerpTrust.Verified } => null,
            null or { Trust: VerpTrust.Unsigned } when _signedDomains.Contains(recipient.Domain) => "unsigned",
            _ => null,
        };
        return doubt is null ? GateVerdict.Taken : _options.Backscatter switch
        {
            BackscatterAction.Refuse => new GateVerdict("550 5.7.1 This address was not made by us, or too long ago", doubt),
            BackscatterAction.Drop => new GateVerdict(null, doubt, Drop: true),
            _ => new GateVerdict(null, doubt),
        };
    }

    /// <summary>What the patterns say; the first one that believes it counts, as when the mail is read.</summary>
    private (string? Pattern, VerpReading? Reading) Read(string address)
    {
        (string? Pattern, VerpReading? Reading) refused = default;
        var now = _time.GetUtcNow();
        foreach (var pattern in _verp)
        {
            var reading = pattern.Read(address, now);
            if (reading is { Trust: VerpTrust.Verified or VerpTrust.Unsigned })
            {
                return (pattern.Pattern, reading);
            }

            refused = refused.Reading is null && reading is not null ? (pattern.Pattern, reading) : refused;
        }

        return refused;
    }

    /// <summary>Nobody's bounces are sent to addresses of bounces.</summary>
    private bool IsOurs(EmailAddress named) => _domains.Contains(named.Domain) || _signedDomains.Contains(named.Domain);

    /// <summary>RFC 5321 section 4.5.1.</summary>
    private bool IsPostmaster(SmtpPath recipient) =>
        recipient.Address.Equals("postmaster", StringComparison.OrdinalIgnoreCase)
        || (recipient.Address.StartsWith("postmaster@", StringComparison.OrdinalIgnoreCase) && _domains.Contains(recipient.Domain));

    private static string DomainOf(string pattern) => pattern[(pattern.LastIndexOf('@') + 1)..];
}
