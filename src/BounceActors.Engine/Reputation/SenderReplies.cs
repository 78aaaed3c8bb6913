using BounceActors.Domain.Reputation;

namespace BounceActors.Engine.Reputation;

/// <summary>What a sending domain answers.</summary>
public static class SenderReplies
{
    public abstract record Reply;

    /// <summary>Everything up to the batch's last offset is counted, once.</summary>
    public sealed record DeltasAcknowledged(int Slice) : Reply;

    /// <summary>The live state.</summary>
    public sealed record SenderFound(SenderDomainState State) : Reply;

    /// <summary>Not stored: the journal failed or refused. The command may be repeated.</summary>
    public sealed record Failed(string Reason) : Reply;
}
