using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Storage;

/// <summary>The database cannot be reached or is busy; the same call may succeed later. Nothing was written.</summary>
/// <remarks>"Nothing was written" holds but for a connection that broke during commit: there the outcome is unknown, and every write of <see cref="ReadStore"/> may be repeated.</remarks>
public sealed class StorageUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>The projection's offset is not where the caller left it: another node has taken it over. Nothing was written.</summary>
public sealed class ProjectionFencedException(string projection, long expected)
    : Exception($"projection {projection} is no longer at offset {expected}: another node has moved it")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;

    /// <summary>Where the caller believed it to be.</summary>
    public long Expected { get; } = expected;
}

/// <summary>The configured key secret is not the one this deployment's data was made with.</summary>
public sealed class KeySecretMismatchException(string message) : DeploymentException(message);
