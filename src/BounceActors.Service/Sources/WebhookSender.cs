using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Sources;

/// <summary>
/// Plays the sender of a source: signs a body as it would, with the account's own secrets. Where only the sender has the private key (SendGrid, Postal,
/// Amazon), it has keys of its own, and <see cref="Trusting"/> gives the account that believes them.
/// </summary>
internal sealed class WebhookSender : ISigningCertificates, IDisposable
{
    public const string CertificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-selftest.pem";

    private readonly ECDsa _elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);

    public WebhookSender(DateTimeOffset now)
    {
        using var certificate = new CertificateRequest("CN=sns.amazonaws.com", _rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        Certificate = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem());
    }

    /// <summary>What stands at <see cref="CertificateUrl"/>.</summary>
    public byte[] Certificate { get; }

    /// <summary>Its public key as SendGrid shows it.</summary>
    public string EllipticKey => Convert.ToBase64String(_elliptic.ExportSubjectPublicKeyInfo());

    /// <summary>Its public key as Postal shows it.</summary>
    public string RsaKey => Convert.ToBase64String(_rsa.ExportSubjectPublicKeyInfo());

    public ReadOnlyMemory<byte>? Find(Uri url) => url.AbsoluteUri == CertificateUrl ? Certificate : default(ReadOnlyMemory<byte>?);

    /// <summary>The account, believing this sender too.</summary>
    public WebhookAccount Trusting(string source, WebhookAccount account) => (source, account.Secrets.Count) switch
    {
        ("sendgrid", > 0) => account with { Secrets = [.. account.Secrets, EllipticKey] },
        ("postal", > 0) => account with { Secrets = [.. account.Secrets, RsaKey] },
        _ => account,
    };

    /// <summary>The request.</summary>
    /// <param name="source">The source.</param>
    /// <param name="account">Its account; the first of several secrets is used.</param>
    /// <param name="url">Where it is sent; a secret is added.</param>
    /// <param name="contentType">Type of the body.</param>
    /// <param name="body">The body; signatures that stand in it are added.</param>
    /// <param name="now">When it is signed.</param>
    public WebhookRequest Sign(string source, WebhookAccount account, Uri url, string contentType, string body, DateTimeOffset now)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = contentType };
        if (account.Credentials.Count > 0)
        {
            headers["Authorization"] = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(account.Credentials[0]))}";
        }
        else if (account.Tokens.Count > 0)
        {
            headers["Authorization"] = $"Bearer {account.Tokens[0]}";
        }

        foreach (var (name, values) in account.Headers.Where(h => h.Value.Count > 0))
        {
            headers[name] = values[0];
        }

        if (account.UrlSecrets.Count > 0)
        {
            url = new Uri($"{url.OriginalString}?secret={WebUtility.UrlEncode(account.UrlSecrets[0])}");
        }

        var stamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        if (source == "ses")
        {
            body = InEnvelope(account, body, now);
        }
        else if (account.Secrets.Count > 0)
        {
            body = Sign(source, account, url, headers, body, stamp);
        }

        var network = account.Networks.Count == 0 ? null : IPNetwork.TryParse(account.Networks[0], out var known) ? known.BaseAddress.ToString() : account.Networks[0];
        return new WebhookRequest("POST", url, headers, Encoding.UTF8.GetBytes(body), now, network);
    }

    public void Dispose()
    {
        _elliptic.Dispose();
        _rsa.Dispose();
    }

    private string Sign(string source, WebhookAccount account, Uri url, Dictionary<string, string> headers, string body, string stamp)
    {
        var key = Encoding.UTF8.GetBytes(account.Secrets[0]);
        switch (source)
        {
            case "sendgrid":
                headers["X-Twilio-Email-Event-Webhook-Timestamp"] = stamp;
                headers["X-Twilio-Email-Event-Webhook-Signature"] = Convert.ToBase64String(
                    _elliptic.SignData(Encoding.UTF8.GetBytes(stamp + body), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
                return body;
            case "postal":
                headers["X-Postal-Signature-256"] = Convert.ToBase64String(_rsa.SignData(Encoding.UTF8.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
                return body;
            case "mandrill":
                var text = new StringBuilder(account.Url ?? url.OriginalString);
                foreach (var field in body.Split('&').Select(f => f.Split('=', 2)).OrderBy(f => f[0], StringComparer.Ordinal))
                {
                    text.Append(WebUtility.UrlDecode(field[0])).Append(WebUtility.UrlDecode(field[^1]));
                }

                headers["X-Mandrill-Signature"] = Convert.ToBase64String(HMACSHA1.HashData(key, Encoding.UTF8.GetBytes(text.ToString())));
                return body;
            case "mailgun":
                var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(25));
                var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(stamp + token)));
                if (headers["Content-Type"].StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal))
                {
                    var others = body.Split('&').Where(f => !f.StartsWith("timestamp=", StringComparison.Ordinal) && !f.StartsWith("token=", StringComparison.Ordinal) && !f.StartsWith("signature=", StringComparison.Ordinal));
                    return $"{string.Join('&', others)}&timestamp={stamp}&token={token}&signature={signature}";
                }

                if (headers["Content-Type"].StartsWith("multipart/form-data; boundary=", StringComparison.Ordinal))
                {
                    var boundary = headers["Content-Type"]["multipart/form-data; boundary=".Length..];
                    return string.Concat(new[] { ("timestamp", stamp), ("token", token), ("signature", signature) }
                        .Select(f => $"--{boundary}\r\nContent-Disposition: form-data; name=\"{f.Item1}\"\r\n\r\n{f.Item2}\r\n")) + body;
                }

                var json = JsonNode.Parse(body)!;
                json["signature"] = new JsonObject { ["timestamp"] = stamp, ["token"] = token, ["signature"] = signature };
                return json.ToJsonString();
            case "mailersend":
                headers["Signature"] = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body)));
                return body;
            case "mailtrap":
                headers["Mailtrap-Signature"] = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body)));
                return body;
            case "resend":
                Standard(account, headers, body, stamp);
                return body;
            case "generic" when account.Mapping?.Signature is { } scheme:
                if (scheme.Header.Equals("standard", StringComparison.OrdinalIgnoreCase))
                {
                    Standard(account, headers, body, stamp);
                    return body;
                }

                var signed = Encoding.UTF8.GetBytes(scheme.Signed.Replace("{timestamp}", stamp, StringComparison.Ordinal).Replace("{body}", body, StringComparison.Ordinal));
                var mac = scheme.Hash.ToLowerInvariant() switch { "sha1" => HMACSHA1.HashData(key, signed), "sha512" => HMACSHA512.HashData(key, signed), _ => HMACSHA256.HashData(key, signed) };
                var encoded = scheme.Encoding.Equals("base64", StringComparison.OrdinalIgnoreCase) ? Convert.ToBase64String(mac) : Convert.ToHexStringLower(mac);
                headers[scheme.Header] = scheme.TimestampHeader is null && scheme.Signed.Contains("{timestamp}", StringComparison.Ordinal)
                    ? $"t={stamp},{scheme.Prefix}{encoded}"
                    : scheme.Prefix + encoded;
                if (scheme.TimestampHeader is { } header)
                {
                    headers[header] = stamp;
                }

                return body;
            default:
                return body;
        }
    }

    private static void Standard(WebhookAccount account, Dictionary<string, string> headers, string body, string stamp)
    {
        var id = $"msg_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
        var key = Convert.FromBase64String(account.Secrets[0].Trim().Replace("whsec_", "", StringComparison.Ordinal));
        headers["svix-id"] = id;
        headers["svix-timestamp"] = stamp;
        headers["svix-signature"] = $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{stamp}.{body}")))}";
    }

    /// <summary>A notification of SNS: around a document of SES, or out of an envelope that is signed anew.</summary>
    private string InEnvelope(WebhookAccount account, string body, DateTimeOffset now)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Message"] = json["Message"]?.GetValue<string>() ?? body,
            ["MessageId"] = Guid.NewGuid().ToString(),
            ["Timestamp"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["TopicArn"] = account.TopicArns.Count > 0 ? account.TopicArns[0] : "arn:aws:sns:eu-west-1:123456789012:none",
            ["Type"] = json["Type"]?.GetValue<string>() ?? "Notification",
        };
        if (fields["Type"] != "Notification")
        {
            fields["SubscribeURL"] = json["SubscribeURL"]?.GetValue<string>() ?? "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription";
            fields["Token"] = "selftest";
        }

        var text = string.Concat(fields.Select(f => $"{f.Key}\n{f.Value}\n"));
        fields["Signature"] = Convert.ToBase64String(_rsa.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        fields["SignatureVersion"] = "2";
        fields["SigningCertURL"] = CertificateUrl;
        return JsonSerializer.Serialize(fields);
    }
}
