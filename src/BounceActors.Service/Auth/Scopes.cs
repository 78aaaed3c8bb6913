using System.Security.Claims;
using BounceActors.Service.Problems;

namespace BounceActors.Service.Auth;

/// <summary>What a key may do.</summary>
internal static class Scopes
{
    /// <summary>Report, and carry out retries.</summary>
    public const string Ingest = "ingest";

    /// <summary>Ask.</summary>
    public const string Read = "read";

    /// <summary>Change things by hand, and look inside. Includes the others.</summary>
    public const string Admin = "admin";

    public static readonly IReadOnlyList<string> All = [Ingest, Read, Admin];

    /// <summary>Claim type of a scope.</summary>
    public const string ClaimType = "scope";

    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(scope).WithMetadata(new NeedsScope(scope));
}

/// <summary>The scope an endpoint asks for, for the answer to those who lack it.</summary>
internal sealed record NeedsScope(string Scope);

/// <summary>Whose data a request is about.</summary>
internal static class Tenants
{
    public const string Default = "default";

    /// <summary>The tenant of a key that is for all.</summary>
    public const string Any = "*";

    /// <summary>Names the tenant; for keys that are for all, and without keys.</summary>
    public const string Header = "X-Tenant";

    public const string ClaimType = "tenant";

    /// <summary>The tenant of a request; of several that a key is for, the one the header names.</summary>
    public static string Of(HttpContext http)
    {
        var own = http.User.FindFirstValue(ClaimType) ?? Default;
        var asked = http.Request.Headers[Header].ToString();
        if (asked.Length == 0)
        {
            return own == Any ? Default : own;
        }

        if (!IsName(asked))
        {
            throw new ProblemException(ProblemTypes.InvalidValue, $"{Header} must be 1 to 64 lower-case letters, digits, - or _", Header);
        }

        return own == Any || own == asked
            ? asked
            : throw new ProblemException(ProblemTypes.Forbidden, $"this key is not for tenant {asked}", Header);
    }

    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');
}
