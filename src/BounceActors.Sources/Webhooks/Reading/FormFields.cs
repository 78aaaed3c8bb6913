using System.Net;
using System.Text;
using MimeKit;

namespace BounceActors.Sources.Webhooks.Reading;

/// <summary>The fields of a form post, <c>application/x-www-form-urlencoded</c> or <c>multipart/form-data</c>, in their order.</summary>
internal static class FormFields
{
    private const int MaxFields = 2_000;

    /// <summary>Before the first form is parsed: MimeKit remembers for good which charsets it could not find, also for the mails read later.</summary>
    static FormFields() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Whether a request calls its body a form.</summary>
    public static bool IsForm(WebhookRequest request) =>
        request.Header("Content-Type") is { } type
        && (type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) || type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase));

    /// <summary>The fields, decoded; what cannot be read as a form gives none.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(WebhookRequest request)
    {
        var type = request.Header("Content-Type") ?? "";
        return type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) ? Multipart(type, request.Body) : UrlEncoded(request.Body.Span);
    }

    private static List<KeyValuePair<string, string>> UrlEncoded(ReadOnlySpan<byte> body)
    {
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            if (fields.Count == MaxFields)
            {
                break;
            }

            var equals = pair.IndexOf((byte)'=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? [] : pair[(equals + 1)..];
            fields.Add(new(Decode(name), Decode(value)));
        }

        return fields;
    }

    private static string Decode(ReadOnlySpan<byte> encoded) => WebUtility.UrlDecode(Encoding.UTF8.GetString(encoded));

    private static List<KeyValuePair<string, string>> Multipart(string contentType, ReadOnlyMemory<byte> body)
    {
        var fields = new List<KeyValuePair<string, string>>();
        try
        {
            using var stream = new MemoryStream(body.ToArray());
            if (ContentType.TryParse(contentType, out var type) && MimeEntity.Load(type, stream) is Multipart parts)
            {
                foreach (var part in parts.OfType<MimePart>().Take(MaxFields))
                {
                    if (part.ContentDisposition?.Parameters["name"] is { } name && part.ContentDisposition.FileName is null && part.Content is { } content)
                    {
                        using var value = new MemoryStream();
                        content.DecodeTo(value);
                        fields.Add(new(name, Encoding.UTF8.GetString(value.ToArray()).TrimEnd('\r', '\n')));
                    }
                }
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException or InvalidOperationException)
        {
            // What a MIME parser makes of hostile bytes cannot be known; the fields found so far are all there are
        }

        return fields;
    }
}
