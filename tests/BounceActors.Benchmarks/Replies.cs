using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Benchmarks;

/// <summary>The hand-written replies of the judge's tests as reports: what the benchmarks judge.</summary>
public static class Replies
{
    public static IReadOnlyList<BounceReport> Reports { get; } = [.. Read()];

    /// <summary>The same replies with other numbers and addresses in them, <paramref name="times"/> times: texts that repeat as they do in traffic.</summary>
    public static BounceReport[] Repeated(int times)
    {
        var random = new Random(1);
        return
        [
            .. Enumerable.Range(0, times).SelectMany(_ => Reports.Select(r => r with
            {
                Diagnostic = r.Diagnostic
                    .Replace("192.0.2.", $"198.51.{random.Next(10, 99)}.", StringComparison.Ordinal)
                    .Replace("@example", $"{random.Next(10_000)}@example", StringComparison.Ordinal) + $" id {random.Next(1_000_000)}",
            })).OrderBy(_ => random.Next()),
        ];
    }

    private static IEnumerable<BounceReport> Read()
    {
        using var reader = new StreamReader(typeof(Replies).Assembly.GetManifestResourceStream("replies.tsv")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#' && line.Split('\t') is [_, var reply, ..])
            {
                yield return new BounceReport { Diagnostic = reply };
            }
        }
    }
}
