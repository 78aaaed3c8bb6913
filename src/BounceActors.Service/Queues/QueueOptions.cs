using Amazon.SQS;

namespace BounceActors.Service.Queues;

/// <summary>The queue an account's events are fetched from (<c>Sources:Webhooks:ses:{account}:Queue:…</c>).</summary>
/// <param name="Url">Its URL as AWS shows it.</param>
/// <param name="Region">Its region.</param>
/// <param name="AccessKey">Key to log in with; without one the SDK looks where it always does: environment, profile, container, instance.</param>
/// <param name="SecretKey">Its secret.</param>
internal sealed record QueueOptions(Uri Url, string Region, string? AccessKey, string? SecretKey)
{
    /// <summary>Its region as the URL names it, e.g. <c>https://sqs.eu-west-1.amazonaws.com/123456789012/bounces</c>; null when it names none.</summary>
    public static string? RegionOf(Uri url) => url.Host.Split('.') is ["sqs", var region, "amazonaws", ..] ? region : null;

    /// <summary>A client that leaves trying again to us.</summary>
    public IAmazonSQS Client()
    {
        var config = new AmazonSQSConfig
        {
            ServiceURL = Url.GetLeftPart(UriPartial.Authority),
            AuthenticationRegion = Region,
            MaxErrorRetry = 0,
            Timeout = QueueReader.LongPoll + TimeSpan.FromSeconds(20),
        };
        return AccessKey is null ? new AmazonSQSClient(config) : new AmazonSQSClient(AccessKey, SecretKey, config);
    }
}
