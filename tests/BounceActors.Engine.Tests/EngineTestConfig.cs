using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Serialization;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;

namespace BounceActors.Engine.Tests;

/// <summary>An actor system whose messages all go over the wire, as if every actor were on another node.</summary>
internal static class EngineTestConfig
{
    /// <summary>The real journal, in files of its own.</summary>
    public static ActorSystemSetup WithSqlite(string directory) =>
        With(PersistenceConfig.Hocon(new StorageOptions { DataDirectory = Directory.CreateDirectory(directory).FullName }));

    /// <summary>A journal that stores nothing.</summary>
    public static ActorSystemSetup WithFailingJournal() => With(ConfigurationFactory.ParseString(
        $$"""
        akka.persistence.journal.plugin = "bounceactors.failing-journal"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        bounceactors.failing-journal.class = "{{typeof(FailingJournal).AssemblyQualifiedName}}"
        """));

    private static ActorSystemSetup With(Config persistence) => BootstrapSetup.Create()
        .WithConfig(ConfigurationFactory.ParseString(
            $$"""
            akka.actor.serialize-messages = on
            akka.test.single-expect-default = 20s
            # Of all that Akka.Persistence sends itself, only this is not exempt from the check, and it never leaves the journal.
            akka.actor.serializers.reference = "{{typeof(ReferenceSerializer).AssemblyQualifiedName}}"
            akka.actor.serialization-bindings."Akka.Persistence.Journal.AsyncWriteJournal+Desequenced, Akka.Persistence" = reference
            """).WithFallback(persistence))
        .And(SerializationSetup.Create(system =>
            ImmutableHashSet.Create(SerializerDetails.Create("bounceactors", new WireSerializer(system), WireSerializer.Types.ToImmutableHashSet()))));
}

/// <summary>A journal that stores nothing: it fails, or it rejects.</summary>
internal sealed class FailingJournal : MemoryJournal
{
    public static bool Rejects { get; set; }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) => Rejects
        ? Task.FromResult<IImmutableList<Exception>>([.. messages.Select(_ => new InvalidOperationException("rejected"))])
        : Task.FromException<IImmutableList<Exception>>(new IOException("the disk is gone"));
}

/// <summary>Hands an object over as it is.</summary>
internal sealed class ReferenceSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly ConcurrentDictionary<Guid, object> Objects = new();

    public override bool IncludeManifest => false;

    public override int Identifier => 9_717;

    public override byte[] ToBinary(object obj)
    {
        var id = Guid.NewGuid();
        Objects[id] = obj;
        return id.ToByteArray();
    }

    public override object FromBinary(byte[] bytes, Type type) => Objects.TryRemove(new Guid(bytes), out var obj) ? obj : throw new InvalidOperationException("taken twice");
}
