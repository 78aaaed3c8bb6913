using System.Text;

namespace BounceActors.Sources.Tests.Mail;

/// <summary>Damages mails the ways transports, gateways and attackers do; the same seed gives the same damage.</summary>
public sealed class Mutator(int seed)
{
    private static readonly string[] Charsets = ["us-ascii", "utf-8", "utf-7", "utf-16", "iso-2022-jp", "shift_jis", "gb18030", "koi8-r", "euc-kr", "x-unknown", "", "\"", "iso-8859-1; x=y"];
    private static readonly string[] Encodings = ["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "?"];

    private static readonly string[] Pieces =
    [
        "--", "\n\n", "\r", "\0", "\x1b$B", "=?utf-8?b?", "<>", "<@>", "@", "550 5.1.1 ", "5.1.1", "Final-Recipient: rfc822; ", "Action: delivered", "Status: 9.9.9", "Content-Type: multipart/mixed; boundary=\"x\"", "Content-Type: message/rfc822",
        "Subject: Re: ", "X-Failed-Recipients: a@b.example", "Auto-Submitted: auto-replied", "----- Original message -----", ">", "{\"notificationType\":", new string('<', 300), new string('@', 300), new string('(', 300), "\xFF\xFE", "=\n", "\u202E", "From a@b.example Tue Mar  3 10:00:00 2026\n",
    ];

    private readonly Random _random = new(seed);

    public byte[] Mutate(byte[] mail, byte[] other)
    {
        for (var times = _random.Next(1, 5); times > 0; times--)
        {
            mail = _random.Next(12) switch
            {
                0 => Bytes(mail),
                1 => mail[.._random.Next(mail.Length + 1)],
                2 => Lines(mail, lines => lines.RemoveAt(_random.Next(lines.Count))),
                3 => Lines(mail, lines => lines.Insert(_random.Next(lines.Count), lines[_random.Next(lines.Count)])),
                4 => Lines(mail, lines => (lines[0], lines[_random.Next(lines.Count)]) = (lines[_random.Next(lines.Count)], lines[0])),
                5 => Lines(mail, lines => lines.Insert(_random.Next(lines.Count), Piece())),
                6 => Lines(mail, lines => lines.RemoveRange(_random.Next(lines.Count), 0)),
                7 => Replace(mail, "charset=", "charset=" + Charsets[_random.Next(Charsets.Length)] + "; z="),
                8 => Replace(mail, "Content-Transfer-Encoding: ", "Content-Transfer-Encoding: " + Encodings[_random.Next(Encodings.Length)] + "\nX-Was: "),
                9 => Replace(mail, "boundary=", "boundary=z"),
                10 => Splice(mail, other),
                _ => LineEnds(mail),
            };
        }

        return mail;
    }

    private string Piece() => Pieces[_random.Next(Pieces.Length)];

    private byte[] Bytes(byte[] mail)
    {
        var copy = (byte[])mail.Clone();
        for (var times = _random.Next(1, 20); times > 0 && copy.Length > 0; times--)
        {
            copy[_random.Next(copy.Length)] = (byte)_random.Next(256);
        }

        return copy;
    }

    private static byte[] Lines(byte[] mail, Action<List<string>> change)
    {
        var lines = Encoding.Latin1.GetString(mail).Split('\n').ToList();
        change(lines);
        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    private static byte[] Replace(byte[] mail, string what, string with) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(mail).Replace(what, with, StringComparison.OrdinalIgnoreCase));

    /// <summary>The head of one mail and the tail of another.</summary>
    private byte[] Splice(byte[] mail, byte[] other) => [.. mail[.._random.Next(mail.Length + 1)], .. other[_random.Next(other.Length + 1)..]];

    private byte[] LineEnds(byte[] mail)
    {
        var end = _random.Next(3) switch { 0 => "\r\n", 1 => "\r", _ => "\n" };
        return Replace(mail, "\n", end);
    }
}
