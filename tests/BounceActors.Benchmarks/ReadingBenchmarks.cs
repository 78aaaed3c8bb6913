using BenchmarkDotNet.Attributes;
using BounceActors.Domain.Classification;
using BounceActors.Sources.Mail;
using MimeKit;

namespace BounceActors.Benchmarks;

/// <summary>
/// Reading and judging whole mails, against MimeKit's own parse of the same bytes. One operation takes every mail of a set once; the time is per
/// operation, so only ratios compare sets.
/// </summary>
[MemoryDiagnoser]
public class ReadingBenchmarks
{
    private readonly MailReader _reader = new();
    private readonly BounceClassifier _judge = new(RuleSet.Default);
    private byte[][] _mails = [];

    /// <summary>The hand-written mails of the tests; and the corpus beside the repository where there is one.</summary>
    public static IEnumerable<string> Sets => Mails.CorpusDirectory is null ? ["written"] : ["written", "corpus"];

    [ParamsSource(nameof(Sets))]
    public string Set { get; set; } = "written";

    [GlobalSetup]
    public void Prepare() => _mails = Set == "corpus" ? Mails.Corpus() : Mails.Written();

    [Benchmark(Baseline = true, Description = "MimeKit: MimeMessage.Load")]
    public int Parse()
    {
        var headers = 0;
        foreach (var mail in _mails)
        {
            using var message = MimeMessage.Load(new MemoryStream(mail));
            headers += message.Headers.Count;
        }

        return headers;
    }

    [Benchmark(Description = "read")]
    public int Read()
    {
        var reports = 0;
        foreach (var mail in _mails)
        {
            reports += _reader.Read(mail).Reports.Count;
        }

        return reports;
    }

    [Benchmark(Description = "read and judge")]
    public int ReadAndJudge()
    {
        var sum = 0;
        foreach (var mail in _mails)
        {
            foreach (var report in _reader.Read(mail).Reports)
            {
                sum += (int)_judge.Classify(report).Category;
            }
        }

        return sum;
    }
}

/// <summary>Whole mails to read.</summary>
internal static class Mails
{
    /// <summary>../shared/corpus/mail, seen from the repository's root; null where there is none.</summary>
    public static string? CorpusDirectory { get; } =
        Path.GetFullPath("../shared/corpus/mail") is var path && Directory.Exists(path) ? path : null;

    public static byte[][] Written() =>
    [
        .. typeof(Mails).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".eml", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(n =>
        {
            using var stream = typeof(Mails).Assembly.GetManifestResourceStream(n)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }),
    ];

    public static byte[][] Corpus() => [.. Directory.GetFiles(CorpusDirectory!, "*.eml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
}
