using BounceActors.Domain.Reports;

namespace BounceActors.Sources.Logs;

/// <summary>What a line of a log turned out to be.</summary>
public enum LogLineKind
{
    /// <summary>It reports on recipients.</summary>
    Report,

    /// <summary>It says something about a message that later lines need: sender, message id, columns.</summary>
    Context,

    /// <summary>It says nothing about a recipient of ours.</summary>
    Other,

    /// <summary>It should report on a recipient, but cannot be read.</summary>
    Malformed,
}

/// <summary>One line, read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Reports">What it reports; empty unless it is a <see cref="LogLineKind.Report"/>.</param>
/// <param name="At">When it was written, by the log's own clock; null when the line does not say.</param>
/// <param name="Reason">Why it is malformed or passed over, for a person; null when there is nothing to say. Holds no address.</param>
public sealed record LogLine(LogLineKind Kind, IReadOnlyList<BounceReport> Reports, DateTimeOffset? At, string? Reason)
{
    internal static LogLine Report(DateTimeOffset? at, params IReadOnlyList<BounceReport> reports) => new(LogLineKind.Report, reports, at, null);

    internal static LogLine Context(DateTimeOffset? at) => new(LogLineKind.Context, [], at, null);

    internal static LogLine Other(DateTimeOffset? at = null, string? reason = null) => new(LogLineKind.Other, [], at, reason);

    internal static LogLine Malformed(string reason, DateTimeOffset? at = null) => new(LogLineKind.Malformed, [], at, reason);
}
