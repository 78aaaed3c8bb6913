using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>What a mail says about one recipient, as far as a layout found it.</summary>
internal sealed record Fate
{
    /// <summary>The recipient the mail names; null when it names none that is an address.</summary>
    public EmailAddress? Recipient { get; init; }

    /// <summary>The recipient as the sender had addressed it.</summary>
    public EmailAddress? OriginalRecipient { get; init; }

    public DsnAction? Action { get; init; }

    /// <summary>What the layout stands for when no action says so: a list of failures or of delays.</summary>
    public ReportOutcome? Outcome { get; init; }

    /// <summary>The value of a status field; null when the mail has none.</summary>
    public string? Status { get; init; }

    /// <summary>The reply, or the words of the MTA that gave up.</summary>
    public string Diagnostic { get; init; } = "";

    public string? RemoteMta { get; init; }

    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>The source's own class of the failure.</summary>
    public string? SourceClass { get; init; }

    /// <summary>The original sender, where the layout itself names it.</summary>
    public string? Sender { get; init; }

    /// <summary>The original message, where the layout itself names it.</summary>
    public string? MessageId { get; init; }

    /// <summary>Where the recipient was found, one of the words of <see cref="MailFacts.Evidence"/>.</summary>
    public string Evidence { get; init; } = "body";
}
