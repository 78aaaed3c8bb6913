using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.Routing;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Engine.Classification;

/// <summary>The classifier in force. It is replaced as a whole when rules change; whoever holds the old one finishes with it.</summary>
public sealed class ClassifierHolder(BounceClassifier classifier)
{
    private volatile BounceClassifier _current = classifier;

    public BounceClassifier Current
    {
        get => _current;
        set => _current = value;
    }
}

/// <summary>Registry key of the pool.</summary>
public sealed class ClassifierPool;

/// <summary>Judges reports. Stateless: one pool per node, any member may take any report.</summary>
public sealed class ClassifierActor : ReceiveActor
{
    public ClassifierActor(ClassifierHolder classifier)
    {
        Receive<Judge>(request =>
        {
            try
            {
                Sender.Tell(new Judged(classifier.Current.Classify(request.Report)));
            }
            catch (Exception cause)
            {
                Context.GetLogger().Error(cause, "A report of source {Source} could not be judged", request.Report.Source);
                Sender.Tell(new Status.Failure(cause));
            }
        });
    }

    /// <summary>Judge a report. Stays on the node.</summary>
    public sealed record Judge(BounceReport Report) : INoSerializationVerificationNeeded;

    /// <summary>The verdict. Stays on the node.</summary>
    public sealed record Judged(BounceActors.Domain.Classification.Classification Verdict) : INoSerializationVerificationNeeded;
}

public static class ClassifierHosting
{
    /// <summary>A pool with one classifier per core.</summary>
    public static AkkaConfigurationBuilder AddClassifiers(this AkkaConfigurationBuilder builder) =>
        builder.WithActors((system, registry, resolver) =>
        {
            var props = Props.Create(() => new ClassifierActor(resolver.GetService<ClassifierHolder>()))
                .WithRouter(new RoundRobinPool(Environment.ProcessorCount));
            registry.Register<ClassifierPool>(system.ActorOf(props, "classifiers"));
        });
}
