using System.Globalization;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;

namespace BounceActors.Sources.Tests.Logs;

/// <summary>Reads lines as a log that was written before a moment.</summary>
internal static class Log
{
    public static readonly DateTimeOffset Now = At("2026-11-23T22:00:00Z");

    public static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    public static List<LogLine> Read(LogFormat format, string lines, LogReaderOptions? options = null, DateTimeOffset? writtenBefore = null)
    {
        var reader = new LogReader(format, options);
        return [.. Lines(lines).Select(l => reader.Read(l, writtenBefore ?? Now))];
    }

    public static IReadOnlyList<BounceReport> Reports(LogFormat format, string lines, LogReaderOptions? options = null) =>
        [.. Read(format, lines, options).SelectMany(l => l.Reports)];

    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
