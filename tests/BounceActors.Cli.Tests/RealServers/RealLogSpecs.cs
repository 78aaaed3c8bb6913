using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;

namespace BounceActors.Cli.Tests.RealServers;

/// <summary>What real mail servers log while a remote server refuses, puts off and takes mails, read and judged.</summary>
/// <typeparam name="TServer">The server that writes the log.</typeparam>
public abstract class RealLogSpecs<TServer>(TServer server, LogFormat format) : IClassFixture<TServer>
    where TServer : MailServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly BounceClassifier Classifier = new(RuleSet.Default);

    [SkippableFact]
    public async Task Should_read_in_the_log_what_became_of_every_recipient()
    {
        server.MustRun();
        foreach (var refusal in Script.Refusals)
        {
            await server.BounceToAsync(refusal.Sender);
        }

        await server.BounceOfAsync("several@sender.example", "unknown+several@remote.example", "fine@remote.example");
        var lines = await LinesAsync(l => l.Any(r => r is { Outcome: ReportOutcome.Delivered, Recipient.Display: "fine@remote.example" }));

        Assert.DoesNotContain(lines, l => l.Kind == LogLineKind.Malformed);
        var reports = lines.SelectMany(l => l.Reports).ToList();
        var bounces = reports.Where(r => r.Outcome == ReportOutcome.Bounce).ToList();
        Assert.Equal(
            Script.Refusals.Select(r => r.Recipient).Append("unknown+several@remote.example").Order(StringComparer.Ordinal),
            bounces.Select(b => b.Recipient!.Display).Order(StringComparer.Ordinal));
        Assert.All(reports, r => Assert.EndsWith("@sender.example", r.Sender, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(bounces.Count, bounces.Select(b => b.SourceEventId).Distinct().Count());
        foreach (var refusal in Script.Refusals)
        {
            var bounce = bounces.Single(b => b.Recipient!.Display == refusal.Recipient);
            Assert.Equal((refusal.Sender, $"order.4711.{refusal.Sender}"), (bounce.Sender!.ToLowerInvariant(), bounce.MessageId));
            Assert.Equal((refusal.Name, refusal.Category), (refusal.Name, Classifier.Classify(bounce).Category));
            if (refusal.Name != "big")
            {
                // Servers that know the limit beforehand say so in their own words
                Assert.Equal((refusal.SmtpCode, refusal.EnhancedCode), (bounce.SmtpCode!.Value, refusal.EnhancedCode.Length > 0 ? bounce.EnhancedCode.ToString() : ""));
                Assert.StartsWith(refusal.Reply.Split('\n')[0], bounce.Diagnostic, StringComparison.Ordinal);
            }

            Assert.Equal(refusal.IsTemporary, reports.Any(r => r.Outcome == ReportOutcome.Delay && r.Recipient!.Equals(bounce.Recipient)));
        }

        Assert.Equal(["fine@remote.example"], reports.Where(r => r.Outcome == ReportOutcome.Delivered).Select(r => r.Recipient!.Display));
    }

    /// <summary>The log as it is once it says what is waited for.</summary>
    private async Task<List<LogLine>> LinesAsync(Func<IEnumerable<BounceReport>, bool> isThere)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            // Everything is on loopback here
            var reader = new LogReader(format, new LogReaderOptions { InternalRelays = [], TimeZone = TimeZoneInfo.Local });
            var text = await File.ReadAllTextAsync(server.LogFile, patience.Token);
            var lines = text.Split('\n').Select(l => reader.Read(l, File.GetLastWriteTimeUtc(server.LogFile))).ToList();
            if (isThere(lines.SelectMany(l => l.Reports)))
            {
                return lines;
            }

            await Task.Delay(100, patience.Token);
        }
    }
}

public sealed class PostfixLogSpecs(Postfix server) : RealLogSpecs<Postfix>(server, LogFormat.Postfix);

public sealed class EximLogSpecs(Exim server) : RealLogSpecs<Exim>(server, LogFormat.Exim);
