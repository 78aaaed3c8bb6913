using BounceActors.Sources.Mail.Kinds;
using MimeKit;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>A mail taken apart into what a report can be read from.</summary>
internal sealed record OpenedMail
{
    private bool? _isDaemon;
    private bool? _isMailSystem;

    /// <summary>The mail's own header, decoded and unfolded.</summary>
    public required Fields Header { get; init; }

    /// <summary>Its media type, lower case, e.g. <c>multipart/report</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>The <c>report-type</c> of a multipart/report (RFC 6522), lower case; empty when there is none.</summary>
    public required string ReportType { get; init; }

    /// <summary>The words for people; read when somebody asks, because a complete status part makes them needless.</summary>
    public required Lazy<Words> Words { get; init; }

    /// <summary>What a person reads: the text in front of the original message.</summary>
    public Notice Notice => Words.Value.Notice;

    /// <summary>The groups of fields of all status parts (RFC 3464), in order.</summary>
    public required IReadOnlyList<Fields> Status { get; init; }

    /// <summary>The fields of the feedback part (RFC 5965); null when there is none.</summary>
    public required Fields? Feedback { get; init; }

    /// <summary>Whether it has a disposition part (RFC 8098).</summary>
    public required bool HasDisposition { get; init; }

    /// <summary>The header of the original message, wherever it was found; empty when nowhere.</summary>
    public Fields Original => AttachedOriginal ?? Words.Value.Original;

    /// <summary>The header of the original message where it has a part of its own; null otherwise.</summary>
    public required Fields? AttachedOriginal { get; init; }

    /// <summary>The text behind the notice: an original, or a mail somebody forwarded, without its header.</summary>
    public string AfterNotice => Words.Value.AfterNotice;

    /// <summary>Messages attached whole.</summary>
    public required IReadOnlyList<MimeMessage> Attached { get; init; }

    /// <summary>Whether it is from an address that only mail systems write from.</summary>
    public bool IsDaemon => _isDaemon ??= Origin.IsDaemon(this);

    /// <summary>Whether a mail system wrote it.</summary>
    public bool IsMailSystem => _isMailSystem ??= Origin.IsMailSystem(this);

    public string Subject => Header["Subject"] ?? "";

    public string From => Header["From"] ?? "";
}
