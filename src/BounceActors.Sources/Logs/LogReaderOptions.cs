namespace BounceActors.Sources.Logs;

/// <summary>How a log is to be read.</summary>
public sealed record LogReaderOptions
{
    /// <summary>Zone of times that name none.</summary>
    /// <value>UTC.</value>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>
    /// Domains of our senders, without regard to case. Only mails from them are reported; a relay's log also tells of other people's mail. Empty: all mails.
    /// </summary>
    public IReadOnlyCollection<string> SenderDomains { get; init; } = [];

    /// <summary>
    /// Addresses of hosts that take mails only to give them back, such as content filters: what they accept by SMTP is not delivered yet.
    /// </summary>
    /// <value>127.0.0.1 and ::1.</value>
    public IReadOnlyCollection<string> InternalRelays { get; init; } = ["127.0.0.1", "::1"];

    /// <summary>Most characters of earlier lines kept, to know sender and message id of a message by its queue id. The oldest go first.</summary>
    /// <value>4,194,304 (8 MiB).</value>
    public int MemoryCharacters { get; init; } = 4 * 1024 * 1024;

    /// <summary>Stream of the mails, or null.</summary>
    public string? Stream { get; init; }

    /// <summary>How long earlier lines are of use: queue ids come again, and no mail waits longer.</summary>
    public static readonly TimeSpan MemoryAge = TimeSpan.FromDays(8);

    /// <summary>Longest line read, in characters; longer ones are malformed.</summary>
    public const int MaxLine = 64 * 1024;
}
