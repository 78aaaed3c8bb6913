using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Sources.Webhooks;
using Microsoft.AspNetCore.Http.Features;

namespace BounceActors.Service.Ingest.Webhooks;

/// <summary>The answer to a request that was stored.</summary>
/// <param name="Id">Where it is in the inbox.</param>
/// <param name="Repeated">Whether it was there before.</param>
internal sealed record WebhookAnswer(Guid Id, bool Repeated);

/// <summary>
/// <c>/v1/webhooks/{source}/{account}</c>: verify on the raw bytes, store, answer; what the events say is read later. Refusals are in the words each
/// sender understands: some give up for good on the wrong one.
/// </summary>
internal static class WebhookEndpoints
{
    public const string Path = "/v1/webhooks";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder api)
    {
        Map(api, $"{Path}/{{source}}", "", TakeAsync);
        Map(api, $"{Path}/{{source}}/{{account}}", "OfAccount", TakeOfAccountAsync);
        return api;
    }

    private static void Map(IEndpointRouteBuilder api, string path, string name, Delegate take)
    {
        api.MapPost(path, take)
            .WithTags("Reports")
            .WithName($"PostWebhook{name}")
            .WithSummary("Take the webhook of a mail provider")
            .WithDescription("Each source proves itself by its own scheme, with the secrets of its account. 200 when the request is stored; its events are decided afterwards.")
            .Produces<WebhookAnswer>()
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(413).ProducesProblem(429).ProducesProblem(503);
        foreach (var method in (string[])["GET", "HEAD"])
        {
            api.MapMethods(path, [method], take)
                .WithTags("Reports")
                .WithName($"{method}Webhook{name}")
                .WithSummary("Answer a sender that tries the address before it sends")
                .ProducesProblem(404).ProducesProblem(405);
        }
    }

    private static Task<IResult> TakeAsync(HttpContext http, WebhookAccounts accounts, WebhookDoor door, string source, CancellationToken cancel) =>
        TakeOfAccountAsync(http, accounts, door, source, null, cancel);

    private static async Task<IResult> TakeOfAccountAsync(
        HttpContext http,
        WebhookAccounts accounts,
        WebhookDoor door,
        string source,
        string? account,
        CancellationToken cancel)
    {
        if (!WebhookSources.All.TryGetValue(source, out var adapter))
        {
            throw new ProblemException(
                ProblemTypes.NotFound, $"there is no source of this name; {Nearest.Hint(source, [.. WebhookSources.All.Keys.Order(StringComparer.Ordinal)])}", "source");
        }

        return accounts.Find(source, account) is { } known
            ? await door.TakeAsync(http, known, cancel)
            : throw new ProblemException(
                ProblemTypes.NotFound,
                $"the source {adapter.Name} has no account of this name: set Sources:Webhooks:{adapter.Name}:{(account is null ? WebhookSettings.Default : "NAME")}:…",
                "account");
    }

    /// <summary>The status a sender takes for "again later", and when.</summary>
    public static IResult Later(HttpContext http, IWebhookSource source, string why, TimeSpan? wait = null)
    {
        http.Response.RetryAfter(wait ?? RetryAfter);
        return Refused(source.LaterStatus, why);
    }

    public static IResult Refused(int status, string why) => TypedResults.Problem(ProblemTypes.OfStatus(status).ToDetails(why));
}

