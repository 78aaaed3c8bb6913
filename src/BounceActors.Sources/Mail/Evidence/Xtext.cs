using System.Globalization;
using System.Text;

namespace BounceActors.Sources.Mail.Evidence;

/// <summary>The encoding of envelope ids and original recipients: <c>+</c> and two hexadecimal digits (RFC 3461 section 4).</summary>
internal static class Xtext
{
    public static string? Decode(string? text)
    {
        if (text is null || !text.Contains('+'))
        {
            return text;
        }

        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '+' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && code is > 32 and < 127)
            {
                decoded.Append((char)code);
                i += 2;
            }
            else
            {
                decoded.Append(text[i]);
            }
        }

        return decoded.ToString();
    }
}
