using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Sources.Webhooks.Proof;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Generic;

/// <summary>Any other sender of JSON, read by a mapping in the settings.</summary>
internal sealed class GenericSource : WebhookSource
{
    private readonly ConditionalWeakTable<JsonMapping, MappedReader> _readers = [];

    /// <inheritdoc/>
    public override string Name => "generic";

    /// <inheritdoc/>
    protected override WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, ISigningCertificates? certificates)
    {
        if (account.Mapping?.Signature is not { } scheme)
        {
            return account.UrlSecrets.Count > 0 ? Accepted : WithoutKey(account);
        }

        if (account.Secrets.Count == 0)
        {
            return NotConfigured;
        }

        return scheme.Header.Equals("standard", StringComparison.OrdinalIgnoreCase) ? StandardWebhooks.Verify(request, account) : Verify(request, account, scheme);
    }

    /// <inheritdoc/>
    protected override void ReadBody(WebhookRequest request, Events events)
    {
        if (events.Account.Mapping is not { } mapping)
        {
            events.NotUnderstood("the account has no Mapping to read it by");
            return;
        }

        if (!_readers.TryGetValue(mapping, out var reader))
        {
            reader = MappedReader.Of(mapping, out var problems);
            if (reader is null)
            {
                events.NotUnderstood($"the account's Mapping cannot be used: {problems[0]}");
                return;
            }

            _readers.AddOrUpdate(mapping, reader);
        }

        events.ReadValues(request.Body.Span, body => reader.Read(body, events));
    }

    private static WebhookAuthenticity Verify(WebhookRequest request, WebhookAccount account, SignatureScheme scheme)
    {
        if (request.Header(scheme.Header) is not { } header)
        {
            return Missing;
        }

        var parts = header.Split(',', 16, StringSplitOptions.TrimEntries);
        var stamp = scheme.TimestampHeader is { } name ? request.Header(name) : parts.FirstOrDefault(p => p.StartsWith("t=", StringComparison.Ordinal))?[2..];
        if (stamp is null && scheme.Signed.Contains("{timestamp}", StringComparison.Ordinal))
        {
            return Missing;
        }

        var signed = Signed(scheme.Signed, stamp ?? "", request.Body.Span);
        var given = parts.Where(p => p.StartsWith(scheme.Prefix, StringComparison.OrdinalIgnoreCase)).Select(p => Decode(p[scheme.Prefix.Length..], scheme.Encoding)).OfType<byte[]>().ToList();
        var found = false;
        foreach (var key in account.Secrets)
        {
            var computed = Hash(scheme.Hash, Encoding.UTF8.GetBytes(key), signed);
            found = given.Aggregate(found, (any, value) => any | Secret.Equal(computed, value));
        }

        if (!found)
        {
            return Wrong;
        }

        var at = Json.ToTime(stamp);
        return scheme.Tolerance is { } tolerance && (at is null || (request.ReceivedAt - at.Value).Duration() > tolerance)
            ? new WebhookAuthenticity.Rejected(401, RejectionReasons.TimestampStale)
            : At(at, request, account);
    }

    private static byte[] Signed(string template, string stamp, ReadOnlySpan<byte> body)
    {
        var text = template.Replace("{timestamp}", stamp, StringComparison.Ordinal);
        var at = text.IndexOf("{body}", StringComparison.Ordinal);
        return at < 0 ? Encoding.UTF8.GetBytes(text) : [.. Encoding.UTF8.GetBytes(text[..at]), .. body, .. Encoding.UTF8.GetBytes(text[(at + "{body}".Length)..])];
    }

    private static byte[]? Decode(string text, string encoding) => encoding.Equals("base64", StringComparison.OrdinalIgnoreCase) ? Secret.FromBase64(text) : Secret.FromHex(text);

    private static byte[] Hash(string name, byte[] key, byte[] signed) => name.ToLowerInvariant() switch
    {
        "sha1" => HMACSHA1.HashData(key, signed),
        "sha512" => HMACSHA512.HashData(key, signed),
        _ => HMACSHA256.HashData(key, signed),
    };
}
