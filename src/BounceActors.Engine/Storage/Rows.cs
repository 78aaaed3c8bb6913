using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;

namespace BounceActors.Engine.Storage;

/// <summary>The one row that knows an address.</summary>
/// <param name="Key">The recipient.</param>
/// <param name="Tenant">Whose recipient it is.</param>
/// <param name="Address">The address as it was given.</param>
/// <param name="FirstSeen">When it was seen first.</param>
public sealed record DirectoryEntry(RecipientKey Key, string Tenant, string Address, DateTimeOffset FirstSeen);

/// <summary>An event on its way from the journal into the read tables.</summary>
/// <param name="Offset">Its place in the projection's stream.</param>
/// <param name="SequenceNr">Its place in the recipient's history, from 1.</param>
/// <param name="Event">The event.</param>
public sealed record ProjectedEvent(long Offset, long SequenceNr, RecipientEvents.Event Event);

/// <summary>An event as it is on the wire.</summary>
/// <param name="Manifest">What <paramref name="Payload"/> is, e.g. <c>recipient.report-recorded.v1</c>.</param>
/// <param name="Payload">Its bytes.</param>
public readonly record struct SerializedEvent(string Manifest, byte[] Payload);

/// <summary>What a batch did.</summary>
/// <param name="Applied">Events written.</param>
/// <param name="Skipped">Events passed over because they were written before.</param>
/// <param name="Gaps">Recipients of whom an event is missing before one that was written: they must be projected anew.</param>
public sealed record ProjectionResult(int Applied, int Skipped, IReadOnlyList<RecipientKey> Gaps);

/// <summary>How far a projection is.</summary>
/// <param name="Projection">Its name.</param>
/// <param name="Offset">The last offset it has written.</param>
/// <param name="UpdatedAt">When.</param>
public sealed record ProjectionOffset(string Projection, long Offset, DateTimeOffset UpdatedAt);

/// <summary>What an event of a recipient is.</summary>
public enum HistoryKind
{
    /// <summary>A report.</summary>
    ReportRecorded,

    /// <summary>Somebody suppressed the recipient.</summary>
    SuppressionAdded,

    /// <summary>Somebody lifted suppressions.</summary>
    SuppressionLifted,

    /// <summary>Somebody confirmed or corrected a report.</summary>
    ReportReviewed,
}

/// <summary>One event of a recipient. What reports have alone is null for other events.</summary>
public sealed record HistoryRow
{
    public RecipientKey RecipientKey { get; init; }

    public long SequenceNr { get; init; }

    public string Tenant { get; init; } = "";

    public Guid EventId { get; init; }

    public HistoryKind Kind { get; init; }

    public DateTimeOffset OccurredAt { get; init; }

    public DateTimeOffset RecordedAt { get; init; }

    public ReportOutcome? Outcome { get; init; }

    public BounceCategory? Category { get; init; }

    public string? Rule { get; init; }

    public string? Source { get; init; }

    public string? MessageId { get; init; }

    /// <summary>What <see cref="Payload"/> is.</summary>
    public string Manifest { get; init; } = "";

    /// <summary>The whole event, as it is in the journal.</summary>
    public byte[] Payload { get; init; } = [];
}

/// <summary>One thing that keeps a recipient from being mailed.</summary>
public sealed record SuppressionRow
{
    public RecipientKey RecipientKey { get; init; }

    /// <summary>Place among the recipient's suppressions, strongest first, from 0.</summary>
    public long Ordinal { get; init; }

    public string Tenant { get; init; } = "";

    public SuppressionLevel Level { get; init; }

