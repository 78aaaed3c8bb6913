using Akka.Actor;
using Akka.Cluster.Sharding;
using BounceActors.Engine.Hosting;

namespace BounceActors.Service.Hosting;

/// <summary>Work that one node of the cluster does, and another when that one is gone.</summary>
internal static class KeptAlive
{
    /// <summary>Keeps so many pieces of work alive, spread over the nodes with the role engine.</summary>
    /// <param name="system">The cluster.</param>
    /// <param name="name">Of the work.</param>
    /// <param name="count">How many pieces.</param>
    /// <param name="work">Each piece; it runs until it is cancelled, and must bear to run twice for a moment.</param>
    public static void KeepAlive(this ActorSystem system, string name, int count, Func<int, Func<CancellationToken, Task>> work) => ShardedDaemonProcess.Get(system).Init(
        name,
        count,
        index => Props.Create(() => new KeptActor(work(index))),
        ShardedDaemonProcessSettings.Create(system).WithRole(NodeOptions.Engine).WithKeepAliveInterval(TimeSpan.FromSeconds(2)),
        PoisonPill.Instance);

    /// <summary>Gives work the life of an actor, which the cluster keeps.</summary>
    private sealed class KeptActor(Func<CancellationToken, Task> work) : UntypedActor
    {
        private readonly CancellationTokenSource _stop = new();

        protected override void PreStart()
        {
            var stop = _stop.Token;
            _ = Task.Run(() => work(stop));
        }

        protected override void PostStop() => _stop.Cancel();

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
