using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Recipients;

/// <summary>
/// Who a recipient is everywhere but in the directory table: 26 characters of base32, made by <see cref="RecipientKeys"/>.
/// It is the entity id and the only form of an address in the journal, in logs and in metrics.
/// </summary>
public readonly record struct RecipientKey(string Value)
{
    /// <summary>Length of every key, in characters.</summary>
    public const int Length = 26;

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Makes keys: the first 128 bits of HMAC-SHA-256(deployment secret, tenant NUL normalised address), in base32 (RFC 4648, lower case, no padding).</summary>
public sealed class RecipientKeys
{
    /// <summary>Shortest secret taken, in bytes.</summary>
    public const int MinSecretLength = 32;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private readonly byte[] _secret;

    /// <summary>Keys of one deployment. Throws <see cref="ArgumentException"/> when the secret is shorter than <see cref="MinSecretLength"/>.</summary>
    public RecipientKeys(byte[] secret)
    {
        if (secret.Length < MinSecretLength)
        {
            throw new ArgumentException($"the key secret has {secret.Length} bytes; at least {MinSecretLength} are needed", nameof(secret));
        }

        _secret = [.. secret];
    }

    /// <summary>A short public mark of the secret, to notice that a deployment was started with another one.</summary>
    public string Fingerprint => Convert.ToHexStringLower(HMACSHA256.HashData(_secret, "bounceactors key fingerprint"u8))[..16];

    /// <summary>The key of an address of a tenant.</summary>
    public RecipientKey Of(string tenant, EmailAddress address)
    {
        var text = Encoding.UTF8.GetBytes($"{tenant}\0{address.Normalised}");
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(_secret, text, mac);
        return new RecipientKey(Base32(mac[..16]));
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[RecipientKey.Length];
        int buffer = 0, bits = 0, at = 0;
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text[at++] = Alphabet[(buffer >> bits) & 31];
            }
        }

        text[at] = Alphabet[(buffer << (5 - bits)) & 31];
        return new string(text);
    }
}