    public string? Stream { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string Reason { get; init; } = "";

    public DateTimeOffset Since { get; init; }

    public string? Actor { get; init; }

    public IReadOnlyList<Guid> Causes { get; init; } = [];

    /// <summary>The suppression in the domain's words.</summary>
    public Suppression ToSuppression() => new(Level, Stream, Until, Reason, Since, Actor, Causes);
}

/// <summary>What a retry is known by everywhere: <c>recipient:message:attempt</c>. Message ids over 200 characters stand as their SHA-256.</summary>
public readonly record struct RetryId(string Value)
{
    private const int LongestMessageId = 200;

    /// <summary>The id of a retry.</summary>
    public static RetryId Of(RecipientKey key, string messageId, int attempt)
    {
        var clean = Batch<string>.Clean(messageId)!;
        var message = clean.Length <= LongestMessageId ? clean : $"sha256-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clean)))}";
        return new RetryId($"{key}:{message}:{attempt}");
    }

    /// <summary>The order that pages are in; in a query the database's own.</summary>
    public static bool operator >(RetryId a, RetryId b) => string.CompareOrdinal(a.Value, b.Value) > 0;

    /// <inheritdoc cref="op_GreaterThan"/>
    public static bool operator <(RetryId a, RetryId b) => b > a;

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The life of a retry: pending → emitted → leased → acknowledged; a lease that runs out is open to be leased again; pending → cancelled.</summary>
public enum RetryState
{
    /// <summary>Waits for its time.</summary>
    Pending,

    /// <summary>Its time has come, and it was announced.</summary>
    Emitted,

    /// <summary>Somebody has taken it on.</summary>
    Leased,

    /// <summary>It was carried out.</summary>
    Acknowledged,

    /// <summary>It was no longer wanted when its time came, or before.</summary>
    Cancelled,
}

/// <summary>A retry.</summary>
public sealed record RetryRow
{
    public RetryId Id { get; init; }

    public RecipientKey RecipientKey { get; init; }

    public string Tenant { get; init; } = "";

    public string MessageId { get; init; } = "";

    public int Attempt { get; init; }

    public string? Stream { get; init; }

    public DateTimeOffset DueAt { get; init; }

    /// <summary>The report that asked for it.</summary>
    public Guid ReportId { get; init; }

    /// <summary>When the last try failed.</summary>
    public DateTimeOffset BouncedAt { get; init; }

    /// <summary>Why the last try failed.</summary>
    public BounceCategory Category { get; init; }

    public RetryState State { get; init; }

    /// <summary>Why it was cancelled: <c>delivered</c>, <c>superseded</c>, or what the entity or scheduler said.</summary>
    public string? Reason { get; init; }

    public DateTimeOffset? EmittedAt { get; init; }

    public string? LeaseOwner { get; init; }

    public DateTimeOffset? LeasedUntil { get; init; }

    /// <summary>When it was acknowledged or cancelled.</summary>
    public DateTimeOffset? ClosedAt { get; init; }
}

/// <summary>What became of an acknowledgement.</summary>
public enum Acknowledgement
{
    /// <summary>It is acknowledged, now or already before by the same owner.</summary>
    Acknowledged,

    /// <summary>The owner does not hold it.</summary>
    NotLeasedByYou,

    /// <summary>The tenant has no such retry.</summary>
    Unknown,
}

/// <summary>State of a report in the review queue.</summary>
public enum ReviewState
{
    /// <summary>Nobody has looked yet.</summary>
    Open,

    /// <summary>Somebody has.</summary>
    Resolved,
}

/// <summary>A report that a person should look at.</summary>
public sealed record ReviewRow
{
    public Guid ReportId { get; init; }

    public RecipientKey RecipientKey { get; init; }

    public string Tenant { get; init; } = "";

    public ReviewState State { get; init; }

    /// <summary>50 to 100, most urgent highest.</summary>
    public int Priority { get; init; }

    public DateTimeOffset OccurredAt { get; init; }

    public DateTimeOffset RecordedAt { get; init; }

    public string? MessageId { get; init; }

    /// <summary>The category it was given.</summary>
    public BounceCategory Category { get; init; }

    public string Rule { get; init; } = "";

    public double Confidence { get; init; }

    public string? Provider { get; init; }

    public string Source { get; init; } = "";

    public int? SmtpCode { get; init; }

    public string? EnhancedCode { get; init; }

    /// <summary>The reply, masked.</summary>
    public string Diagnostic { get; init; } = "";

    /// <summary>The category a person said is right; the same as <see cref="Category"/> when it was confirmed.</summary>
    public BounceCategory? CorrectedCategory { get; init; }

    public string? ResolvedBy { get; init; }

    public string? ResolvedReason { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }
}

/// <summary>How many reports of a category a provider gave about a sending domain in one hour.</summary>
public sealed record SenderStatRow
{
    public string Tenant { get; init; } = "";

    public string Domain { get; init; } = "";

    /// <summary>Start of the hour.</summary>
    public DateTimeOffset Hour { get; init; }

    /// <summary>Mailbox provider; empty when not known.</summary>
    public string Provider { get; init; } = "";

    public BounceCategory Category { get; init; }

    public long Count { get; init; }
}

/// <summary>Something others are told.</summary>
public sealed record OutboxRow
{
    /// <summary>Grows with every row that becomes visible: who has read up to a position has missed nothing before it.</summary>
    public long Position { get; init; }

    /// <summary>By which a receiver knows a repetition.</summary>
    public string UniqueId { get; init; } = "";

    /// <summary>One of <see cref="OutboxTypes"/>.</summary>
    public string Type { get; init; } = "";

    public string Tenant { get; init; } = "";

    /// <summary>The recipient it is about; null when it is about a sender.</summary>
    public RecipientKey? RecipientKey { get; init; }

    /// <summary>JSON object, without addresses.</summary>
    public string Payload { get; init; } = "{}";

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The types of outbox rows.</summary>
public static class OutboxTypes
{
    public const string RetryDue = "retry.due";
    public const string RecipientSuppressed = "recipient.suppressed";
    public const string RecipientRemoved = "recipient.removed";
    public const string SenderAlert = "sender.alert";
    public const string SourceSilent = "source.silent";
    public const string SourceFailing = "source.failing";
}

/// <summary>What metrics show of the read tables.</summary>
/// <param name="RetriesPending">Retries that wait for their time.</param>
/// <param name="RetriesDue">Of these, retries whose time has come.</param>
/// <param name="RetriesOpen">Retries announced or leased, and not acknowledged.</param>
/// <param name="ReviewsOpen">Reports that wait for a person.</param>
/// <param name="OutboxPosition">Position of the last outbox row; 0 when there is none.</param>
public sealed record StoreCounts(long RetriesPending, long RetriesDue, long RetriesOpen, long ReviewsOpen, long OutboxPosition);
