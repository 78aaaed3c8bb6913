using System.Text;

namespace BounceActors.Domain.Recipients;

/// <summary>
/// Normalises the addresses that nearly all addresses are, of ASCII letters, digits and a few signs, as <see cref="Reports.EmailAddress"/> does, without making
/// an object. Everything else is left to it.
/// </summary>
internal static class PlainAddress
{
    private const int LongestLabel = 63;
    private const int LongestDomain = 250;
    private const byte InLocalPart = 1;
    private const byte InDomain = 2;

    private static readonly byte[] Kinds = KindsOf();

    /// <summary>Writes the normalised form, of the same length; false when this is not one of the plain ones.</summary>
    public static bool TryNormalise(ReadOnlySpan<byte> address, Span<byte> normalised)
    {
        var at = address.IndexOf((byte)'@');
        var domain = address[(at + 1)..];
        if (at < 1 || domain.IsEmpty || domain.Length > LongestDomain)
        {
            return false;
        }

        byte local = InLocalPart;
        foreach (var b in address[..at])
        {
            local &= Kinds[b];
        }

        var label = 0;
        var before = (byte)'.';
        foreach (var b in domain)
        {
            // Labels that are empty, or begin or end with a hyphen, or may be A-labels, are not plain.
            if ((Kinds[b] & InDomain) == 0 || (b is (byte)'-' or (byte)'.' && before is (byte)'-' or (byte)'.') || ++label > LongestLabel)
            {
                return false;
            }

            label = b == '.' ? 0 : label;
            before = b;
        }

        return local != 0 && before is not ((byte)'-' or (byte)'.') && Ascii.ToLower(address, normalised, out _) == System.Buffers.OperationStatus.Done;
    }

    private static byte[] KindsOf()
    {
        var kinds = new byte[256];
        for (var b = 0; b < 128; b++)
        {
            var c = (char)b;
            kinds[b] = char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? (byte)(InLocalPart | InDomain)
                : c is '+' or '=' or '!' or '#' or '$' or '%' or '&' or '\'' or '*' or '/' or '?' or '^' or '`' or '{' or '|' or '}' or '~' ? InLocalPart
                : (byte)0;
        }

        return kinds;
    }
}
