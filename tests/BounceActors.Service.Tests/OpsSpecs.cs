using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BounceActors.Service.Tests.Running;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Service.Tests;

/// <summary>What those who run the service look at.</summary>
[Collection(OneService.Name)]
public sealed class OpsSpecs(RunningService service)
{
    [Fact]
    public async Task Should_describe_every_route_in_the_openapi_document()
    {
        var document = await service.GetJsonAsync("/openapi/v1.json");
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}"));

        Assert.Equal(Routes().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Equal("Whom the report is about: a mail address. Required.", (string)document["components"]!["schemas"]!["ReportInput"]!["properties"]!["recipient"]!["description"]!);
    }

    [Fact]
    public void Should_document_every_route()
    {
        var docs = File.ReadAllText(Docs.Path("http-api.md"));

        Assert.All(Routes(), route => Assert.Contains(route, docs, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_be_live_and_ready()
    {
        var live = await service.GetJsonAsync("/healthz/live");
        var ready = await service.GetJsonAsync("/healthz/ready");

        Assert.Equal(["actors"], live["checks"]!.AsObject().Select(c => c.Key));
        Assert.Equal(["cluster", "journal", "projections", "index", "accepting"], ready["checks"]!.AsObject().Select(c => c.Key));
        Assert.Equal("healthy", (string)ready["status"]!);
    }

    [Fact]
    public async Task Should_write_no_address_to_logs_or_metrics()
    {
        string[] addresses = ["secret.person@private.example", "other.person@private.example"];
        await service.PostJsonAsync("/v1/events", $$"""{ "recipient": "{{addresses[0]}}", "sender": "boss.person@private.example", "diagnostic": "550 <{{addresses[0]}}> user unknown" }""");
        await service.PostJsonAsync("/v1/events", $$"""[{ "recipient": "{{addresses[0]}}" }, { "recipient": "{{addresses[1]}} x", "outcome": "nothing" }]""");
        foreach (var path in (string[])["/v1/recipients/{0}", "/v1/recipients/{0}/trail", "/admin/recipients/{0}", "/v1/recipients/{0}?limit=x", "/v1/nowhere/{0}"])
        {
            foreach (var form in (string[])[addresses[0], addresses[0].Replace("@", "%40", StringComparison.Ordinal), addresses[1] + "%20"])
            {
                using var response = await service.Http.GetAsync(path.Replace("{0}", form, StringComparison.Ordinal));
            }
        }

        using var lifted = await service.Http.DeleteAsync($"/v1/suppressions/{addresses[0]}?actor=ops&reason=r");
        var metrics = await service.Http.GetStringAsync("/metrics");

        // A request's line is written after its answer.
        await RunningService.UntilAsync(() => Task.FromResult(
            service.Logs.Contains("GET /v1/recipients/{address}/trail answered 200", StringComparison.Ordinal)
            && service.Logs.Contains("DELETE /v1/suppressions/{address} answered 200", StringComparison.Ordinal)));
        Assert.DoesNotMatch(new Regex("(?i)person|private\\.example"), service.Logs);
        Assert.DoesNotMatch(new Regex("(?i)person|private\\.example"), metrics);
        Assert.Contains("http_server_request_duration_seconds", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "rebound.example", 400)]
    [InlineData("Origin", "http://page.example", 401)]
    public async Task Should_not_let_web_pages_in_where_no_keys_are_asked_for(string header, string value, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/retries");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await service.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
    }

    /// <summary>Every HTTP route of ours, as <c>METHOD /path</c>.</summary>
    private IEnumerable<string> Routes() =>
        from endpoint in service.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = Regex.Replace("/" + endpoint.RoutePattern.RawText!.TrimStart('/'), @":\w+\}", "}")
        where path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/admin/", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select $"{method} {path}";
}
