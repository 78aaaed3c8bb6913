namespace BounceActors.Sources.Mail;

/// <summary>How a <see cref="MailReader"/> reads. Every limit cuts off quietly: what lies beyond it is not looked at.</summary>
public sealed record MailReaderOptions
{
    /// <summary>Address patterns that tell recipient, message or campaign from the address a report was sent to, tried in order.</summary>
    /// <value>None unless set: a pattern that is not the sender's own would invent recipients.</value>
    public IReadOnlyList<VerpPattern> Verp { get; init; } = [];

    /// <summary>Header of the original message that names its campaign; the first that is there counts.</summary>
    public IReadOnlyList<string> CampaignHeaders { get; init; } = ["X-Campaign", "X-Campaign-Id", "X-CampaignID", "Feedback-ID", "X-Mailer-RecptId"];

    /// <summary>Headers of the original message whose values are taken into <see cref="Domain.Reports.BounceReport.Metadata"/> as they are, under their names in lower case.</summary>
    public IReadOnlyList<string> CorrelationHeaders { get; init; } = [];

    /// <summary>Most bytes of a mail that are read.</summary>
    /// <value>50 MiB.</value>
    public int MaxBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Most levels of nested multiparts and attached messages.</summary>
    /// <value>24.</value>
    public int MaxDepth { get; init; } = 24;

    /// <summary>Most MIME parts that are looked at.</summary>
    /// <value>200.</value>
    public int MaxParts { get; init; } = 200;

    /// <summary>Most characters of text that are read from all parts together; notices are short, originals are not read.</summary>
    /// <value>262,144.</value>
    public int MaxText { get; init; } = 256 * 1024;

    /// <summary>Most recipients that one mail may report on.</summary>
    /// <value>2,000.</value>
    public int MaxRecipients { get; init; } = 2000;

    /// <summary>Longest diagnostic kept, in characters.</summary>
    /// <value>4,000.</value>
    public int MaxDiagnostic { get; init; } = 4000;

    /// <summary>The clock the age of a signed VERP address is measured by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
