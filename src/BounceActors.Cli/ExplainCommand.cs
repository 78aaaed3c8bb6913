using System.CommandLine;
using System.Globalization;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;
using Spectre.Console;

namespace BounceActors.Cli;

/// <summary>`bounce explain`: every rule that matched, in order, and why the winner won.</summary>
internal static class ExplainCommand
{
    public static Command Create(StandardStreams streams)
    {
        var subject = new Argument<string[]>("TEXT|FILE")
        {
            Description = "A reply as the server gave it, or a mail file; - for a mail on stdin",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var smtp = new Option<string?>("--smtp-code") { Description = "SMTP reply code, if it is not in the text", HelpName = "550" };
        var enhanced = new Option<string?>("--enhanced-code") { Description = "Enhanced status code, if it is not in the text", HelpName = "5.1.1" };
        var provider = new Option<string?>("--provider") { Description = "Provider that answered, e.g. google", HelpName = "NAME" };
        var rules = CommonOptions.Rules();
        var command = new Command("explain", "Show every rule that matched a reply or a mail, in order, and why the winner won") { subject, smtp, enhanced, provider, rules };
        command.SetAction(parsed =>
        {
            var words = parsed.GetValue(subject) ?? [];
            var classifier = new BounceClassifier(CommonOptions.LoadRules(parsed.GetValue(rules)));
            if (words is [var path] && (path == MailPaths.StandardInput || File.Exists(path)))
            {
                return parsed.GetResult(smtp) is null && parsed.GetResult(enhanced) is null && parsed.GetResult(provider) is null
                    ? ExplainMail(streams, path, classifier)
                    : throw new UsageException($"--smtp-code, --enhanced-code and --provider go with a text; {path} is a mail and brings its own");
            }

            return ExplainText(streams, string.Join(' ', words), parsed.GetValue(smtp), parsed.GetValue(enhanced), parsed.GetValue(provider), classifier);
        });
        return command;
    }

    private static int ExplainText(StandardStreams streams, string text, string? smtp, string? enhanced, string? provider, BounceClassifier classifier)
    {
        BounceReport report;
        try
        {
            report = JudgeLine.FromText(text) with
            {
                SmtpCode = smtp is null ? null : JudgeLine.SmtpCode(smtp),
                EnhancedCode = enhanced is null ? null : JudgeLine.EnhancedCode(enhanced),
                Provider = provider,
            };
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }

        if (report is { Diagnostic: "", SmtpCode: null, EnhancedCode: null })
        {
            throw new UsageException("nothing to explain: give a text, a mail file, --smtp-code or --enhanced-code");
        }

        streams.Print(console => Explain(console, report, classifier));
        return ExitCode.Ok;
    }

    private static int ExplainMail(StandardStreams streams, string path, BounceClassifier classifier)
    {
        var options = new MailReaderOptions();
        var reader = new MailReader(options);
        var input = new MailInput(streams, options.MaxBytes);
        foreach (var mail in input.Read([path]))
        {
            var reading = reader.Read(mail.Bytes);
            streams.Print(console =>
            {
                Line(console, reading.Reports.Count == 0 ? $"not a report: {reading.Reason}" : $"{mail.File}: {reading.Reason}");
                foreach (var report in reading.Reports)
                {
                    console.WriteLine();
                    Explain(console, report, classifier);
                }
            });
        }

        return input.Failures == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    private static void Explain(IAnsiConsole console, BounceReport report, BounceClassifier classifier)
    {
        var explanation = classifier.Explain(report);
        var verdict = explanation.Verdict;
        Fact(console, "recipient", report.Recipient?.Display);
        Fact(console, "said", report.Diagnostic);
        Fact(console, "codes", string.Join(' ', new[] { report.SmtpCode?.ToString(CultureInfo.InvariantCulture), report.EnhancedCode?.ToString() }.OfType<string>()));
        Fact(console, "action field", report.Action?.ToWire());
        Fact(console, "remote MTA", report.RemoteMta);
        Fact(console, "found by", report.Mail is { } facts ? string.Join(", ", facts.Evidence.Prepend(facts.Layout)) : null);
        Fact(console, "verdict", $"{verdict.Outcome.ToWire()}: {string.Join(" / ", new[] { verdict.Type?.ToWire(), verdict.Category.ToWire() }.OfType<string>())}, confidence {verdict.Confidence.Percent()}, by {verdict.Rule}");
        Fact(console, "to do", $"{verdict.Action.ToWire()} (fault: {verdict.Fault.ToWire()}, {verdict.Permanence.ToWire()})");
        Fact(console, "provider", verdict.Provider);
        Fact(console, "blocklist", verdict.Blocklist);
        Fact(console, "retry after", verdict.RetryAfter?.ToString("c", CultureInfo.InvariantCulture));
        console.WriteLine();
        if (explanation.Matches.Count == 0)
        {
            Line(console, "no rule and no code matched");
        }
        else
        {
            var table = Tables.New("#", "rule", "category", "priority", "conf.", "matched", "in");
            foreach (var (i, match) in explanation.Matches.Index())
            {
                table.Row($"{i + 1}", match.RuleId, match.Category.ToWire(), match.Priority.ToString(CultureInfo.InvariantCulture), match.Confidence.Percent(), match.MatchedText, $"{match.Source}:{match.Line}");
            }

            console.Write(table);
        }

        foreach (var sentence in explanation.Why)
        {
            Line(console, $"- {sentence}");
        }
    }

    private static void Fact(IAnsiConsole console, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Line(console, $"{name,-13}{value}");
        }
    }

    private static void Line(IAnsiConsole console, string text) => console.Write(new Text(Printable.Line(text) + "\n"));
}
