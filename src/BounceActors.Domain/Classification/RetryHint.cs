using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace BounceActors.Domain.Classification;

/// <summary>Reads the wait a reply asks for: "try again in 300 seconds", "greylisted for 5 minutes", "retry-after: 120".</summary>
internal static class RetryHint
{
    /// <summary>Longest wait believed; a longer one is cut to it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private const string Unit = @"(?<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b";

    private static readonly Regex Wait = new(
        $@"\b(?:again|retry|retries|re-try|resend|wait|come back|back|gr[ae]y-?list\w*|deferred|blocked|throttled)\b[^.;!?#0-9]{{0,40}}(?<n>[0-9]{{1,6}}|#)\s*{Unit}|retry[- ]after[:= ]+(?<n>[0-9]{{1,6}}|#)(?:\s*{Unit})?",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private static readonly Regex Clock = new(
        @"\b(?:again|retry|wait|back|gr[ae]y-?list\w*)\b[^.;!?#0-9]{0,40}(?<h>[0-9]{1,2}|#):(?<m>[0-9]{2}|#):(?<s>[0-9]{2}|#)",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private static readonly SearchValues<string> Words =
        SearchValues.Create(["# s", "#s", "min", "hour", "hr", "day", "sec", "retry-after", "retry after", ":#", "#m", "#h", "0 s", "# m", "# h"], StringComparison.Ordinal);

    /// <summary>True when the masked text may ask for a wait: only then is the raw one worth reading.</summary>
    public static bool MayBeIn(ReadOnlySpan<char> masked) => masked.ContainsAny(Words) && (Wait.IsMatch(masked) || Clock.IsMatch(masked));

    /// <summary>The wait asked for in a raw text; null when there is none.</summary>
    public static TimeSpan? Read(string diagnostic)
    {
        var text = diagnostic.Length > DiagnosticText.MaxLength ? diagnostic[..DiagnosticText.MaxLength] : diagnostic;
        if (Wait.Match(text) is { Success: true } wait && wait.Groups["n"].ValueSpan is not "#")
        {
            var unit = wait.Groups["unit"].Success ? char.ToLowerInvariant(wait.Groups["unit"].ValueSpan[0]) : 's';
            return Bounded(Number(wait, "n") * unit switch
            {
                'm' => 60,
                'h' => 3600,
                'd' => 86400,
                _ => 1,
            });
        }

        return Clock.Match(text) is { Success: true } clock && !clock.ValueSpan.Contains('#')
            ? Bounded((3600 * Number(clock, "h")) + (60 * Number(clock, "m")) + Number(clock, "s"))
            : null;
    }

    private static double Number(Match match, string group) =>
        double.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static TimeSpan? Bounded(double seconds) =>
        seconds < 1 ? null : seconds > Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);
}
