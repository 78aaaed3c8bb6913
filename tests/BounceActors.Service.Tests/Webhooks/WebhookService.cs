using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using BounceActors.Service.Ingest.Webhooks;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;
using BounceActors.Service.Tests.Running;
using BounceActors.Sources.Tests.Webhooks;
using BounceActors.Sources.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BounceActors.Service.Tests.Webhooks;

/// <summary>A service with an account of every source, and all their senders.</summary>
public class WebhookService : RunningService
{
    internal WebhookSender Sender { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>Amazon, as far as this service asks it.</summary>
    internal FakeAmazon Amazon { get; } = new();

    internal WebhookAccounts Accounts => App.Services.GetRequiredService<WebhookAccounts>();

    protected override string[] Settings =>
    [
        .. new (string Key, string Value)[]
        {
            ("sendgrid:default:Secrets:0", Sender.EllipticKey),
            ("ses:default:TopicArns:0", "arn:aws:sns:eu-west-1:123456789012:bounces"),
            ("postmark:default:Credentials:0", "hook:pm-password"),
            ("mandrill:default:Secrets:0", "mandrill-key"),
            ("mandrill:default:Url", "https://bounce.example.net/v1/webhooks/mandrill"),
            ("mailchimp:default:UrlSecrets:0", "mc-secret"),
            ("mailgun:default:Secrets:0", "mailgun-key"),
            ("sparkpost:default:Tokens:0", "sparkpost-token"),
            ("mailjet:default:Credentials:0", "hook:mj-password"),
            ("brevo:default:Tokens:0", "brevo-token"),
            ("resend:default:Secrets:0", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("kumomta:default:Tokens:0", "kumo-token"),
            ("postal:default:Secrets:0", Sender.RsaKey),
            ("mailersend:default:Secrets:0", "mailersend-key"),
            ("mailtrap:default:Secrets:0", "mailtrap-key"),
            ("generic:default:Secrets:0", "generic-key"),
            ("generic:default:Mapping:Events", Fixtures.Generic.Mapping!.Events),
            ("generic:default:Mapping:Signature:Header", "X-Signature"),
        }.Select(s => $"--Sources:Webhooks:{s.Key}={s.Value}"),
        .. Fixtures.Generic.Mapping!.Fields.Select(f => $"--Sources:Webhooks:generic:default:Mapping:Fields:{f.Key}={f.Value}"),
        .. Fixtures.Generic.Mapping!.Outcomes.Select(f => $"--Sources:Webhooks:generic:default:Mapping:Outcomes:{f.Key}={f.Value}"),
        .. Fixtures.Generic.Mapping!.Categories.Select(f => $"--Sources:Webhooks:generic:default:Mapping:Categories:{f.Key}={f.Value}"),
        "--Inbox:SweepMilliseconds=100",
    ];

    protected override void Adjust(WebApplicationBuilder builder)
    {
        Amazon.Serve(WebhookSender.CertificateUrl, Sender.Certificate);
        builder.Services.AddSingleton(services => new AmazonClient(
            Amazon, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<AmazonClient>>()));
    }

    /// <summary>A request as the sender of the source makes it.</summary>
    internal WebhookRequest Signed(string source, string body, string contentType = "application/json", DateTimeOffset? at = null, string account = "default") => Sender.Sign(
        source,
        Accounts.Find(source, account)!.Account,
        new Uri(Http.BaseAddress!, $"/v1/webhooks/{source}{(account == "default" ? "" : $"/{account}")}"),
        contentType,
        body,
        at ?? TimeProvider.System.GetUtcNow());

    internal async Task<HttpResponseMessage> SendAsync(WebhookRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Url) { Content = new ByteArrayContent(request.Body.ToArray()) };
        foreach (var (name, value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Http.SendAsync(message);
    }

    /// <summary>Sends, and waits until what was stored is decided.</summary>
    internal async Task<JsonNode> DecidedAsync(WebhookRequest request)
    {
        using var answer = await SendAsync(request);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await PayloadAsync((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!);
    }

    internal async Task<JsonNode> PayloadAsync(string id)
    {
        JsonNode payload = null!;
        await UntilAsync(async () => (string)(payload = await GetJsonAsync($"/admin/inbox/{id}"))["state"]! != "pending");
        return payload;
    }

    internal async Task<long> StoredAsync(string source) =>
        (await GetJsonAsync($"/admin/inbox?source={source}"))["payloads"]!.AsArray().Sum(p => (long)p!["count"]!);
}

/// <summary>Answers what is served, with 404 otherwise, and remembers who asked for what.</summary>
internal sealed class FakeAmazon : HttpMessageHandler
{
    private readonly Dictionary<string, byte[]> _served = [];

    public List<string> Asked { get; } = [];

    public bool IsDown { get; set; }

    public void Serve(string url, byte[] content) => _served[url] = content;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!.OriginalString;
        lock (Asked)
        {
            Asked.Add(url);
        }

        return IsDown
            ? throw new HttpRequestException("nobody there")
            : Task.FromResult(_served.TryGetValue(url, out var content)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(content) }
                : new HttpResponseMessage(HttpStatusCode.NotFound));
    }
}
