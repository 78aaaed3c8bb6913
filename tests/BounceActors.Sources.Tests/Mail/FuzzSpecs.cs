using System.Diagnostics;
using System.Globalization;
using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;
using Xunit.Abstractions;

namespace BounceActors.Sources.Tests.Mail;

/// <summary>Reads damaged mails. BOUNCE_FUZZ sets how many (200,000 for the run recorded in docs/quality.md), BOUNCE_FUZZ_SEED where to start.</summary>
public class FuzzSpecs(ITestOutputHelper output)
{
    private const long MostMemory = 64L * 1024 * 1024;

    [Fact]
    public void Should_read_damaged_mails_without_an_exception_and_say_nothing_that_is_not_there()
    {
        var count = Setting("BOUNCE_FUZZ", 4000);
        var start = Setting("BOUNCE_FUZZ_SEED", 20260303);
        var mails = SampleMails.Names.Select(SampleMails.Bytes).Concat(OrdinaryMails.All.Select(m => Encoding.UTF8.GetBytes(m.Mail))).ToArray();
        var reader = new MailReader();
        var reports = 0;
        var (slowest, slowestSeed, largest) = (TimeSpan.Zero, 0, 0L);
        for (var seed = start; seed < start + count; seed++)
        {
            var mail = new Mutator(seed).Mutate(mails[seed % mails.Length], mails[seed * 31L % mails.Length]);
            var clock = Stopwatch.StartNew();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reading = reader.Read(mail);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (clock.Elapsed > slowest)
            {
                // Once more: what the scheduler or the compiler took is not the mail's fault
                clock.Restart();
                reader.Read(mail);
                (slowest, slowestSeed) = clock.Elapsed > slowest ? (clock.Elapsed, seed) : (slowest, slowestSeed);
            }

            largest = Math.Max(largest, allocated);
            reports += reading.Reports.Count;
            Assert.True(allocated <= MostMemory, $"seed {seed}: {allocated} bytes");
            Assert.False(reading.Reason.StartsWith("cannot be read", StringComparison.Ordinal), $"seed {seed}: {reading.Reason}");
            Assert.All(reading.Reports, report => ShouldBeFounded(report, mail, seed));
        }

        output.WriteLine($"{count} mails from seed {start}: {reports} reports, slowest {slowest.TotalMilliseconds:F0} ms (seed {slowestSeed}), most memory {largest / 1024} KiB");
    }

    private static void ShouldBeFounded(BounceReport report, byte[] mail, int seed)
    {
        if (report.SmtpCode is { } code)
        {
            Assert.True(Said(report).Contains($"{code}", StringComparison.Ordinal), $"seed {seed}: the code {code} stands nowhere");
        }

        if (report.EnhancedCode is { } enhanced)
        {
            Assert.True(Said(report).Contains(enhanced.Class.ToString(CultureInfo.InvariantCulture) + ".", StringComparison.Ordinal), $"seed {seed}: the code {enhanced} stands nowhere");
        }

        // Only in a mail without encodings can an address be looked for byte by byte
        var text = Encoding.Latin1.GetString(mail);
        if (report.Recipient is { } recipient && !text.Contains("base64", StringComparison.OrdinalIgnoreCase) && !text.Contains("quoted-printable", StringComparison.OrdinalIgnoreCase) && !text.Contains("=?", StringComparison.Ordinal)
            && !text.Contains('&') && !text.Contains("\\x{", StringComparison.Ordinal) && Ascii.IsValid(mail))
        {
            Assert.True(text.Contains(recipient.Display, StringComparison.OrdinalIgnoreCase), $"seed {seed}: the recipient stands nowhere in the mail");
        }

        if (report.Outcome == ReportOutcome.Complaint)
        {
            Assert.True(report.Mail!.Layout is "arf" or "amazonses-json", $"seed {seed}: a complaint without a feedback report");
        }

        Assert.False(report.Diagnostic.Contains('\n') || report.Diagnostic.Contains('\0'), $"seed {seed}: the diagnostic is not collapsed");
    }

    private static string Said(BounceReport report) => $"{report.Diagnostic} {report.Mail!.Status}";

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
