using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.AmazonSes;

/// <summary>The JSON that Amazon SNS wraps around a message, and its signature (SNS sns-verify-signature-of-message).</summary>
internal sealed partial record SnsEnvelope
{
    private static readonly string[] NotificationFields = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    private static readonly string[] ConfirmationFields = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    public string? Type => this["Type"];

    public string? MessageId => this["MessageId"];

    public string? TopicArn => this["TopicArn"];

    public string? Message => this["Message"];

    public string? SubscribeUrl => this["SubscribeURL"];

    public string? Signature => this["Signature"];

    public string? CertificateUrl => this["SigningCertURL"] ?? this["SigningCertUrl"];

    public DateTimeOffset? SentAt => Json.ToTime(this["Timestamp"]);

    private string? this[string name] => _fields.GetValueOrDefault(name);

    /// <summary>The envelope, or null when the object is none.</summary>
    public static SnsEnvelope? Read(JsonElement e)
    {
        if (e.ValueKind != JsonValueKind.Object || e.Get("Type") is null || e.Get("Message") is null)
        {
            return null;
        }

        var envelope = new SnsEnvelope();
        foreach (var property in e.EnumerateObject())
        {
            // Untouched: the signature covers the decoded text to the last space
            if (property.Value.ValueKind == JsonValueKind.String)
            {
                envelope._fields[property.Name] = property.Value.GetString()!;
            }
        }

        return envelope.Type is null || envelope.Message is null ? null : envelope;
    }

    /// <summary>An address of SNS itself: nobody else's host is ever asked, whatever a message says.</summary>
    public static Uri? AmazonUrl(string? text, string? endsWith = null) =>
        text is { Length: <= 2_000 } && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && url.UserInfo.Length == 0 && url.Fragment.Length == 0
        && AmazonHost().IsMatch(url.IdnHost)
        && (endsWith is null || (url.AbsolutePath.EndsWith(endsWith, StringComparison.Ordinal) && url.Query.Length == 0))
            ? url
            : null;

    /// <summary>Whether the certificate's key signed the envelope. Version 1 is SHA-1, version 2 SHA-256.</summary>
    public bool IsSignedBy(X509Certificate2 certificate)
    {
        HashAlgorithmName? algorithm = this["SignatureVersion"] switch { "1" => HashAlgorithmName.SHA1, "2" => HashAlgorithmName.SHA256, _ => null };
        using var key = certificate.GetRSAPublicKey();
        return algorithm is { } hash && key is not null && Secret.FromBase64(Signature) is { } signature
            && key.VerifyData(Encoding.UTF8.GetBytes(TextToSign()), signature, hash, RSASignaturePadding.Pkcs1);
    }

    private string TextToSign()
    {
        var text = new StringBuilder();
        foreach (var name in Type == "Notification" ? NotificationFields : ConfirmationFields)
        {
            if (this[name] is { } value)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}\n{value}\n");
            }
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex AmazonHost();
}
