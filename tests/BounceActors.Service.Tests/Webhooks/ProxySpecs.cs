using System.Net;
using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests.Webhooks;

/// <summary>A service behind a proxy on loopback, with an account that takes events from one network only.</summary>
public sealed class ProxySpecs(ProxySpecs.ServiceBehindAProxy service) : IClassFixture<ProxySpecs.ServiceBehindAProxy>
{
    public sealed class ServiceBehindAProxy : RunningService
    {
        protected override string[] Settings =>
        [
            "--Service:TrustedProxies=127.0.0.1,::1,10.0.0.0/8", "--Sources:Webhooks:brevo:default:Tokens:0=token", "--Sources:Webhooks:brevo:default:Networks:0=1.179.112.0/20",
        ];
    }

    [Theory]
    [InlineData("1.179.113.7", HttpStatusCode.OK)]
    [InlineData("1.179.113.7, 10.1.2.3", HttpStatusCode.OK)]
    [InlineData("203.0.113.9", HttpStatusCode.Forbidden)]
    [InlineData("1.179.113.7, 203.0.113.9", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.Forbidden)]
    public async Task Should_take_the_address_the_last_trusted_proxy_saw(string forwardedFor, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/brevo") { Content = new StringContent("[]") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer token");
        if (forwardedFor.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        }

        using var answer = await service.Http.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
    }
}
