using MimeKit;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>A mail taken apart into what a report can be read from.</summary>
internal sealed record OpenedMail
{
    /// <summary>The mail's own header, decoded and unfolded.</summary>
    public required Fields Header { get; init; }

    /// <summary>Its media type, lower case, e.g. <c>multipart/report</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>The <c>report-type</c> of a multipart/report (RFC 6522), lower case; empty when there is none.</summary>
    public required string ReportType { get; init; }

    /// <summary>What a person reads: the text in front of the original message.</summary>
    public required Notice Notice { get; init; }

    /// <summary>The groups of fields of all status parts (RFC 3464), in order.</summary>
    public required IReadOnlyList<Fields> Status { get; init; }

    /// <summary>The fields of the feedback part (RFC 5965); null when there is none.</summary>
    public required Fields? Feedback { get; init; }

    /// <summary>Whether it has a disposition part (RFC 8098).</summary>
    public required bool HasDisposition { get; init; }

    /// <summary>The header of the original message, wherever it was found; empty when nowhere.</summary>
    public required Fields Original { get; init; }

    /// <summary>The text behind the notice: an original, or a mail somebody forwarded, without its header.</summary>
    public string AfterNotice { get; init; } = "";

    /// <summary>Messages attached whole.</summary>
    public required IReadOnlyList<MimeMessage> Attached { get; init; }

    public string Subject => Header["Subject"] ?? "";

    public string From => Header["From"] ?? "";
}