/// <summary>Lets one request in, or says why not.</summary>
internal sealed class WebhookDoor(
    Inbox inbox, AmazonClient amazon, SeenTokens tokens, SourceMonitor monitor, InboxOptions inboxOptions, ServiceOptions options, TimeProvider time, ILogger<WebhookDoor> log)
{
    private const int Chunk = 16 * 1024;

    private readonly BodyRoom _room = new(inboxOptions.MemoryMegabytes * 1024L * 1024L, options.MaxConcurrentRequests);

    public async Task<IResult> TakeAsync(HttpContext http, WebhookAccountSettings account, CancellationToken cancel)
    {
        if (http.Request.ContentLength > options.MaxBodyBytes)
        {
            monitor.Rejected(account, RejectionReasons.BodyTooLarge);
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                // The server then reads on for a while and throws it away; else the sender, still writing, would find the connection cut instead of an answer.
                limit.MaxRequestBodySize = null;
            }

            return WebhookEndpoints.Refused(StatusCodes.Status413PayloadTooLarge, $"at most {options.MaxBodyBytes} bytes are taken (Service:MaxBodyBytes)");
        }

        using var room = _room.TryTake(account, http.Request.ContentLength ?? 0);
        if (room is null || await ReadAsync(http.Request, room, cancel) is not { } body)
        {
            monitor.Later(account, "memory");
            return WebhookEndpoints.Later(http, account.Source, "too many requests of this source at the same time");
        }

        var request = new WebhookRequest(http.Request.Method, UrlOf(http.Request, account), HeadersOf(http.Request), body, time.GetUtcNow(), http.Connection.RemoteIpAddress?.ToString());
        var proof = account.Source.Authenticate(request, account.Account, amazon.Certificates);
        if (proof is WebhookAuthenticity.NeedsCertificate needs)
        {
            if (!await amazon.FetchAsync(needs.Url, cancel))
            {
                monitor.Later(account, "certificate");
                return WebhookEndpoints.Later(http, account.Source, "the certificate that signed this cannot be fetched at the moment");
            }

            proof = account.Source.Authenticate(request, account.Account, amazon.Certificates);
        }

        if (proof is WebhookAuthenticity.Accepted { OnceToken: { } token } && tokens.Take(account.Source.Name, account.Name, token, body.Span) is { } replayed)
        {
            proof = replayed;
        }

        return proof switch
        {
            WebhookAuthenticity.Accepted accepted => await StoreAsync(http, account, request, accepted.Late, cancel),
            WebhookAuthenticity.Handshake handshake => await ShakeHandsAsync(http, account, handshake, cancel),
            WebhookAuthenticity.Rejected rejected => Reject(http, account, rejected),
            _ => WebhookEndpoints.Later(http, account.Source, "the certificate that signed this is not at hand"),
        };
    }

    /// <summary>The body; null when there is no room for it, which of one that does not tell its length is known on the way only.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, BodyRoom.Room room, CancellationToken cancel)
    {
        if (request.ContentLength is not null)
        {
            return await Body.ReadRawAsync(request, cancel);
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[Chunk];
        while (await request.Body.ReadAsync(chunk, cancel) is > 0 and var length)
        {
            if (!room.TryGrow(length))
            {
                return null;
            }

            buffer.Write(chunk, 0, length);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private async Task<IResult> StoreAsync(HttpContext http, WebhookAccountSettings account, WebhookRequest request, bool late, CancellationToken cancel)
    {
        try
        {
            var receipt = await inbox.AppendAsync(
                new InboxPayload
                {
                    Tenant = account.Tenant,
                    Source = account.Source.Name,
                    Account = account.Name,
                    ContentType = request.Header("Content-Type"),
                    Headers = WebhookPayloads.Keep(request),
                    Body = request.Body,
                    ReceivedAt = request.ReceivedAt,
                    DedupeKey = KeyOf(account.Source, request),
                },
                cancel);
            monitor.Received(account, late);
            return TypedResults.Ok(new WebhookAnswer(receipt.Id, receipt.Repeated));
        }
        catch (InboxOverloadedException full)
        {
            monitor.Later(account, "overloaded");
            return WebhookEndpoints.Later(http, account.Source, full.Message, full.RetryAfter);
        }
        catch (StorageUnavailableException)
        {
            monitor.Later(account, "unavailable");
            return WebhookEndpoints.Later(http, account.Source, "it cannot be stored at the moment");
        }
    }

    private async Task<IResult> ShakeHandsAsync(HttpContext http, WebhookAccountSettings account, WebhookAuthenticity.Handshake handshake, CancellationToken cancel)
    {
        if (handshake.Confirm is { } url && !await amazon.ConfirmAsync(url, cancel))
        {
            monitor.Later(account, "confirmation");
            return WebhookEndpoints.Later(http, account.Source, "the subscription could not be confirmed");
        }

        log.LogInformation("Webhook {Source}/{Account}: {Kind}", account.Source.Name, account.Name, handshake.Kind);
        monitor.ShookHands(account, handshake.Kind);
        return TypedResults.StatusCode(handshake.Status);
    }

    private IResult Reject(HttpContext http, WebhookAccountSettings account, WebhookAuthenticity.Rejected rejected)
    {
        monitor.Rejected(account, rejected.Reason);
        log.LogWarning("Webhook {Source}/{Account} refused with {Status}: {Reason}", account.Source.Name, account.Name, rejected.Status, rejected.Reason);
        if (rejected.Challenge is { } challenge)
        {
            http.Response.Headers.WWWAuthenticate = challenge;
        }

        return WebhookEndpoints.Refused(rejected.Status, rejected.Reason);
    }

    /// <summary>The sender's name for the request, where its proof covers it; of others a repeat is known by its events.</summary>
    private static string? KeyOf(IWebhookSource source, WebhookRequest request) => source.Name == "resend" ? request.Header("svix-id") ?? request.Header("webhook-id") : null;

    /// <summary>The URL as the sender knows it: what some sign.</summary>
    private static Uri UrlOf(HttpRequest request, WebhookAccountSettings account) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host}{request.PathBase}{request.Path}{request.QueryString}", UriKind.Absolute, out var url)
            ? url
            : new Uri($"http://localhost{WebhookEndpoints.Path}/{account.Source.Name}");

    private static Dictionary<string, string> HeadersOf(HttpRequest request) =>
        request.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value.AsEnumerable()), StringComparer.OrdinalIgnoreCase);
}
