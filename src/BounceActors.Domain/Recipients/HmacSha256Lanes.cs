using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace BounceActors.Domain.Recipients;

/// <summary>
/// HMAC-SHA-256 (RFC 2104, FIPS 180-4) of eight short texts side by side, one per lane of a 256-bit vector. A check of many addresses spends most of its
/// time here; the library's hash costs eight times as much per text because each call crosses into native code (docs/decisions/suppression-index.md).
/// </summary>
internal sealed class HmacSha256Lanes
{
    /// <summary>Texts hashed at once.</summary>
    public const int Lanes = 8;

    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 64;

    private static readonly uint[] RoundConstants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static readonly uint[] Start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static readonly Vector256<byte> BigEndian = Vector256.Create(
        (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28);

    private readonly Vector256<uint>[] _inner;
    private readonly Vector256<uint>[] _outer;

    /// <summary>Lanes for one key. The two blocks that every text would begin with are hashed once, here.</summary>
    public HmacSha256Lanes(ReadOnlySpan<byte> key)
    {
        if (key.Length > BlockSize)
        {
            key = SHA256.HashData(key);
        }

        _inner = AfterKey(key, 0x36);
        _outer = AfterKey(key, 0x5c);
    }

    /// <summary>Whether this machine has the vectors.</summary>
    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    /// <summary>Number of blocks a text takes.</summary>
    public static int BlocksOf(int length) => (length + 9 + BlockSize - 1) / BlockSize;

    /// <summary>Pads a text of <paramref name="length"/> bytes that stands at the begin of <paramref name="blocks"/>.</summary>
    public static void Pad(Span<byte> blocks, int length)
    {
        blocks[length..].Clear();
        blocks[length] = 0x80;

        // The key's block counts as part of the text.
        BinaryPrimitives.WriteUInt64BigEndian(blocks[^8..], (ulong)(BlockSize + length) * 8);
    }

    /// <summary>The first 128 bits of each lane's code, folded to 64: upper half XOR lower half.</summary>
    /// <param name="texts">Eight padded texts of <paramref name="blocks"/> blocks each, one after another.</param>
    /// <param name="blocks">Blocks per text.</param>
    /// <param name="marks">Takes eight results.</param>
    public void Fold(ReadOnlySpan<byte> texts, int blocks, Span<ulong> marks)
    {
        Span<Vector256<uint>> state = stackalloc Vector256<uint>[8];
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[64];
        _inner.CopyTo(state);
        var stride = blocks * BlockSize;
        for (var block = 0; block < blocks; block++)
        {
            for (var t = 0; t < 16; t++)
            {
                var at = (block * BlockSize) + (t * 4);
                words[t] = Vector256.Shuffle(
                    Vector256.Create(
                        Word(texts, at), Word(texts, at + stride), Word(texts, at + (2 * stride)), Word(texts, at + (3 * stride)),
                        Word(texts, at + (4 * stride)), Word(texts, at + (5 * stride)), Word(texts, at + (6 * stride)), Word(texts, at + (7 * stride))).AsByte(),
                    BigEndian).AsUInt32();
            }

            Compress(state, words);
        }

        state.CopyTo(words);
        words[8] = Vector256.Create(0x80000000u);
        words[9..15].Clear();
        words[15] = Vector256.Create((uint)(BlockSize + 32) * 8);
        _outer.CopyTo(state);
        Compress(state, words);
        for (var lane = 0; lane < Lanes; lane++)
        {
            var upper = ((ulong)state[0][lane] << 32) | state[1][lane];
            var lower = ((ulong)state[2][lane] << 32) | state[3][lane];
            marks[lane] = upper ^ lower;
        }
    }

    private static uint Word(ReadOnlySpan<byte> texts, int at) => Unsafe.ReadUnaligned<uint>(in texts[at]);

    private static Vector256<uint>[] AfterKey(ReadOnlySpan<byte> key, byte pad)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Fill(pad);
        for (var i = 0; i < key.Length; i++)
        {
            block[i] ^= key[i];
        }

        var state = Array.ConvertAll(Start, Vector256.Create);
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[64];
        for (var t = 0; t < 16; t++)
        {
            words[t] = Vector256.Create(BinaryPrimitives.ReadUInt32BigEndian(block[(t * 4)..]));
        }

        Compress(state, words);
        return state;
    }

    /// <summary>One block in every lane (FIPS 180-4 section 6.2.2).</summary>
    private static void Compress(Span<Vector256<uint>> state, Span<Vector256<uint>> words)
    {
        for (var t = 16; t < 64; t++)
        {
            var (early, late) = (words[t - 15], words[t - 2]);
            words[t] = words[t - 16] + (Rotate(early, 7) ^ Rotate(early, 18) ^ (early >>> 3)) + words[t - 7] + (Rotate(late, 17) ^ Rotate(late, 19) ^ (late >>> 10));
        }

        var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
        for (var t = 0; t < 64; t++)
        {
            var first = h + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25)) + ((e & f) ^ (~e & g)) + Vector256.Create(RoundConstants[t]) + words[t];
            var second = (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + first;
            d = c;
            c = b;
            b = a;
            a = first + second;
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    private static Vector256<uint> Rotate(Vector256<uint> x, int bits) => (x >>> bits) | (x << (32 - bits));
}
