using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Webhooks;

/// <summary>What a request says.</summary>
/// <param name="Reports">One report per event and recipient, in the order of the request.</param>
/// <param name="Ignored">Events that report nothing about a recipient (sent, subscribed, unknown ones): the sender's name to how many.</param>
/// <param name="NotUnderstood">Parts that could not be read, for the dead letters; empty when everything was.</param>
public sealed record WebhookReading(
    IReadOnlyList<BounceReport> Reports,
    IReadOnlyDictionary<string, int> Ignored,
    IReadOnlyList<NotUnderstood> NotUnderstood);

/// <summary>A part of a request that could not be read.</summary>
/// <param name="Part">Where it stands, as a JSON path: <c>$</c> is the whole body, <c>$[3]</c> its fourth event.</param>
/// <param name="Reason">Why, for a person. Holds no address.</param>
public sealed record NotUnderstood(string Part, string Reason);
