using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Recipients;

/// <summary>One thing by which a report or a decision can be known again.</summary>
/// <param name="Mark">Hash of the source's event id, of the report's meaning, or of our own id.</param>
/// <param name="EventId">The report or decision.</param>
/// <param name="RecordedAt">When it was recorded.</param>
public readonly record struct RecentReport(ulong Mark, Guid EventId, DateTimeOffset RecordedAt);

/// <summary>
/// Knows a report again, by our id of it, by the source's id and by its meaning (WEBHOOKS 2.13): outcome, message, second, enhanced code;
/// without a message id the time is taken in steps of ten minutes. The time is the source's own, even where it lies in the future: a repeat
/// says the same. Remembers eight days, longer than any source repeats.
/// </summary>
public static class RecentReports
{
    /// <summary>How long a report is known again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(8);

    /// <summary>Most marks kept per recipient; beyond, the oldest is forgotten early.</summary>
    public const int MaxMarks = 512;

    /// <summary>The recorded report that <paramref name="facts"/> repeats; null when it is new.</summary>
    public static Guid? Find(ImmutableList<RecentReport> recent, ReportFacts facts, ReportOutcome outcome, DateTimeOffset now)
    {
        var (byId, byMeaning) = Marks(facts, outcome, now);
        foreach (var report in recent)
        {
            if (now - report.RecordedAt <= Memory && (report.Mark == byMeaning || report.Mark == byId))
            {
                return report.EventId;
            }
        }

        return null;
    }

    /// <summary>What a report says, as a number: a repeat of it says the same.</summary>
    public static ulong MeaningOf(ReportFacts facts, ReportOutcome outcome, DateTimeOffset now) => Marks(facts, outcome, now).ByMeaning;

    /// <summary>Whether an event of this id was recorded within <see cref="Memory"/>.</summary>
    public static bool Knows(ImmutableList<RecentReport> recent, Guid eventId, DateTimeOffset now) =>
        recent.Exists(r => r.EventId == eventId && now - r.RecordedAt <= Memory);

    /// <summary>The memory with one more event, and without what is too old.</summary>
    public static ImmutableList<RecentReport> Remember(ImmutableList<RecentReport> recent, RecipientEvents.Event e)
    {
        var kept = recent.RemoveAll(r => e.RecordedAt - r.RecordedAt > Memory);
        foreach (var mark in e is RecipientEvents.ReportRecorded report ? MarksOf(report) : [Hash($"event\0{e.EventId:N}")])
        {
            kept = kept.Add(new RecentReport(mark, e.EventId, e.RecordedAt));
        }

        return kept.Count > MaxMarks ? kept.RemoveRange(0, kept.Count - MaxMarks) : kept;
    }

    private static IEnumerable<ulong> MarksOf(RecipientEvents.ReportRecorded e)
    {
        var (byId, byMeaning) = Marks(e.Facts, e.Verdict.Outcome, e.RecordedAt);
        return byId is { } id ? [byMeaning, id] : [byMeaning];
    }

    private static (ulong? ById, ulong ByMeaning) Marks(ReportFacts facts, ReportOutcome outcome, DateTimeOffset now)
    {
        ulong? byId = facts.SourceEventId is { } id ? Hash($"id\0{facts.Source}\0{id}") : null;
        var second = (facts.OccurredAt ?? now).ToUnixTimeSeconds();
        var bucket = second / (facts.MessageId is null ? 600 : 1);
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
