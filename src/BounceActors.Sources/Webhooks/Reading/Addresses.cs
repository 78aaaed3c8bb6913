using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>Addresses as senders write them: bare, in angle brackets, or behind a name.</summary>
internal static class Addresses
{
    /// <summary>The address, or null when there is none.</summary>
    public static EmailAddress? Read(string? text)
    {
        if (text is null or { Length: > 2_000 })
        {
            return null;
        }

        return EmailAddress.TryParse(Bare(text), out var address, out _) ? address : null;
    }

    /// <summary>The address without a name, as it was given; null when there is none.</summary>
    public static string? Sender(string? text) => Read(text)?.Display;

    /// <summary>A message id without angle brackets.</summary>
    public static string? MessageId(string? text)
    {
        var bare = text?.Trim().TrimStart('<').TrimEnd('>').Trim();
        return bare is { Length: > 0 and <= 998 } ? bare : null;
    }

    /// <summary>A host without the type in front (<c>dns; mx.example.net</c>).</summary>
    public static string? Host(string? text)
    {
        var bare = text is null ? null : text[(text.IndexOf(';') + 1)..].Trim().TrimEnd('.');
        return bare is { Length: > 0 and <= 255 } ? bare : null;
    }

    private static string Bare(string text)
    {
        var close = text.LastIndexOf('>');
        var open = close < 0 ? -1 : text.LastIndexOf('<', close);
        return open < 0 ? text : text[(open + 1)..close];
    }
}
