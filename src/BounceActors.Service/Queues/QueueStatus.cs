namespace BounceActors.Service.Queues;

/// <summary>How the queue of an account stands, as this node sees it.</summary>
/// <param name="State">What its reader does.</param>
/// <param name="Taken">Messages that are durable here.</param>
/// <param name="Repeated">Messages that came again.</param>
/// <param name="LastLookAt">When the queue answered last.</param>
/// <param name="LastError">What went wrong last.</param>
/// <param name="LastErrorAt">When.</param>
internal sealed record QueueStatus(string State, long Taken, long Repeated, DateTimeOffset? LastLookAt, string? LastError, DateTimeOffset? LastErrorAt)
{
    public const string Reading = "reading";
    public const string Waiting = "waiting after an error";
    public const string Full = "waiting for the inbox";

    public static QueueStatus Start { get; } = new("starting", 0, 0, null, null, null);
}
