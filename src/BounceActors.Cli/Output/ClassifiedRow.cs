using System.Globalization;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Cli.Output;

/// <summary>What `bounce classify` found out about one recipient in one mail; without report and verdict: the mail is no report.</summary>
internal sealed record ClassifiedRow(string File, int Index, BounceReport? Report = null, Classification? Verdict = null)
{
    public string Recipient => Report?.Recipient?.Display ?? "";

    public string Outcome => (Verdict?.Outcome ?? ReportOutcome.NotAReport).ToWire();

    public string SmtpCode => Report?.SmtpCode?.ToString(CultureInfo.InvariantCulture) ?? "";

    public string EnhancedCode => Report?.EnhancedCode?.ToString() ?? "";

    public string Provider => Verdict?.Provider ?? Report?.Provider ?? "";
}
