namespace BounceActors.Service.CampaignReports;

/// <summary>How the reports of an account are pulled. One node of the cluster does; the others say "elsewhere".</summary>
/// <param name="State">What is being done.</param>
/// <param name="LastPullAt">When everything up to then was durable here.</param>
/// <param name="Campaigns">Campaigns of the last pull.</param>
/// <param name="Batches">Archives of results that are durable here, since the start.</param>
/// <param name="LastError">What went wrong last; null when the last pull succeeded.</param>
/// <param name="LastErrorAt">When.</param>
internal sealed record PullStatus(string State, DateTimeOffset? LastPullAt, int Campaigns, long Batches, string? LastError, DateTimeOffset? LastErrorAt)
{
    public const string Pulling = "pulling";
    public const string Idle = "until the next pull";
    public const string Waiting = "waiting after an error";

    public static PullStatus Elsewhere { get; } = new("elsewhere", null, 0, 0, null, null);
}
