using System.Globalization;
using System.Text.RegularExpressions;

namespace BounceActors.Domain.Classification;

/// <summary>Reads the wait a reply asks for: "try again in 300 seconds", "greylisted for 5 minutes", "retry-after: 120".</summary>
internal static partial class RetryHint
{
    /// <summary>Longest wait believed; a longer one is cut to it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>True when the masked text may ask for a wait: only then is the raw one worth reading.</summary>
    public static bool MayBeIn(ReadOnlySpan<char> masked) => Wait().IsMatch(masked) || Clock().IsMatch(masked);

    /// <summary>The wait asked for in a raw text; null when there is none.</summary>
    public static TimeSpan? Read(string diagnostic)
    {
        var text = diagnostic.Length > DiagnosticText.MaxLength ? diagnostic[..DiagnosticText.MaxLength] : diagnostic;
        if (Wait().Match(text) is { Success: true } wait
            && double.TryParse(wait.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var unit = wait.Groups["unit"].Success ? wait.Groups["unit"].Value.ToLowerInvariant() : "s";
            return Bounded(number * unit[0] switch
            {
                'm' => 60,
                'h' => 3600,
                'd' => 86400,
                _ => 1,
            });
        }

        if (Clock().Match(text) is { Success: true } clock && clock.Groups["h"].Value != "#")
        {
            return Bounded((3600 * Number(clock, "h")) + (60 * Number(clock, "m")) + Number(clock, "s"));
        }

        return null;
    }

    private static double Number(Match match, string group) =>
        double.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static TimeSpan? Bounded(double seconds) =>
        seconds < 1 ? null : seconds > Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);

    [GeneratedRegex(
        @"(?:(?:again|retry|retries|re-?try|resend|wait|come back|back|greylist\w*|graylist\w*|grey-?list\w*|deferred|blocked|throttled)\b[^.;!?#0-9]{0,40}?(?<n>[0-9]{1,6}|#)\s*(?<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b)|(?:retry[- ]after[:= ]+(?<n>[0-9]{1,6}|#)(?:\s*(?<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b)?)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Wait();

    [GeneratedRegex(
        @"(?:again|retry|wait|back|greylist\w*|graylist\w*)\b[^.;!?#0-9]{0,40}?(?<h>[0-9]{1,2}|#):(?<m>[0-9]{2}|#):(?<s>[0-9]{2}|#)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Clock();
}
