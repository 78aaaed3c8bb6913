using System.Globalization;
using BounceActors.Engine.Inbox;
using BounceActors.Service.Settings;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Ingest.Webhooks;

/// <summary>Reads requests of webhooks out of the inbox.</summary>
internal sealed class WebhookPayloads(WebhookAccounts accounts) : IPayloadReader
{
    /// <summary>Headers that tell something about the events. Everything else, credentials above all, is not kept.</summary>
    private static readonly string[] Kept =
    [
        "content-type", "user-agent", "svix-id", "svix-timestamp", "webhook-id", "webhook-timestamp", "x-messagesystems-batch-id",
        "x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn",
    ];

    /// <summary>The headers of a request that are stored with it.</summary>
    public static IReadOnlyDictionary<string, string> Keep(WebhookRequest request) => Kept
        .Select(name => (Name: name, Value: request.Header(name)))
        .Where(h => h.Value is not null)
        .ToDictionary(h => h.Name, h => h.Value!);

    public bool Reads(string source) => WebhookSources.All.ContainsKey(source);

    public PayloadReading Read(StoredPayload payload)
    {
        // The account may have been removed since; its events are read all the same, without its names of streams.
        var account = accounts.Find(payload.Source, payload.Account)?.Account ?? new WebhookAccount { Name = payload.Account };
        var request = new WebhookRequest("POST", new Uri($"https://localhost/v1/webhooks/{payload.Source}"), payload.Headers, payload.Body, payload.ReceivedAt);
        var reading = WebhookSources.All[payload.Source].Read(request, account);
        var ignored = string.Join(", ", reading.Ignored.Select(i => string.Create(CultureInfo.InvariantCulture, $"{i.Key} {i.Value}")));
        return new PayloadReading(
            reading.Reports,
            [.. reading.NotUnderstood.Select(n => new PayloadProblem(n.Part, n.Reason))],
            ignored.Length == 0 ? null : $"ignored: {(ignored.Length > 500 ? ignored[..500] : ignored)}");
    }
}
