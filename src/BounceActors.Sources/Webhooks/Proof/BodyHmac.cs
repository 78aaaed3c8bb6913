using System.Security.Cryptography;
using System.Text;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>The plainest signature: hexadecimal HMAC-SHA256 over the raw body in a header.</summary>
internal static class BodyHmac
{
    public static WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, string header)
    {
        if (request.Header(header) is null)
        {
            return new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureMissing);
        }

        return IsSigned(request, header, account.Secrets) ? new WebhookAuthenticity.Accepted() : new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureWrong);
    }

    public static bool IsSigned(WebhookRequest request, string header, IReadOnlyList<string> keys)
    {
        var given = Secret.FromHex(request.Header(header)) ?? [];
        var found = false;
        foreach (var key in keys)
        {
            found |= Secret.Equal(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), request.Body.Span), given);
        }

        return found;
    }
}
