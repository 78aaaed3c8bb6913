using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail;

/// <summary>What a VERP address says, and whether it may be believed.</summary>
/// <param name="Recipient">The recipient that is written into it; null when the pattern holds none.</param>
/// <param name="MessageId">The value of <c>{message}</c>, or null.</param>
/// <param name="Campaign">The value of <c>{campaign}</c>, or null.</param>
/// <param name="Trust">Whether it is to be believed.</param>
public sealed record VerpReading(EmailAddress? Recipient, string? MessageId, string? Campaign, VerpTrust Trust);

/// <summary>How far a VERP address may be believed.</summary>
public enum VerpTrust
{
    /// <summary>The pattern has no signature: anyone could have written it.</summary>
    Unsigned,

    /// <summary>The signature is right and not too old.</summary>
    Verified,

    /// <summary>The signature is wrong: nothing of it is used.</summary>
    Forged,

    /// <summary>The signature is right but older than allowed: nothing of it is used.</summary>
    Expired,
}

/// <summary>
/// A Variable Envelope Return Path: the address bounces are sent to, which carries the recipient, the message or the campaign.
/// A pattern is the address with tokens: <c>bounce+{local}={domain}@bounces.example.com</c>. Tokens: <c>{local}</c> and <c>{domain}</c> of the recipient,
/// <c>{message}</c>, <c>{campaign}</c>, <c>{time}</c> (Unix seconds, base 36), <c>{signature}</c>, <c>{any}</c>.
/// With <c>{signature}</c> a key is needed, and addresses made by <see cref="Sign"/> are the only ones believed.
/// </summary>
/// <remarks>
/// The signature is HMAC-SHA-256 over the address with an empty signature, in lower case, cut to 80 bits and written in base 32:
/// relays change the case of local parts, and 16 characters leave room within the 64 a local part may have (RFC 5321 section 4.5.3.1.1).
/// </remarks>
public sealed class VerpPattern
{
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";
    private const int SignatureLength = 16;
    private static readonly string[] Tokens = ["local", "domain", "message", "campaign", "time", "signature", "any"];

    private readonly List<(string? Token, string Text)> _pieces = [];
    private readonly byte[]? _key;

    /// <param name="pattern">The address with its tokens.</param>
    /// <param name="key">Secret of the signature, 16 bytes or more; only with <c>{signature}</c>.</param>
    /// <param name="maxAge">How old a signed address may be; needs <c>{time}</c>. 30 days unless given.</param>
    /// <exception cref="ArgumentException">The pattern has an unknown token, two tokens without text between them, or lacks what it needs.</exception>
    public VerpPattern(string pattern, ReadOnlyMemory<byte> key = default, TimeSpan? maxAge = null)
    {
        Pattern = pattern;
        MaxAge = maxAge ?? TimeSpan.FromDays(30);
        Parse(pattern);
        var signed = Has("signature");
        if (signed != key.Length > 0)
        {
            throw new ArgumentException(signed ? "a pattern with {signature} needs a key" : "a key is of no use to a pattern without {signature}", nameof(key));
        }

        if (signed && key.Length < 16)
        {
            throw new ArgumentException("the key of a signature has at least 16 bytes", nameof(key));
        }

        if (signed && !Has("time"))
        {
            throw new ArgumentException("a signed pattern needs {time}: without it an address would be good for ever", nameof(pattern));
        }

        _key = signed ? key.ToArray() : null;
    }

    /// <summary>The pattern as given.</summary>
    public string Pattern { get; }

    /// <summary>How old a signed address may be.</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>The return path for one recipient of one message.</summary>
    /// <param name="recipient">Whom the message goes to.</param>
    /// <param name="now">When it is sent.</param>
    /// <param name="messageId">Value of <c>{message}</c>.</param>
    /// <param name="campaign">Value of <c>{campaign}</c>.</param>
    public string Sign(EmailAddress recipient, DateTimeOffset now, string messageId = "", string campaign = "")
    {
        string Write(string signature) => string.Concat(_pieces.Select(p => p.Token switch
        {
            null => p.Text,
            "local" => recipient.LocalPart,
            "domain" => recipient.Domain,
            "message" => messageId,
            "campaign" => campaign,
            "time" => ToBase36(now.ToUnixTimeSeconds()),
            "signature" => signature,
            _ => "",
        }));

        return Write(_key is null ? "" : Signature(Write("")));
    }

    /// <summary>Reads an address by this pattern; null when it does not fit.</summary>
    /// <param name="address">The address a report was sent to.</param>
    /// <param name="now">Now, for the age of a signature.</param>
    public VerpReading? Read(string address, DateTimeOffset now)
    {
        if (address.Length > EmailAddress.MaxLength || Match(address) is not { } values)
        {
            return null;
        }

        var trust = VerpTrust.Unsigned;
        if (_key is not null)
        {
            var unsigned = string.Concat(_pieces.Select(p => p.Token switch { null => p.Text, "signature" => "", _ => values[p.Token] }));
            var right = Signature(unsigned);
            trust = !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(values["signature"].ToLowerInvariant()), Encoding.ASCII.GetBytes(right))
                ? VerpTrust.Forged
                : FromBase36(values["time"]) is { } time && now - time <= MaxAge && time - now <= TimeSpan.FromDays(1) ? VerpTrust.Verified : VerpTrust.Expired;
        }

