using System.Security.Claims;
using System.Text.Encodings.Web;
using BounceActors.Service.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace BounceActors.Service.Auth;

/// <summary>Lets in who presents a key, as <c>Authorization: Bearer …</c> or <c>X-Api-Key</c>; everybody when no keys are configured (loopback only).</summary>
internal sealed class ApiKeyAuthentication(
    ApiKeys keys, IProblemDetailsService problems, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string HeaderName = "X-Api-Key";
    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!keys.Any)
        {
            // A browser on this machine would carry any web page's requests here; none has business to.
            if (Uri.TryCreate(Request.Headers.Origin.ToString(), UriKind.Absolute, out var origin) && !origin.IsLoopback)
            {
                return Task.FromResult(AuthenticateResult.Fail("a web page of another origin"));
            }

            return Task.FromResult(Welcome(new ApiKey("loopback", Tenants.Any, Scopes.All.ToHashSet())));
        }

        var authorization = Request.Headers.Authorization.ToString();
        var presented = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : Request.Headers[HeaderName].ToString();
        return Task.FromResult(
            presented.Length == 0 ? AuthenticateResult.NoResult()
            : keys.Find(presented) is { } key ? Welcome(key)
            : AuthenticateResult.Fail("unknown key"));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        var authentication = await HandleAuthenticateOnceSafeAsync();
        await problems.WriteAsync(Context, ProblemTypes.Unauthorized, authentication.Failure is null
            ? $"a key is needed: Authorization: Bearer KEY, or {HeaderName}: KEY"
            : $"refused: {authentication.Failure.Message}");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => problems.WriteAsync(
        Context, ProblemTypes.Forbidden, $"this key lacks the scope {Context.GetEndpoint()?.Metadata.GetMetadata<NeedsScope>()?.Scope}");

    private AuthenticateResult Welcome(ApiKey key)
    {
        IEnumerable<string> scopes = key.Scopes.Contains(Scopes.Admin) ? Scopes.All : key.Scopes;
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, key.Name), new Claim(Tenants.ClaimType, key.Tenant), .. scopes.Select(s => new Claim(Scopes.ClaimType, s))],
            SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}

internal static class AuthHosting
{
    /// <summary>Keys, and one authorization policy per scope.</summary>
    public static WebApplicationBuilder AddApiKeys(this WebApplicationBuilder builder, Settings.AllSettings settings)
    {
        builder.Services.AddSingleton(new ApiKeys(settings.Auth.Keys));

        // Not AddAuthentication: it brings data protection along, which keeps keys of its own on disk that nothing here needs.
        builder.Services.AddAuthenticationCore(options => options.DefaultScheme = ApiKeyAuthentication.SchemeName).AddWebEncoders();
        new AuthenticationBuilder(builder.Services).AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        var authorization = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
        {
            authorization.AddPolicy(scope, policy => policy.RequireClaim(Scopes.ClaimType, scope));
        }

        if (!settings.NeedsKeys)
        {
            // Nobody is asked for a key, so a web page that a name was rebound for must not get in either (DNS rebinding).
            builder.Services.PostConfigure<Microsoft.AspNetCore.HostFiltering.HostFilteringOptions>(
                hosts => hosts.AllowedHosts = ["localhost", "127.0.0.1", "[::1]", settings.Service.BindAddress]);
        }

        return builder;
    }
}
