using BounceActors.Domain.Reports;

namespace BounceActors.Engine.Inbox;

/// <summary>Something a source sent, as it came: one webhook request, one mail, one piece of a log.</summary>
public sealed record InboxPayload
{
    /// <summary>Most characters of a source's or an account's name.</summary>
    public const int MaxName = 200;

    public required string Tenant { get; init; }

    /// <summary>Which source, e.g. <c>sendgrid</c>, <c>smtp</c>, <c>imap:box</c>. What stands before a colon picks the reader.</summary>
    public required string Source { get; init; }

    /// <summary>Which account of the source; empty for the only one.</summary>
    public string Account { get; init; } = "";

    public string? ContentType { get; init; }

    /// <summary>What the reader needs besides the body: headers of a request, the envelope of a mail. Never credentials.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The source's own name for this payload, if it has one that never changes (IMAP folder and uid, webhook id); a payload whose key is known is not stored again.</summary>
    public string? DedupeKey { get; init; }
}

/// <summary>Where a payload is.</summary>
/// <param name="Id">Its id in the inbox.</param>
/// <param name="Repeated">Whether it was there before, by its <see cref="InboxPayload.DedupeKey"/>.</param>
public sealed record InboxReceipt(Guid Id, bool Repeated);

/// <summary>A payload out of the inbox, on its way to a decision.</summary>
public sealed record StoredPayload
{
    public required Guid Id { get; init; }

    public required string Tenant { get; init; }

    public required string Source { get; init; }

    public required string Account { get; init; }

    public string? ContentType { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How often it was tried before.</summary>
    public int Attempts { get; init; }

    /// <summary>Grows with every claim and replay, so that a worker whose lease is over cannot close what another has taken.</summary>
    internal long Generation { get; init; }

    /// <summary>What earlier attempts decided already.</summary>
    internal SettledReports Settled { get; init; } = SettledReports.None;

    /// <summary>The queue it waits in.</summary>
    internal Lane Lane => new(Tenant, Source);
}

/// <summary>Whose payloads share a queue: a flood in one lane does not hold up another.</summary>
internal readonly record struct Lane(string Tenant, string Source);

/// <summary>Reads the payloads of some sources. Pure; takes any bytes, and says what it did not understand. Register one per kind of source.</summary>
public interface IPayloadReader
{
    /// <summary>Whether this reader is for a source, e.g. <c>sendgrid</c> or <c>imap:box</c>.</summary>
    bool Reads(string source);

    /// <summary>Reads a payload.</summary>
    PayloadReading Read(StoredPayload payload);
}

/// <summary>What a payload says.</summary>
/// <param name="Reports">
/// One report per event and recipient. A report without <see cref="BounceReport.SourceEventId"/> gets one of the payload's id and its place among the
/// reports on the same recipient, so that reading the payload again repeats it. One without a recipient becomes an orphan.
/// </param>
/// <param name="Problems">Parts that were not understood. With no report at all, the payload goes to the dead letters.</param>
/// <param name="Note">For a person: what it was read as. Holds no address.</param>
public sealed record PayloadReading(IReadOnlyList<BounceReport> Reports, IReadOnlyList<PayloadProblem> Problems, string? Note = null)
{
    /// <summary>Nothing of it could be understood.</summary>
    public static PayloadReading NotUnderstood(string reason) => new([], [new PayloadProblem("$", reason)]);
}

/// <summary>A part of a payload that did not become a decision.</summary>
/// <param name="Part">Where it stands, e.g. <c>$[3]</c>.</param>
/// <param name="Reason">Why, for a person. Holds no address.</param>
public sealed record PayloadProblem(string Part, string Reason);

/// <summary>Too much is waiting to be stored; nothing was stored, the sender comes again later.</summary>
public sealed class InboxOverloadedException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
