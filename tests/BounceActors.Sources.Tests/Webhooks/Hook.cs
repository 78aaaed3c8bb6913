using System.Text;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Sources.Tests.Webhooks;

/// <summary>Short ways to write requests.</summary>
internal static class Hook
{
    public const string Form = "application/x-www-form-urlencoded";

    public static readonly DateTimeOffset Now = new(2026, 3, 3, 12, 0, 0, TimeSpan.Zero);

    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    public static WebhookRequest Post(string body, params (string Name, string Value)[] headers) => Post(Encoding.UTF8.GetBytes(body), headers);

    public static WebhookRequest Post(byte[] body, params (string Name, string Value)[] headers) =>
        new("POST", new Uri("https://bounce.example.net/v1/webhooks/any"), headers.ToDictionary(h => h.Name, h => h.Value), body, Now, "192.0.2.1");

    public static WebhookReading Read(string source, string body, WebhookAccount? account = null, string contentType = "application/json") =>
        WebhookSources.All[source].Read(Post(body, ("Content-Type", contentType)), account ?? new WebhookAccount());

    /// <summary>The one report of a body in which everything is understood.</summary>
    public static BounceReport One(string source, string body, WebhookAccount? account = null, string contentType = "application/json")
    {
        var reading = Read(source, body, account, contentType);
        Assert.Empty(reading.NotUnderstood);
        return Assert.Single(reading.Reports);
    }

    /// <summary>A report in one line: outcome, recipient, category.</summary>
    public static string Line(BounceReport report)
    {
        var verdict = Judge.Classify(report);
        return $"{verdict.Outcome.ToWire()} {report.Recipient?.Display ?? "nobody"} {verdict.Category.ToWire()}";
    }

    public static string Reason(WebhookAuthenticity answer) => answer is WebhookAuthenticity.Rejected r ? $"{r.Status} {r.Reason}" : answer.GetType().Name;
}
