namespace BounceActors.Engine.Inbox;

/// <summary>How far a payload has come.</summary>
public enum InboxState
{
    /// <summary>Stored; not decided yet, or not all of it.</summary>
    Pending,

    /// <summary>Everything in it is decided.</summary>
    Done,

    /// <summary>Decided but for parts that were not understood or name no recipient.</summary>
    Partial,

    /// <summary>Not understood, or given up: a dead letter.</summary>
    Dead,
}

/// <summary>A payload in the inbox, without its body.</summary>
public sealed record InboxEntry
{
    public required Guid Id { get; init; }

    public required string Tenant { get; init; }

    public required string Source { get; init; }

    public required string Account { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public required InboxState State { get; init; }

    /// <summary>Bytes of the body.</summary>
    public required long Size { get; init; }

    public required long Attempts { get; init; }

    /// <summary>Reports that were decided.</summary>
    public required long Reports { get; init; }

    /// <summary>Parts that were not; <see cref="Problems"/> lists the first hundred.</summary>
    public required long ProblemCount { get; init; }

    public required IReadOnlyList<PayloadProblem> Problems { get; init; }

    public string? Note { get; init; }

    /// <summary>When a pending one is tried again if nobody works on it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>Which payloads.</summary>
public sealed record InboxFilter
{
    public string? Tenant { get; init; }

    public string? Source { get; init; }

    public string? Account { get; init; }

    /// <summary>Received at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Received before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>In any of these states; empty: in any.</summary>
    public IReadOnlyList<InboxState> States { get; init; } = [];

    public Guid? Id { get; init; }

    public Guid? ReplayId { get; init; }
}

/// <summary>How many payloads of a source and account are in a state.</summary>
public sealed record InboxCount(string Tenant, string Source, string Account, InboxState State, long Count, DateTimeOffset Oldest, DateTimeOffset Latest);

/// <summary>A payload about to be stored.</summary>
internal sealed record NewPayload(Guid Id, InboxPayload Payload, string? DedupeKey, string Headers, string Encoding, byte[] Bytes, DateTimeOffset DueAt);

/// <summary>What became of a payload.</summary>
internal sealed record PayloadOutcome(
    StoredPayload Payload,
    InboxState State,
    DateTimeOffset? DueAt,
    long Reports,
    IReadOnlyList<PayloadProblem> Problems,
    string? Note,
    SettledReports Settled,
    DateTimeOffset At);
