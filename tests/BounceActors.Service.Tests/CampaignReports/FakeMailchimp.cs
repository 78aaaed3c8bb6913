using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BounceActors.Sources.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BounceActors.Service.Tests.CampaignReports;

/// <summary>What is used of Mailchimp's Marketing API, with one campaign.</summary>
internal sealed class FakeMailchimp : IAsyncDisposable
{
    public const string ApiKey = "0123456789abcdef-us19";
    private readonly WebApplication _app;
    private readonly List<JsonArray> _batches = [];
    private int _looks;

    public FakeMailchimp()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(async (http, next) =>
        {
            var isResults = http.Request.Path.StartsWithSegments("/results", StringComparison.Ordinal);
            var key = http.Request.Headers.Authorization.ToString();
            if (isResults ? key.Length > 0 : key != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"bounceactors:{ApiKey}"))}")
            {
                http.Response.StatusCode = 401;
            }
            else if (Status is { } status)
            {
                http.Response.StatusCode = status;
            }
            else
            {
                await next(http);
            }
        });
        _app.MapGet("/3.0/reports", (string since_send_time) => Results.Json(new { reports = new[] { new { id = "c1" } }, total_items = 1 }));
        _app.MapGet("/3.0/reports/{campaign}/{report}", (string report) => Results.Json(new { total_items = Rows(report).Length }));
        _app.MapPost("/3.0/batches", async (HttpRequest request) =>
        {
            var operations = (await JsonNode.ParseAsync(request.Body))!["operations"]!.AsArray();
            lock (_batches)
            {
                _batches.Add(operations);
                return Results.Json(new { id = $"b{_batches.Count}", status = "pending" });
            }
        });
        _app.MapGet("/3.0/batches/{id}", (string id) => Results.Json(Interlocked.Increment(ref _looks) % 2 == 1
            ? new { id, status = "started", response_body_url = "" }
            : new { id, status = "finished", response_body_url = ResultsAt ?? $"{Url}/results/{id}?Signature=x" }));
        _app.MapGet("/results/{id}", (string id) => Results.Bytes(Archive(Batches[int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture) - 1])));
        ((IHost)_app).Start();
        Url = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public string Url { get; }

    /// <summary>What is answered instead.</summary>
    public int? Status { get; set; }

    /// <summary>Where results are said to be.</summary>
    public string? ResultsAt { get; set; }

    /// <summary>Results of more operations than this are larger than anybody takes.</summary>
    public int HugeAbove { get; set; } = int.MaxValue;

    /// <summary>Members with an activity.</summary>
    public string[] Activity { get; set; } = [];

    public string[] Unsubscribed { get; set; } = [];

    public string[] Complained { get; set; } = [];

    /// <summary>The operations of each batch.</summary>
    public IReadOnlyList<JsonArray> Batches
    {
        get
        {
            lock (_batches)
            {
                return [.. _batches];
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private string[] Rows(string report) => report switch
    {
        "email-activity" => Activity,
        "unsubscribed" => [.. Unsubscribed.Select(a => JsonSerializer.Serialize(new { email_address = a, timestamp = "2026-03-03T12:00:00+00:00", campaign_id = "c1", list_id = "l1" }))],
        _ => [.. Complained.Select(a => JsonSerializer.Serialize(new { email_address = a, date = "2026-03-03T12:00:00+00:00", campaign_id = "c1", list_id = "l1" }))],
    };

    private byte[] Archive(JsonArray operations)
    {
        var results = operations.Select(o =>
        {
            var report = ((string)o!["path"]!).Split('/')[^1];
            var (offset, count) = (int.Parse((string)o["params"]!["offset"]!, null), int.Parse((string)o["params"]!["count"]!, null));
            var name = report switch { "email-activity" => "emails", "unsubscribed" => "unsubscribes", _ => "abuse_reports" };
            return new { status_code = 200, operation_id = (string)o["operation_id"]!, response = $"{{\"{name}\":[{string.Join(',', Rows(report).Skip(offset).Take(count))}]}}" };
        });
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            if (operations.Count > HugeAbove)
            {
                var noise = new byte[WebhookRequest.MaxBodyBytes];
                Random.Shared.NextBytes(noise);
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./0.json") { DataStream = new MemoryStream(noise) });
            }

            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./1.json") { DataStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(results)) });
        }

        return packed.ToArray();
    }
}
