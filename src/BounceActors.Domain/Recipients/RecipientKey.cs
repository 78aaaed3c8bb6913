using System.Buffers.Binary;
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

    /// <summary>The key's 128 bits folded to 64, upper half XOR lower half: enough to know a recipient by in memory, never in storage. Never 0.</summary>
    public ulong Mark
    {
        get
        {
            UInt128 bits = 0;
            foreach (var c in Value.AsSpan(0, Length - 1))
            {
                bits = (bits << 5) | Digit(c);
            }

            // 25 characters are 125 bits; of the last one only three belong to the key.
            bits = (bits << 3) | (Digit(Value[^1]) >> 2);
            return RecipientKeys.Fold((ulong)(bits >> 64), (ulong)bits);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static uint Digit(char c) => c is >= 'a' and <= 'z' ? (uint)(c - 'a') : (uint)(c - '2' + 26) & 31;
}

/// <summary>Makes keys: the first 128 bits of HMAC-SHA-256(deployment secret, tenant NUL normalised address), in base32 (RFC 4648, lower case, no padding).</summary>
public sealed class RecipientKeys
{
    /// <summary>Shortest secret taken, in bytes.</summary>
    public const int MinSecretLength = 32;

    /// <summary>The characters keys are made of, each as likely as any other.</summary>
    public const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Blocks of the longest text that is hashed beside others: 55, 119 or 183 bytes fit into one, two or three.</summary>
    private const int MaxBlocks = 3;

    private readonly byte[] _secret;
    private readonly HmacSha256Lanes? _lanes;
    private readonly ThreadLocal<IncrementalHash> _hash;

    /// <summary>Keys of one deployment. Throws <see cref="ArgumentException"/> when the secret is shorter than <see cref="MinSecretLength"/>.</summary>
    public RecipientKeys(byte[] secret)
    {
        if (secret.Length < MinSecretLength)
        {
            throw new ArgumentException($"the key secret has {secret.Length} bytes; at least {MinSecretLength} are needed", nameof(secret));
        }

        _secret = [.. secret];
        _lanes = HmacSha256Lanes.IsSupported ? new HmacSha256Lanes(_secret) : null;

        // Keyed once per thread: keying costs more than hashing an address does.
        _hash = new ThreadLocal<IncrementalHash>(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret));
    }

    /// <summary>A short public mark of the secret, to notice that a deployment was started with another one.</summary>
    public string Fingerprint => Convert.ToHexStringLower(HMACSHA256.HashData(_secret, "bounceactors key fingerprint"u8))[..16];

    /// <summary>The key of an address of a tenant.</summary>
    public RecipientKey Of(string tenant, EmailAddress address)
    {
        Span<byte> mac = stackalloc byte[32];
        Mac(tenant, address, mac);
        return new RecipientKey(Base32(mac[..16]));
    }

    /// <summary>The <see cref="RecipientKey.Mark"/> of an address of a tenant.</summary>
    public ulong MarkOf(string tenant, EmailAddress address)
    {
        Span<byte> mac = stackalloc byte[32];
        Mac(tenant, address, mac);
        return Fold(BinaryPrimitives.ReadUInt64BigEndian(mac), BinaryPrimitives.ReadUInt64BigEndian(mac[8..]));
    }

    /// <summary>The marks of many addresses of a tenant, without making an object of any of them; 0 where a text is no address.</summary>
    /// <param name="tenant">Whose recipients.</param>
    /// <param name="text">UTF-8 in which the addresses stand.</param>
    /// <param name="addresses">Where they stand in <paramref name="text"/>.</param>
    /// <param name="marks">Takes a mark for each of <paramref name="addresses"/>.</param>
    public void MarksOf(string tenant, ReadOnlySpan<byte> text, ReadOnlySpan<TextPart> addresses, Span<ulong> marks)
    {
        var prefix = Encoding.UTF8.GetBytes($"{tenant}\0");
        Span<byte> blocks = stackalloc byte[HmacSha256Lanes.Lanes * HmacSha256Lanes.BlockSize * (1 + 2 + MaxBlocks)];
        Span<int> waiting = stackalloc int[HmacSha256Lanes.Lanes * MaxBlocks];
        Span<int> counts = stackalloc int[MaxBlocks];
        Span<byte> plain = stackalloc byte[(MaxBlocks * HmacSha256Lanes.BlockSize) - 9];
        counts.Clear();
        prefix.AsSpan(0, Math.Min(prefix.Length, plain.Length)).CopyTo(plain);
        for (var i = 0; i < addresses.Length; i++)
        {
            var address = text.Slice(addresses[i].Start, addresses[i].Length);
            if (_lanes is null || prefix.Length + address.Length > plain.Length || !PlainAddress.TryNormalise(address, plain[prefix.Length..]))
            {
                marks[i] = EmailAddress.TryParse(Encoding.UTF8.GetString(address), out var parsed, out _) ? MarkOf(tenant, parsed) : 0;
                continue;
            }

            var length = prefix.Length + address.Length;
            var size = HmacSha256Lanes.BlocksOf(length);
            var lanes = Lanes(blocks, size);
            ref var count = ref counts[size - 1];
            var lane = lanes.Slice(count * size * HmacSha256Lanes.BlockSize, size * HmacSha256Lanes.BlockSize);
            plain[..length].CopyTo(lane);
            HmacSha256Lanes.Pad(lane, length);
            waiting[((size - 1) * HmacSha256Lanes.Lanes) + count] = i;
            if (++count == HmacSha256Lanes.Lanes)
            {
                Hash(lanes, size, waiting.Slice((size - 1) * HmacSha256Lanes.Lanes, count), marks);
                count = 0;
            }
        }

        for (var size = 1; size <= MaxBlocks; size++)
        {
            if (counts[size - 1] > 0)
            {
                Hash(Lanes(blocks, size), size, waiting.Slice((size - 1) * HmacSha256Lanes.Lanes, counts[size - 1]), marks);
            }
        }

        static Span<byte> Lanes(Span<byte> blocks, int size) => blocks.Slice(
            HmacSha256Lanes.Lanes * HmacSha256Lanes.BlockSize * (size * (size - 1) / 2), HmacSha256Lanes.Lanes * HmacSha256Lanes.BlockSize * size);
    }

    internal static ulong Fold(ulong upper, ulong lower) => (upper ^ lower) is var mark && mark != 0 ? mark : 1;

    private void Hash(ReadOnlySpan<byte> lanes, int size, ReadOnlySpan<int> waiting, Span<ulong> marks)
    {
        Span<ulong> hashed = stackalloc ulong[HmacSha256Lanes.Lanes];
        _lanes!.Fold(lanes, size, hashed);
        for (var lane = 0; lane < waiting.Length; lane++)
        {
            marks[waiting[lane]] = hashed[lane] != 0 ? hashed[lane] : 1;
        }
    }

    private void Mac(string tenant, EmailAddress address, Span<byte> mac)
    {
        var hash = _hash.Value!;
        Span<byte> text = stackalloc byte[512];
        var normalised = address.Normalised;
        var needed = Encoding.UTF8.GetMaxByteCount(tenant.Length + 1 + normalised.Length);
        if (needed > text.Length)
        {
            text = new byte[needed];
        }

        var length = Encoding.UTF8.GetBytes(tenant, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(normalised, text[length..]);
        hash.AppendData(text[..length]);
        hash.GetHashAndReset(mac);
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

/// <summary>Where a text stands in a longer one.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct TextPart(int Start, int Length);
