using Akka.Actor;
using Akka.Cluster;
using BounceActors.Engine.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Engine.Clustering;

/// <summary>What became of the wish that a node ends.</summary>
public enum DrainAnswer
{
    /// <summary>It was told, and does so within seconds.</summary>
    Told,

    /// <summary>It is no member of the cluster.</summary>
    NoSuchNode,

    /// <summary>No other node could take over what it holds.</summary>
    LastNode,
}

/// <summary>
/// Takes a node out of the cluster as SIGTERM would: it says that it is not ready, answers what it has, hands its recipients over and ends with 0.
/// The wish goes through the database, so any node can be asked to pass it on.
/// </summary>
public sealed class NodeDrain
{
    private readonly ActorSystem _system;
    private readonly INodeRegister _register;
    private readonly ILogger<NodeDrain> _log;

    internal NodeDrain(ActorSystem system, INodeRegister register, ILogger<NodeDrain> log) => (_system, _register, _log) = (system, register, log);

    /// <summary>Tells a node to hand over and end.</summary>
    /// <param name="address">The node, as <c>host:port</c> of its remoting address.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="force">Also when it is the last node with the role engine.</param>
    /// <param name="cancel">Ends the waiting for the database.</param>
    public async Task<DrainAnswer> TellAsync(string address, string actor, string reason, bool force, CancellationToken cancel)
    {
        var members = Cluster.Get(_system).State.Members.Where(m => m.Status == MemberStatus.Up).ToList();
        if (!members.Exists(m => ClusterMembership.HostPort(m.Address) == address))
        {
            return DrainAnswer.NoSuchNode;
        }

        if (!force && !members.Exists(m => ClusterMembership.HostPort(m.Address) != address && m.HasRole(NodeOptions.Engine)))
        {
            return DrainAnswer.LastNode;
        }

        _log.LogWarning("{Actor} tells node {Node} to hand over and end: {Reason}", actor, address, reason);
        await _register.DrainAsync(address, $"told by {actor}: {reason}", cancel);
        return DrainAnswer.Told;
    }
}
