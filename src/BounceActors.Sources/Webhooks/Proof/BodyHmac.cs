using System.Security.Cryptography;
using System.Text;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>The plainest signature: hexadecimal HMAC-SHA256 over the raw body in a header.</summary>
internal static class BodyHmac
{
    public static WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, string header)
    {
        if (request.Header(header) is not { } text)
        {
            return new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureMissing);
        }

        var given = Secret.FromHex(text) ?? [];
        var found = false;
        foreach (var key in account.Secrets)
        {
            found |= Secret.Equal(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), request.Body.Span), given);
        }

        return found ? new WebhookAuthenticity.Accepted() : new WebhookAuthenticity.Rejected(401, RejectionReasons.SignatureWrong);
    }
}
