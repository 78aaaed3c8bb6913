using System.Text.Json.Nodes;
using BounceActors.Domain;
using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Webhooks.Generic;

/// <summary>
/// Tells the source <c>generic</c> how to read a sender's JSON. A field is given by paths (<c>$.data.email</c>, <c>$['message id']</c>,
/// <c>$.to[0]</c>), several of them separated by <c>|</c> of which the first that leads to something counts, or by a constant after <c>=</c>.
/// </summary>
public sealed record JsonMapping
{
    /// <summary>Where the events are.</summary>
    /// <value><c>$</c>: the body is one event, or an array of them.</value>
    public string Events { get; init; } = "$";

    /// <summary>
    /// Fields of a report to their paths within an event: <c>recipient</c> (required), <c>event</c>, <c>sender</c>, <c>messageId</c>,
    /// <c>occurredAt</c>, <c>smtpCode</c>, <c>enhancedCode</c>, <c>diagnostic</c>, <c>sourceEventId</c>, <c>sourceClass</c>, <c>stream</c>,
    /// <c>campaign</c>, <c>sendingIp</c>, <c>remoteMta</c>, <c>provider</c>, and <c>metadata.NAME</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The sender's event names to outcomes (<c>bounce</c>, <c>delay</c>, <c>delivered</c>, <c>auto_reply</c>, <c>challenge</c>, <c>complaint</c>,
    /// <c>unsubscribe</c>, <c>engagement</c>), or to <c>ignore</c>; without regard to case. Names that are not listed are ignored, and counted.
    /// Empty: every event is judged by its codes and text.
    /// </summary>
    public IReadOnlyDictionary<string, string> Outcomes { get; init; } = new Dictionary<string, string>();

    /// <summary>Values of <c>sourceClass</c>, or else event names, to categories (<c>user_not_found</c>, <c>suppressed_by_source</c> …): weak evidence.</summary>
    public IReadOnlyDictionary<string, string> Categories { get; init; } = new Dictionary<string, string>();

    /// <summary>How requests are signed; null when they are not.</summary>
    public SignatureScheme? Signature { get; init; }

    /// <summary>What is wrong with the mapping, to be shown when settings are read; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems() => MappedReader.Problems(this);

    /// <summary>A bounce as the mapping reads it, for tests of a set-up; null when none of its outcomes is a bounce.</summary>
    /// <param name="recipient">Whom it is about.</param>
    /// <param name="messageId">Id of the message, and of the event.</param>
    /// <param name="at">When it happened.</param>
    public JsonNode? Sample(string recipient, string messageId, DateTimeOffset at)
    {
        var bounce = Outcomes.Count == 0 ? "bounce" : Outcomes.FirstOrDefault(o => o.Value == ReportOutcome.Bounce.ToWire()).Key;
        if (bounce is null)
        {
            return null;
        }

        JsonNode one = new JsonObject();
        foreach (var (field, paths) in Fields)
        {
            JsonNode? value = field.ToLowerInvariant() switch
            {
                "recipient" => recipient,
                "event" => bounce,
                "messageid" or "sourceeventid" => messageId,
                "occurredat" => at.ToUnixTimeSeconds(),
                "smtpcode" => 550,
                "enhancedcode" => "5.1.1",
                "diagnostic" => "550 5.1.1 user unknown",
                _ => null,
            };
            var path = paths.Split('|', StringSplitOptions.TrimEntries)[0];
            if (value is not null && path.StartsWith('$'))
            {
                one = JsonPath.Parse(path).Write(one, value);
            }
        }

        return JsonPath.Parse(Events).Write(null, one);
    }
}

/// <summary>An HMAC over the raw body in a header.</summary>
public sealed record SignatureScheme
{
    /// <summary>The header that holds the signature; <c>standard</c> for the three headers of Standard Webhooks or Svix.</summary>
    public string Header { get; init; } = "standard";

    /// <summary><c>sha1</c>, <c>sha256</c> or <c>sha512</c>.</summary>
    /// <value><c>sha256</c>.</value>
    public string Hash { get; init; } = "sha256";

    /// <summary><c>hex</c> or <c>base64</c>.</summary>
    /// <value><c>hex</c>.</value>
    public string Encoding { get; init; } = "hex";

    /// <summary>What stands before the signature, e.g. <c>sha256=</c>, or, among parts separated by commas, <c>v1=</c>.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What is signed: <c>{body}</c>, <c>{timestamp}{body}</c>, <c>{timestamp}.{body}</c> …</summary>
    /// <value><c>{body}</c>.</value>
    public string Signed { get; init; } = "{body}";

    /// <summary>The header with the time in seconds; null when it is the part <c>t=</c> of the signature's header.</summary>
    public string? TimestampHeader { get; init; }

    /// <summary>How old a signature may be, for senders that sign every attempt anew; null takes older ones and marks them late.</summary>
    public TimeSpan? Tolerance { get; init; }
}
