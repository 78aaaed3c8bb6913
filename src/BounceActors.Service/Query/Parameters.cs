using System.Globalization;
using BounceActors.Domain;
using BounceActors.Domain.Reports;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Query;

/// <summary>Reads what stands in paths, queries and bodies, and names what is wrong.</summary>
internal static class Parameters
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1_000;

    /// <summary>The address in a path.</summary>
    public static EmailAddress AddressInPath(string text) =>
        // The server leaves an encoded slash as it is, lest it be taken for one that parts the path.
        ReportInput.AddressOf(text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), "address");

    /// <summary>A domain, in lower case and A-labels.</summary>
    public static string DomainOf(string text, string field) =>
        EmailAddress.DomainOf($"postmaster@{text}") ?? throw new ProblemException(ProblemTypes.InvalidValue, $"{field} is not a domain name, e.g. example.com", field);

    /// <summary>One of the names of an enum; null when there is none.</summary>
    public static T? EnumOf<T>(string? text, string field, IReadOnlyList<string>? allowed = null)
        where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        allowed ??= WireNames.All<T>();
        return allowed.Contains(text) && WireNames.TryParse<T>(text, out var value)
            ? value
            : throw new ProblemException(ProblemTypes.UnknownValue, $"{field} '{(text.Length > 64 ? text[..64] : text)}' is not known; {Nearest.Hint(text, allowed)}", field);
    }

    /// <summary>The size of a page.</summary>
    public static int Limit(string? text) => Whole(text, "limit", 1, MaxLimit) ?? DefaultLimit;

    /// <summary>A whole number within limits; null when there is none.</summary>
    public static int? Whole(string? text, string field, int least, int most)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new ProblemException(ProblemTypes.InvalidValue, $"{field} must be {least} to {most}", field);
    }

    /// <summary>A whole number within limits.</summary>
    public static int Within(int value, string field, int least, int most) => value >= least && value <= most
        ? value
        : throw new ProblemException(ProblemTypes.InvalidValue, $"{field} must be {least} to {most}", field);

    /// <summary>True or false; false when there is none.</summary>
    public static bool Flag(string? text, string field) => text switch
    {
        null or "" or "false" => false,
        "true" => true,
        _ => throw new ProblemException(ProblemTypes.InvalidValue, $"{field} must be true or false", field),
    };

    /// <summary>A time with an offset; null when there is none.</summary>
    public static DateTimeOffset? Time(string? text, string field)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return text.Contains('T', StringComparison.OrdinalIgnoreCase)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : throw new ProblemException(ProblemTypes.InvalidValue, $"{field} must be a time as in RFC 3339, e.g. 2026-01-31T09:30:00Z", field);
    }

    /// <summary>A text of one line that has to be there: an actor, a reason, an owner.</summary>
    public static string Required(string? text, string field, int longest) =>
        ReportInput.Line(text, field, longest) ?? throw new ProblemException(ProblemTypes.MissingField, $"{field} is required", field);
}
