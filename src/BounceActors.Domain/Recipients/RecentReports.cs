using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Recipients;

/// <summary>One thing by which a report can be known again.</summary>
/// <param name="Mark">Hash of the source's event id, or of the report's meaning.</param>
/// <param name="EventId">The report.</param>
/// <param name="RecordedAt">When it was recorded.</param>
public readonly record struct RecentReport(ulong Mark, Guid EventId, DateTimeOffset RecordedAt);

/// <summary>
/// Knows a report again, by the source's id and by its meaning (WEBHOOKS 2.13): outcome, message, second, enhanced code; without a message
/// id the time is taken in steps of ten minutes. Remembers eight days, longer than any source repeats.
/// </summary>
public static class RecentReports
{
    /// <summary>How long a report is known again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(8);

    /// <summary>Most marks kept per recipient; beyond, the oldest is forgotten early.</summary>
    public const int MaxMarks = 512;

    /// <summary>The recorded report that <paramref name="facts"/> repeats; null when it is new.</summary>
    public static Guid? Find(ImmutableList<RecentReport> recent, ReportFacts facts, ReportOutcome outcome, DateTimeOffset occurredAt, DateTimeOffset now)
    {
        var (byId, byMeaning) = Marks(facts, outcome, occurredAt);
        foreach (var report in recent)
        {
            if (now - report.RecordedAt <= Memory && (report.Mark == byMeaning || report.Mark == byId))
            {
                return report.EventId;
            }
        }

        return null;
    }

    /// <summary>The memory with one more report, and without what is too old.</summary>
    public static ImmutableList<RecentReport> Remember(
        ImmutableList<RecentReport> recent, Guid eventId, ReportFacts facts, ReportOutcome outcome, DateTimeOffset occurredAt, DateTimeOffset recordedAt)
    {
        var (byId, byMeaning) = Marks(facts, outcome, occurredAt);
        var kept = recent.RemoveAll(r => recordedAt - r.RecordedAt > Memory).Add(new RecentReport(byMeaning, eventId, recordedAt));
        if (byId is { } mark)
        {
            kept = kept.Add(new RecentReport(mark, eventId, recordedAt));
        }

        return kept.Count > MaxMarks ? kept.RemoveRange(0, kept.Count - MaxMarks) : kept;
    }

    private static (ulong? ById, ulong ByMeaning) Marks(ReportFacts facts, ReportOutcome outcome, DateTimeOffset occurredAt)
    {
        ulong? byId = facts.SourceEventId is { } id ? Hash($"id\0{facts.Source}\0{id}") : null;
        var bucket = occurredAt.ToUnixTimeSeconds() / (facts.MessageId is null ? 600 : 1);
        var byMeaning = Hash(string.Create(
            CultureInfo.InvariantCulture, $"meaning\0{outcome.ToWire()}\0{facts.MessageId}\0{bucket}\0{facts.EnhancedCode}"));
        return (byId, byMeaning);
    }

    private static ulong Hash(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
