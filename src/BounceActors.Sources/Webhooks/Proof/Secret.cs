using System.Security.Cryptography;
using System.Text;

namespace BounceActors.Sources.Webhooks.Proof;

/// <summary>Comparisons whose time tells nothing about the secret, its length included.</summary>
internal static class Secret
{
    public static bool AnyEquals(IEnumerable<string> secrets, string given)
    {
        var found = false;
        foreach (var secret in secrets)
        {
            found |= Equal(secret, given);
        }

        return found;
    }

    public static bool Equal(string secret, string given)
    {
        Span<byte> a = stackalloc byte[32];
        Span<byte> b = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), a);
        SHA256.HashData(Encoding.UTF8.GetBytes(given), b);
        return secret.Length > 0 & CryptographicOperations.FixedTimeEquals(a, b);
    }

    public static bool Equal(ReadOnlySpan<byte> computed, ReadOnlySpan<byte> given) => CryptographicOperations.FixedTimeEquals(computed, given);

    public static byte[]? FromHex(string? text)
    {
        try
        {
            return text is { Length: > 0 and <= 1024 } ? Convert.FromHexString(text) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public static byte[]? FromBase64(string? text)
    {
        if (text is not { Length: > 0 and <= 16_384 })
        {
            return null;
        }

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
