using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;

namespace BounceActors.Engine.Tests.Inbox;

/// <summary>
/// A source of lines <c>recipient|message|reply</c>. A line without bars is not understood, one without a recipient is an orphan, and no line at all is
/// a payload that is not understood. Its reports have no ids of their own.
/// </summary>
public sealed class LineReader : IPayloadReader
{
    /// <summary>As after a fix: lines <c>broken|…</c> are understood too.</summary>
    public bool Mended { get; set; }

    public bool Reads(string source) => source.StartsWith("lines", StringComparison.Ordinal);

    public PayloadReading Read(StoredPayload payload)
    {
        var reports = new List<BounceReport>();
        var problems = new List<PayloadProblem>();
        foreach (var (line, index) in Encoding.UTF8.GetString(payload.Body.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((l, i) => (l, i)))
        {
            var parts = line.Split('|').SkipWhile(p => Mended && p == "broken").ToArray();
            if (parts.Length != 3 || parts[0] == "broken")
            {
                problems.Add(new PayloadProblem($"$[{index}]", "three fields are expected"));
                continue;
            }

            reports.Add(new BounceReport
            {
                Recipient = EmailAddress.TryParse(parts[0], out var address, out _) ? address : null,
                MessageId = parts[1],
                Diagnostic = parts[2],
                Outcome = ReportOutcome.Bounce,
                Source = "lines",
            });
        }

        return reports.Count + problems.Count == 0 ? PayloadReading.NotUnderstood("no line in it") : new PayloadReading(reports, problems);
    }
}
