namespace BounceActors.Engine.Hosting;

/// <summary>This node cannot be part of the deployment as it is configured; the message says what to do.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="cause">Why, when there is more to tell.</param>
/// <param name="mayPass">Whether the same start may succeed later, when another node is gone.</param>
public class DeploymentException(string message, Exception? cause = null, bool mayPass = false) : Exception(message, cause)
{
    /// <summary>Whether the same start may succeed later.</summary>
    public bool MayPass { get; } = mayPass;
}
