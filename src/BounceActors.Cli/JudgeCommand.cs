using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;
using BounceActors.Domain.Classification;

namespace BounceActors.Cli;

/// <summary>`bounce judge`: replies on stdin, a verdict a line out.</summary>
internal static class JudgeCommand
{
    public static Command Create(StandardStreams streams)
    {
        var format = CommonOptions.Format();
        var rules = CommonOptions.Rules();
        var command = new Command("judge", "Judge replies from stdin, one a line: as a server gave them, or as JSON with diagnostic, smtpCode, enhancedCode, provider") { format, rules };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(streams, parsed.Chosen(format), parsed.GetValue(rules), cancel)));
        return command;
    }

    private static int Run(StandardStreams streams, OutputFormat format, string? rulesDirectory, CancellationToken cancel)
    {
        var classifier = new BounceClassifier(CommonOptions.LoadRules(rulesDirectory));
        IRowWriter<(long Line, Classification Verdict)> rows = format == OutputFormat.Jsonl
            ? new JsonLines<(long Line, Classification Verdict)>(streams, static (json, row) => json.WriteVerdict(row.Verdict))
            : new TableRows<(long Line, Classification Verdict)>(
                streams,
                ["line", "type", "category", "action", "conf.", "rule"],
                static row => [row.Line.ToString(CultureInfo.InvariantCulture), .. row.Verdict.Cells()]);
        var failed = false;
        foreach (var (number, text) in InputLines.Read(streams.Input))
        {
            cancel.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(text) && text is not null)
            {
                continue;
            }

            try
            {
                var report = JudgeLine.Read(text ?? throw new FormatException($"longer than {InputLines.MaxLength} bytes"));
                rows.Write((number, classifier.Classify(report)));
            }
            catch (FormatException e)
            {
                failed = true;
                streams.Say($"line {number}: {e.Message}");
            }
        }

        rows.Complete();
        return failed ? ExitCode.SomeFailed : ExitCode.Ok;
    }
}
