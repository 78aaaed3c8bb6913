using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using BounceActors.Service.Auth;
using BounceActors.Service.Grpc;
using BounceActors.Service.Tests.Running;
using Grpc.Core;
using Grpc.Net.Client;
using IngestClient = BounceActors.Service.Grpc.Ingest.IngestClient;

namespace BounceActors.Service.Tests;

/// <summary>A service that asks for keys, one per scope.</summary>
public sealed class GuardedService : RunningService
{
    public const string Ingest = "ba_ingest-key-of-the-tests";
    public const string Read = "ba_read-key-of-the-tests";
    public const string Admin = "ba_admin-key-of-the-tests";
    public const string OtherTenant = "ba_other-tenants-key-of-the-tests";

    protected override string[] Settings =>
    [
        .. Key(0, "shop", Ingest, "ingest", "default"),
        .. Key(1, "dashboard", Read, "read", "default"),
        .. Key(2, "operator", Admin, "admin", "*"),
        .. Key(3, "other", OtherTenant, "ingest,read", "other"),
    ];

    private static string[] Key(int index, string name, string key, string scopes, string tenant) =>
    [
        $"--Auth:Keys:{index}:Name={name}", $"--Auth:Keys:{index}:Hash={ApiKeys.HashOf(key)}",
        $"--Auth:Keys:{index}:Scopes={scopes}", $"--Auth:Keys:{index}:Tenant={tenant}",
    ];
}

public sealed class AuthSpecs(GuardedService service) : IClassFixture<GuardedService>
{
    private const string Report = """{ "recipient": "tenant@auth.example", "diagnostic": "550 user unknown" }""";

    [Theory]
    [InlineData("POST /v1/events", GuardedService.Ingest, 200)]
    [InlineData("POST /v1/events", GuardedService.Admin, 200)]
    [InlineData("POST /v1/events", GuardedService.Read, 403)]
    [InlineData("POST /v1/events", "ba_wrong", 401)]
    [InlineData("POST /v1/events", null, 401)]
    [InlineData("POST /v1/mail", GuardedService.Read, 403)]
    [InlineData("POST /v1/mail", null, 401)]
    [InlineData("GET /v1/recipients/tenant@auth.example", GuardedService.Read, 200)]
    [InlineData("GET /v1/recipients/tenant@auth.example", GuardedService.Ingest, 403)]
    [InlineData("GET /v1/recipients/tenant@auth.example/trail", GuardedService.Ingest, 403)]
    [InlineData("GET /v1/suppressions", GuardedService.Read, 200)]
    [InlineData("POST /v1/suppressions/check", GuardedService.Ingest, 403)]
    [InlineData("POST /v1/suppressions", GuardedService.Read, 403)]
    [InlineData("DELETE /v1/suppressions/tenant@auth.example", GuardedService.Read, 403)]
    [InlineData("GET /v1/senders/auth.example", GuardedService.Ingest, 403)]
    [InlineData("GET /v1/retries", GuardedService.Read, 200)]
    [InlineData("POST /v1/retries/lease", GuardedService.Read, 403)]
    [InlineData("POST /v1/retries/ack", GuardedService.Read, 403)]
    [InlineData("GET /v1/reviews", GuardedService.Ingest, 403)]
    [InlineData("POST /v1/reviews/00000000-0000-0000-0000-000000000000/resolve", GuardedService.Read, 403)]
    [InlineData("GET /admin/cluster", GuardedService.Read, 403)]
    [InlineData("GET /admin/cluster", GuardedService.Admin, 200)]
    [InlineData("GET /admin/recipients/tenant@auth.example", GuardedService.Ingest, 403)]
    [InlineData("POST /admin/classifier", GuardedService.Read, 403)]
    [InlineData("GET /metrics", null, 401)]
    [InlineData("GET /metrics", GuardedService.Read, 200)]
    [InlineData("GET /healthz/live", null, 200)]
    [InlineData("GET /healthz/ready", null, 200)]
    [InlineData("GET /openapi/v1.json", null, 200)]
    public async Task Should_let_in_by_scope(string endpoint, string? key, int status)
    {
        using var response = await SendAsync(endpoint, key, "Authorization");

        Assert.Equal(status, (int)response.StatusCode);
        if (status >= 400)
        {
            var problem = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
            Assert.Equal(status == 401 ? "urn:bounceactors:problem:unauthorized" : "urn:bounceactors:problem:forbidden", (string)problem["type"]!);
            Assert.Equal(status == 401, response.Headers.WwwAuthenticate.Any(h => h.Scheme == "Bearer"));
        }
    }

    [Fact]
    public async Task Should_take_the_key_from_its_own_header_too()
    {
        using var response = await SendAsync("GET /v1/retries", GuardedService.Read, "X-Api-Key");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Should_keep_tenants_apart()
    {
        using var reported = await SendAsync("POST /v1/events", GuardedService.OtherTenant, "Authorization");
        Assert.Equal(HttpStatusCode.OK, reported.StatusCode);

        Assert.True(await KnownAsync(GuardedService.OtherTenant, null));
        Assert.True(await KnownAsync(GuardedService.Admin, "other"));
        Assert.False(await KnownAsync(GuardedService.Admin, "third"));
        using var foreign = await SendAsync("GET /v1/retries", GuardedService.Read, "Authorization", "other");
        using var wrong = await SendAsync("GET /v1/retries", GuardedService.Admin, "Authorization", "Other Tenant");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.BadRequest), (foreign.StatusCode, wrong.StatusCode));

        async Task<bool> KnownAsync(string key, string? tenant)
        {
            using var response = await SendAsync("GET /v1/recipients/tenant@auth.example", key, "Authorization", tenant);
            return (bool)(await response.Content.ReadFromJsonAsync<JsonNode>())!["known"]!;
        }
    }

    [Theory]
    [InlineData(GuardedService.Ingest, StatusCode.OK)]
    [InlineData(GuardedService.Read, StatusCode.PermissionDenied)]
    [InlineData("ba_wrong", StatusCode.Unauthenticated)]
    [InlineData(null, StatusCode.Unauthenticated)]
    public async Task Should_guard_grpc_the_same(string? key, StatusCode expected)
    {
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        var headers = new Metadata();
        if (key is not null)
        {
            headers.Add("authorization", $"Bearer {key}");
        }

        var status = StatusCode.OK;
        try
        {
            await new IngestClient(channel).ReportAsync(new ReportRequest { Recipient = "grpc@auth.example", Outcome = "delivered" }, headers);
        }
        catch (RpcException refused)
        {
            status = refused.StatusCode;
        }

        Assert.Equal(expected, status);
    }

    [Fact]
    public void Should_never_log_a_key() => Assert.DoesNotContain("key-of-the-tests", service.Logs, StringComparison.Ordinal);

    private async Task<HttpResponseMessage> SendAsync(string endpoint, string? key, string header, string? tenant = null)
    {
        var parts = endpoint.Split(' ');
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), parts[1]);
        if (parts[0] == "POST")
        {
            request.Content = new StringContent(Report, System.Text.Encoding.UTF8, parts[1] == "/v1/mail" ? "message/rfc822" : "application/json");
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation(header, header == "Authorization" ? $"Bearer {key}" : key);
        }

        if (tenant is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Tenant", tenant);
        }

        return await service.Http.SendAsync(request);
    }
}
