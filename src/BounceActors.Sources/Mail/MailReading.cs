using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Mail;

/// <summary>What a mail turned out to be.</summary>
/// <param name="Reports">One report per recipient the mail speaks about, in the order of the mail; empty when it is no report.</param>
/// <param name="Reason">For a person: which layout was read, or why the mail is not a report. Holds no address.</param>
public sealed record MailReading(IReadOnlyList<BounceReport> Reports, string Reason)
{
    /// <summary>The mail looks like a report, but what it says could not be read: a person should look at it.</summary>
    public bool IsPuzzling { get; init; }

    internal static MailReading NotAReport(string why) => new([], why);

    internal static MailReading Puzzling(string why) => new([], why) { IsPuzzling = true };
}
