using BounceActors.Domain.Recipients;

namespace BounceActors.Engine.Recipients;

/// <summary>What a recipient answers. Every command gets exactly one of these; silence means "not known", never "not stored".</summary>
public static class RecipientReplies
{
    public abstract record Reply;

    /// <summary>The report is stored. <paramref name="Decision"/> is null for a report that repeats a stored one.</summary>
    public sealed record ReportDecided(
        Guid EventId, bool Duplicate, SuppressionLevel LevelBefore, Standing After, Decision? Decision, RetryPlan? ExistingRetry) : Reply;

    /// <summary>A suppression was added or lifted, or a review recorded; or nothing was to be changed.</summary>
    public sealed record Changed(bool HasChanged, SuppressionLevel LevelBefore, Standing After) : Reply;

    /// <summary>Whether a retry is still wanted.</summary>
    public sealed record RetryConfirmed(bool Wanted, string? Because) : Reply;

    /// <summary>The live state.</summary>
    public sealed record RecipientFound(long SequenceNr, Standing Standing, RecipientState State) : Reply;

    /// <summary>Not stored: the journal failed or refused. The command may be repeated.</summary>
    public sealed record Failed(string Reason) : Reply;
}
