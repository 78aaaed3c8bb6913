using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli.Tests.RealServers;

/// <summary>What three real mail servers write when a remote server refuses, read and judged.</summary>
/// <typeparam name="TServer">The server that writes the bounce.</typeparam>
public abstract class RealBounceSpecs<TServer>(TServer server) : IClassFixture<TServer>
    where TServer : MailServer
{
    private static readonly MailReader Reader = new();
    private static readonly BounceClassifier Classifier = new(RuleSet.Default);

    /// <summary>The server under test.</summary>
    protected TServer Server { get; } = server;

    public static TheoryData<string> Refusals() => [.. Script.Refusals.Select(r => r.Name)];

    [SkippableTheory]
    [MemberData(nameof(Refusals))]
    public async Task Should_read_and_judge_the_bounce_about(string name)
    {
        Server.MustRun();
        var refusal = Script.Named(name)!;

        var bounce = await Server.BounceToAsync(refusal.Sender);

        var (report, verdict) = Assert.Single(Judged(bounce));
        Expect(bounce, refusal, refusal.Recipient, report, verdict);
        Assert.Equal(refusal.Sender, report.Sender, ignoreCase: true);
        Assert.Equal($"order.4711.{refusal.Sender}", report.MessageId);
    }

    [SkippableFact]
    public async Task Should_read_every_recipient_of_one_bounce()
    {
        Server.MustRun();
        string[] names = ["unknown", "full", "relay", "listed"];

        var bounce = await Server.BounceOfAsync("several@sender.example", [.. names.Select(n => $"{n}+several@remote.example"), "fine@remote.example"]);

        var judged = Judged(bounce);
        Assert.Equal(names.Order(), judged.Select(j => j.Report.Recipient!.LocalPart.Split('+')[0]).Order());
        foreach (var (report, verdict) in judged)
        {
            Expect(bounce, Script.Named(report.Recipient!.LocalPart.Split('+')[0])!, report.Recipient.Display, report, verdict);
        }
    }

    /// <summary>The reports in a bounce with their verdicts.</summary>
    protected static IReadOnlyList<(BounceReport Report, Classification Verdict)> Judged(byte[] bounce) =>
        [.. Reader.Read(bounce).Reports.Select(r => (r, Classifier.Classify(r)))];

    /// <summary>Category and type that a bounce must come to, where the server does not pass on what the remote server said.</summary>
    private protected virtual (BounceCategory Category, BounceType Type) Meaning(Refusal refusal) => (refusal.Category, refusal.Type);

    private void Expect(byte[] bounce, Refusal refusal, string recipient, BounceReport report, Classification verdict)
    {
        var (category, type) = Meaning(refusal);
        var said = $"outcome bounce, {type.ToWire()}, {category.ToWire()} for {recipient}";
        var got = $"outcome {verdict.Outcome.ToWire()}, {verdict.Type?.ToWire()}, {verdict.Category.ToWire()} for {report.Recipient?.Display}";
        Assert.True(said == got, $"{Server.Name}: wanted {said},\ngot    {got} by {verdict.Rule}, \"{report.Diagnostic}\"\n{System.Text.Encoding.UTF8.GetString(bounce)}");
        if (!refusal.IsTemporary && refusal.Name != "big")
        {
            // Where the remote server gave no enhanced code, each server puts one of its own.
            Assert.Equal(refusal.SmtpCode, report.SmtpCode);
            Assert.True(refusal.EnhancedCode.Length == 0 || refusal.EnhancedCode == report.EnhancedCode?.ToString(), $"{Server.Name}: {report.EnhancedCode} instead of {refusal.EnhancedCode}");
        }
    }
}

public sealed class PostfixBounceSpecs(Postfix server) : RealBounceSpecs<Postfix>(server)
{
    [SkippableFact]
    public async Task Should_judge_what_its_own_delivery_agent_says_of_an_unknown_user()
    {
        Server.MustRun();

        var bounce = await Server.BounceOfAsync("local@sender.example", "nobody-here@postfix.example");

        var (report, verdict) = Assert.Single(Judged(bounce));
        Assert.Equal("nobody-here@postfix.example", report.Recipient?.Display);
        Assert.Equal(BounceCategory.UserNotFound, verdict.Category);
    }
}

public sealed class EximBounceSpecs(Exim server) : RealBounceSpecs<Exim>(server)
{
    [SkippableFact]
    public async Task Should_judge_what_it_says_of_an_unknown_local_user()
    {
        Server.MustRun();

        var bounce = await Server.BounceOfAsync("local@sender.example", "nobody-here@exim.example");

        var (report, verdict) = Assert.Single(Judged(bounce));
        Assert.Equal("nobody-here@exim.example", report.Recipient?.Display);
        Assert.Equal(BounceCategory.UserNotFound, verdict.Category);
    }

    [SkippableFact]
    public async Task Should_judge_what_it_says_of_a_full_local_mailbox()
    {
        Server.MustRun();

        var bounce = await Server.BounceOfAsync("quota@sender.example", "over-quota@exim.example");

        var (report, verdict) = Assert.Single(Judged(bounce));
        Assert.Equal("over-quota@exim.example", report.Recipient?.Display);
        Assert.Equal(BounceCategory.MailboxFull, verdict.Category);
    }
}

public sealed class OpenSmtpdBounceSpecs(OpenSmtpd server) : RealBounceSpecs<OpenSmtpd>(server)
{
    // OpenSMTPD gives up with "Envelope expired" and does not say what the remote server said.
    private protected override (BounceCategory Category, BounceType Type) Meaning(Refusal refusal) =>
        refusal.IsTemporary ? (BounceCategory.MessageExpired, BounceType.SoftBounce) : base.Meaning(refusal);
}
