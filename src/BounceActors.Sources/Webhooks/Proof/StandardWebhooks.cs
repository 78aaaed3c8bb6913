using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>
/// Svix and Standard Webhooks: <c>v1</c> HMAC-SHA256 over <c>id.timestamp.body</c>. Every attempt is signed anew, so that five minutes of
/// tolerance are right (standard-webhooks.md, "Verifying signatures").
/// </summary>
internal static class StandardWebhooks
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account)
    {
        var id = Header(request, "id");
        var stamp = Header(request, "timestamp");
        var signatures = Header(request, "signature");
        if (id is null || stamp is null || signatures is null)
        {
            return new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureMissing);
        }

        var signed = new byte[Encoding.UTF8.GetByteCount(id) + Encoding.UTF8.GetByteCount(stamp) + 2 + request.Body.Length];
        var length = Encoding.UTF8.GetBytes($"{id}.{stamp}.", signed);
        request.Body.Span.CopyTo(signed.AsSpan(length));
        if (!Matches(account.Secrets, signatures, signed))
        {
            return new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureWrong);
        }

        return long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(request.ReceivedAt.ToUnixTimeSeconds() - seconds) <= Tolerance.TotalSeconds
                ? new WebhookAuthenticity.Accepted()
                : new WebhookAuthenticity.Rejected(401, RejectionReasons.TimestampStale);
    }

    public static string? Id(WebhookRequest request) => Header(request, "id");

    private static string? Header(WebhookRequest request, string name) => request.Header($"svix-{name}") ?? request.Header($"webhook-{name}");

    private static bool Matches(IReadOnlyList<string> secrets, string signatures, byte[] signed)
    {
        var found = false;
        foreach (var secret in secrets)
        {
            if (Secret.FromBase64(secret.Trim().Replace("whsec_", "", StringComparison.Ordinal)) is not { } key)
            {
                continue;
            }

            var computed = HMACSHA256.HashData(key, signed);
            foreach (var signature in signatures.Split([' ', ','], 64).Where(s => s != "v1"))
            {
                found |= Secret.FromBase64(signature) is { } given && Secret.Equal(computed, given);
            }
        }

        return found;
    }
}