        if (trust is VerpTrust.Forged or VerpTrust.Expired)
        {
            return new VerpReading(null, null, null, trust);
        }

        EmailAddress? recipient = null;
        if (Has("local") && Has("domain"))
        {
            EmailAddress.TryParse($"{values["local"]}@{values["domain"]}", out recipient, out _);
        }

        return new VerpReading(recipient, NullIfEmpty(values.GetValueOrDefault("message")), NullIfEmpty(values.GetValueOrDefault("campaign")), trust);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private bool Has(string token) => _pieces.Exists(p => p.Token == token);

    private void Parse(string pattern)
    {
        for (var at = 0; at < pattern.Length;)
        {
            if (pattern[at] == '{')
            {
                var close = pattern.IndexOf('}', at);
                var token = close < 0 ? "" : pattern[(at + 1)..close];
                if (!Tokens.Contains(token))
                {
                    throw new ArgumentException($"unknown token at character {at}; known are {{{string.Join("}, {", Tokens)}}}", nameof(pattern));
                }

                if (_pieces.Count > 0 && _pieces[^1].Token is not null)
                {
                    throw new ArgumentException($"two tokens without text between them at character {at}: nothing tells where the first ends", nameof(pattern));
                }

                _pieces.Add((token, ""));
                at = close + 1;
            }
            else
            {
                var open = pattern.IndexOf('{', at);
                var end = open < 0 ? pattern.Length : open;
                _pieces.Add((null, pattern[at..end]));
                at = end;
            }
        }

        if (!pattern.Contains('@') || _pieces.TrueForAll(p => p.Token is null))
        {
            throw new ArgumentException("a pattern is an address with at least one token, like bounce+{local}={domain}@bounces.example.com", nameof(pattern));
        }
    }

    /// <summary>Fits the pieces from the left; a local part may hold the text after it, so {local} takes as much as it can.</summary>
    private Dictionary<string, string>? Match(string address)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        for (var i = 0; i < _pieces.Count; i++)
        {
            var (token, text) = _pieces[i];
            if (token is null)
            {
                if (at + text.Length > address.Length || !address.AsSpan(at, text.Length).Equals(text, StringComparison.OrdinalIgnoreCase))
                {
                    return null;
                }

                at += text.Length;
                continue;
            }

            var end = address.Length;
            if (i + 1 < _pieces.Count)
            {
                var next = _pieces[i + 1].Text;
                end = token == "local"
                    ? LastFit(address, at, i)
                    : i + 1 == _pieces.Count - 1 ? address.LastIndexOf(next, StringComparison.OrdinalIgnoreCase) : address.IndexOf(next, at, StringComparison.OrdinalIgnoreCase);
            }

            if (end < at || (end == at && token is "local" or "domain"))
            {
                return null;
            }

            values[token] = address[at..end];
            at = end;
        }

        return at == address.Length ? values : null;
    }

    /// <summary>Where a greedy piece ends: the literals behind it are found from the right.</summary>
    private int LastFit(string address, int at, int piece)
    {
        var end = address.Length;
        for (var i = _pieces.Count - 1; i > piece; i--)
        {
            if (_pieces[i].Token is not null)
            {
                continue;
            }

            if (end <= at)
            {
                return -1;
            }

            end = address.LastIndexOf(_pieces[i].Text, end - 1, end - at, StringComparison.OrdinalIgnoreCase);
            if (end < 0)
            {
                return -1;
            }
        }

        return end;
    }

    private string Signature(string address)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(address.ToLowerInvariant()), hash);
        return string.Create(SignatureLength, hash[..10].ToArray(), (text, bytes) =>
        {
            var bits = 0;
            var buffer = 0;
            var at = 0;
            foreach (var b in bytes)
            {
                buffer = (buffer << 8) | b;
                for (bits += 8; bits >= 5; bits -= 5)
                {
                    text[at++] = Base32[(buffer >> (bits - 5)) & 31];
                }
            }
        });
    }

    private static string ToBase36(long value)
    {
        var text = "";
        for (value = Math.Max(value, 0); value > 0 || text.Length == 0; value /= 36)
        {
            text = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(value % 36)] + text;
        }

        return text;
    }

    private static DateTimeOffset? FromBase36(string text)
    {
        if (text.Length is 0 or > 8)
        {
            return null;
        }

        var value = 0L;
        foreach (var c in text.ToLowerInvariant())
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : c is >= 'a' and <= 'z' ? c - 'a' + 10 : -1;
            if (digit < 0)
            {
                return null;
            }

            value = (value * 36) + digit;
        }

        return value <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(value) : null;
    }
}
