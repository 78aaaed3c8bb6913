using System.Text;
using System.Text.Unicode;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>Bytes of a text to characters, although the named charset may be missing, unknown or wrong.</summary>
internal static class TextDecoder
{
    /// <param name="bytes">The text.</param>
    /// <param name="charset">The charset it claims, or null.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, string? charset)
    {
        // ISO-2022 is seven bits wide and starts with an escape, so it hides behind us-ascii and utf-8 labels
        if (bytes.IndexOf("\e$"u8) >= 0)
        {
            return Get("iso-2022-jp")!.GetString(bytes);
        }

        if (System.Text.Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        var named = Get(charset);
        if (named is not null && named.CodePage is not (20127 or 65001))
        {
            // Eight-bit text that is valid UTF-8 is UTF-8: single-byte labels are wrong far more often than that happens by chance
            return named.IsSingleByte && TryUtf8(bytes) is { } utf8 ? utf8 : named.GetString(bytes);
        }

        return TryUtf8(bytes) ?? Guess(bytes).GetString(bytes);
    }

    private static string? TryUtf8(ReadOnlySpan<byte> bytes)
    {
        // A text cut off at a limit may end inside a character
        for (var cut = 0; cut < 4 && cut < bytes.Length; cut++)
        {
            if (Utf8.IsValid(bytes[..^cut]))
            {
                return Encoding.UTF8.GetString(bytes[..^cut]);
            }
        }

        return null;
    }

    private static Encoding? Get(string? charset)
    {
        if (string.IsNullOrWhiteSpace(charset))
        {
            return null;
        }

        var name = charset.Trim().Trim('"', '\'').ToLowerInvariant();
        name = name switch
        {
            "x-sjis" or "sjis" or "cp932" or "ms932" or "windows-31j" or "ms_kanji" or "x-ms-cp932" => "shift_jis",
            "gb2312" or "gbk" or "x-gbk" or "cp936" or "euc-cn" or "x-euc-cn" => "gb18030",
            "x-euc-jp" or "eucjp" => "euc-jp",
            "cp1251" or "win-1251" => "windows-1251",
            "cp1252" or "ansi" => "windows-1252",
            "koi8" => "koi8-r",
            "cp949" or "uhc" or "ms949" => "ks_c_5601-1987",
            "utf8" or "unicode-1-1-utf-8" => "utf-8",
            "iso-2022-jp-2" or "iso-2022-jp-ms" or "cp50220" or "cp50221" => "iso-2022-jp",
            "8bit" or "unknown" or "unknown-8bit" or "default" or "x-unknown" => "",
            _ => name,
        };
        if (name.Length == 0)
        {
            return null;
        }

        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Which multi-byte set unlabelled eight-bit text is in, by whether it decodes without a loss; Latin 1 otherwise.</summary>
    private static Encoding Guess(ReadOnlySpan<byte> bytes)
    {
        var sample = bytes[..Math.Min(bytes.Length, 8192)];
        foreach (var name in (ReadOnlySpan<string>)["euc-jp", "shift_jis", "gb18030"])
        {
            var text = Get(name)!.GetString(sample);
            var kana = 0;
            var han = 0;
            var broken = 0;
            foreach (var c in text)
            {
                kana += c is >= '\u3041' and <= '\u30ff' ? 1 : 0;
                han += c is >= '\u4e00' and <= '\u9fff' ? 1 : 0;
                broken += c is '\ufffd' or '\u30fb' or (>= '\ue000' and <= '\uf8ff') ? 1 : 0;
            }

            // Japanese text always has kana; Chinese has none but many ideographs
            if (broken == 0 && (name == "gb18030" ? han >= 4 : kana >= 2))
            {
                return Get(name)!;
            }
        }

        return Encoding.Latin1;
    }
}
