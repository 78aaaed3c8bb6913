using System.Net;
using System.Text;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>The proofs any sender can give beside or instead of a signature: credentials, tokens, headers, a secret in the URL, its network.</summary>
internal static class Factors
{
    /// <summary>Null when every factor the account asks for is satisfied; else what is wrong.</summary>
    public static WebhookAuthenticity.Rejected? Check(WebhookRequest request, WebhookAccount account)
    {
        if (account.Networks.Count > 0 && !IsWithin(account.Networks, request.RemoteIp))
        {
            return new(403, RejectionReasons.AddressNotAllowed);
        }

        var authorization = request.Header("Authorization");
        if (account.Credentials.Count > 0)
        {
            // SNS sends the credentials of its URL only after it was asked for them
            const string challenge = "Basic realm=\"webhooks\", charset=\"UTF-8\"";
            if (Basic(authorization) is not { } credentials)
            {
                return new(401, RejectionReasons.CredentialsMissing, challenge);
            }

            if (!Secret.AnyEquals(account.Credentials, credentials))
            {
                return new(401, RejectionReasons.CredentialsWrong, challenge);
            }
        }

        if (account.Tokens.Count > 0 && Judge(After(authorization, "Bearer "), account.Tokens) is { } wrongToken)
        {
            return wrongToken;
        }

        foreach (var (name, values) in account.Headers)
        {
            if (Judge(request.Header(name), values) is { } wrongHeader)
            {
                return wrongHeader;
            }
        }

        return account.UrlSecrets.Count > 0 ? Judge(QuerySecret(request.Url), account.UrlSecrets) : null;
    }

    /// <summary>Whether the account asks for a proof that only the sender can give.</summary>
    public static bool AreStrong(WebhookAccount account) => account.Credentials.Count > 0 || account.Tokens.Count > 0 || account.Headers.Count > 0;

    private static WebhookAuthenticity.Rejected? Judge(string? given, IReadOnlyList<string> valid)
    {
        if (given is null)
        {
            return new(401, RejectionReasons.CredentialsMissing);
        }

        return Secret.AnyEquals(valid, given) ? null : new(401, RejectionReasons.CredentialsWrong);
    }

    private static string? Basic(string? authorization) =>
        Secret.FromBase64(After(authorization, "Basic ")) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static string? After(string? text, string scheme) =>
        text is not null && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? text[scheme.Length..].Trim() : null;

    private static string? QuerySecret(Uri url)
    {
        if (!url.IsAbsoluteUri)
        {
            return null;
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', 64))
        {
            if (pair.StartsWith("secret=", StringComparison.Ordinal))
            {
                return WebUtility.UrlDecode(pair["secret=".Length..]);
            }
        }

        return null;
    }

    private static bool IsWithin(IReadOnlyList<string> networks, string? remote)
    {
        if (!IPAddress.TryParse(remote, out var address))
        {
            return false;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(n => IPNetwork.TryParse(n, out var network) ? network.Contains(address) : IPAddress.TryParse(n, out var one) && one.Equals(address));
    }
}
