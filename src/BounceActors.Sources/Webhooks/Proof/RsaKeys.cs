using System.Security.Cryptography;
using System.Text.Json;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>RSA public keys in the forms people paste them: PEM, base64 (SubjectPublicKeyInfo or PKCS#1), a JWK or a JWK set (RFC 7517).</summary>
internal static class RsaKeys
{
    public static bool Verify(string key, ReadOnlySpan<byte> body, byte[] signature, HashAlgorithmName algorithm)
    {
        try
        {
            foreach (var rsa in Read(key.Trim()))
            {
                using (rsa)
                {
                    if (rsa.VerifyData(body, signature, algorithm, RSASignaturePadding.Pkcs1))
                    {
                        return true;
                    }
                }
            }
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException or JsonException or InvalidOperationException)
        {
            // A key that cannot be read signs nothing
        }

        return false;
    }

    private static IEnumerable<RSA> Read(string key)
    {
        if (key.StartsWith('{'))
        {
            using var document = JsonDocument.Parse(key);
            foreach (var jwk in document.RootElement.Get("keys") is null ? [document.RootElement] : document.RootElement.Items("keys"))
            {
                if (jwk.Text("n") is { } n && jwk.Text("e") is { } e)
                {
                    yield return RSA.Create(new RSAParameters { Modulus = FromBase64Url(n), Exponent = FromBase64Url(e) });
                }
            }

            yield break;
        }

        var rsa = RSA.Create();
        if (key.Contains("BEGIN", StringComparison.Ordinal))
        {
            rsa.ImportFromPem(key);
        }
        else
        {
            var der = Convert.FromBase64String(key);
            try
            {
                rsa.ImportSubjectPublicKeyInfo(der, out _);
            }
            catch (CryptographicException)
            {
                rsa.ImportRSAPublicKey(der, out _);
            }
        }

        yield return rsa;
    }

    private static byte[] FromBase64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
