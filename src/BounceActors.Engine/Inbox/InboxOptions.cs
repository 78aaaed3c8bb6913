using System.ComponentModel.DataAnnotations;

namespace BounceActors.Engine.Inbox;

/// <summary>Section <c>Inbox</c>.</summary>
public sealed class InboxOptions
{
    /// <summary>Raw payloads are deleted after so many days; those still pending are not.</summary>
    [Range(1, 3_650, ErrorMessage = "Inbox:RetentionDays must be 1 to 3650")]
    public int RetentionDays { get; set; } = 30;

    /// <summary>Payloads worked on at the same time on this node.</summary>
    [Range(1, 256, ErrorMessage = "Inbox:Workers must be 1 to 256")]
    public int Workers { get; set; } = 8;

    /// <summary>Payloads of one source and tenant kept in memory, waiting to be stored or worked on; what is stored beyond waits in the database.</summary>
    [Range(1, 100_000, ErrorMessage = "Inbox:QueuePerSource must be 1 to 100000")]
    public int QueuePerSource { get; set; } = 1_000;

    /// <summary>Most memory for waiting payloads, half of it for those to be stored, half for those to be worked on. One source gets at most half of either.</summary>
    [Range(16, 65_536, ErrorMessage = "Inbox:MemoryMegabytes must be 16 to 65536")]
    public int MemoryMegabytes { get; set; } = 128;

    /// <summary>Payloads of one source and tenant that may wait in the database; beyond, the door is closed to that source.</summary>
    [Range(100, 100_000_000, ErrorMessage = "Inbox:MaxBacklog must be 100 to 100000000")]
    public int MaxBacklog { get; set; } = 1_000_000;

    /// <summary>How long a payload belongs to the node that took it; then another may take it.</summary>
    [Range(5, 3_600, ErrorMessage = "Inbox:LeaseSeconds must be 5 to 3600")]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>How often a sweeper looks for payloads nobody works on.</summary>
    [Range(50, 60_000, ErrorMessage = "Inbox:SweepMilliseconds must be 50 to 60000")]
    public int SweepMilliseconds { get; set; } = 500;

    internal TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    internal long HalfOfMemory => MemoryMegabytes * 1024L * 1024L / 2;
}
