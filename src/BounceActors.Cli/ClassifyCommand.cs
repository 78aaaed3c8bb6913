using System.CommandLine;
using System.Text.Json;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;
using BounceActors.Domain.Classification;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli;

/// <summary>`bounce classify PATH…`: mails in, one line per (file, recipient) out.</summary>
internal static class ClassifyCommand
{
    // Judging is faster than reading: a few mails ahead keep all cores busy, and bound what is in memory.
    private static readonly int MailsAhead = Math.Clamp(2 * Environment.ProcessorCount, 2, 16);

    public static Command Create(StandardStreams streams)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Mail files, mbox files, Maildirs, directories (read to the bottom, sorted by name), or - for stdin",
            Arity = ArgumentArity.OneOrMore,
        };
        // A misspelt option would else be a file that is not there.
        paths.Validators.Add(given =>
        {
            foreach (var token in given.Tokens.Where(t => t.Value.Length > 1 && t.Value[0] == '-' && !Path.Exists(t.Value)))
            {
                given.AddError($"'{token.Value}' is neither an option nor a file");
            }
        });
        var format = CommonOptions.Format();
        var rules = CommonOptions.Rules();
        var command = new Command("classify", "Read mails and say of each recipient what happened, whose fault it was and what to do") { paths, format, rules };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(streams, parsed.GetRequiredValue(paths), parsed.Chosen(format), parsed.GetValue(rules), cancel)));
        return command;
    }

    private static int Run(StandardStreams streams, string[] paths, OutputFormat format, string? rulesDirectory, CancellationToken cancel)
    {
        var classifier = new BounceClassifier(CommonOptions.LoadRules(rulesDirectory));
        var options = new MailReaderOptions();
        var reader = new MailReader(options);
        var input = new MailInput(streams, options.MaxBytes);
        IRowWriter<ClassifiedRow> rows = format == OutputFormat.Jsonl
            ? new JsonLines<ClassifiedRow>(streams, Fields)
            : new TableRows<ClassifiedRow>(streams, ["file", "#", "recipient", "outcome", "type", "category", "action", "conf.", "rule", "code"], Cells);
        Progress.Show(streams, format, paths, read =>
        {
            foreach (var (mail, judged) in InOrder(input.Read(paths), mail => Judge(mail, reader, classifier)))
            {
                cancel.ThrowIfCancellationRequested();
                foreach (var row in judged)
                {
                    rows.Write(row);
                }

                read(mail.Bytes.Length);
            }
        });
        rows.Complete();
        return input.Failures == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    private static ClassifiedRow[] Judge(MailItem mail, MailReader reader, BounceClassifier classifier)
    {
        var reports = reader.Read(mail.Bytes).Reports;
        return reports.Count == 0
            ? [new ClassifiedRow(mail.File, mail.Index)]
            : [.. reports.Select(r => new ClassifiedRow(mail.File, mail.Index, r, classifier.Classify(r)))];
    }

    /// <summary>Runs up to <see cref="MailsAhead"/> at the same time, and gives the results in the order of the mails.</summary>
    private static IEnumerable<(MailItem Mail, T Result)> InOrder<T>(IEnumerable<MailItem> mails, Func<MailItem, T> work)
    {
        var running = new Queue<(MailItem Mail, Task<T> Result)>();
        foreach (var mail in mails)
        {
            running.Enqueue((mail, Task.Run(() => work(mail))));
            if (running.Count >= MailsAhead)
            {
                yield return Next();
            }
        }

        while (running.Count > 0)
        {
            yield return Next();
        }

        (MailItem, T) Next()
        {
            var (mail, result) = running.Dequeue();
            return (mail, result.GetAwaiter().GetResult());
        }
    }

    private static void Fields(Utf8JsonWriter json, ClassifiedRow row)
    {
        json.WriteString("file", row.File);
        json.WriteNumber("index", row.Index);
        json.WriteString("recipient", row.Recipient);
        json.WriteString("outcome", row.Outcome);
        json.WriteVerdict(row.Verdict);
        json.WriteString("smtpCode", row.SmtpCode);
        json.WriteString("enhancedCode", row.EnhancedCode);
        json.WriteString("diagnostic", row.Report?.Diagnostic ?? "");
        json.WriteString("sender", row.Report?.Sender ?? "");
        json.WriteString("messageId", row.Report?.MessageId ?? "");
        json.WriteString("reportingMta", row.Report?.ReportingMta ?? "");
        json.WriteString("remoteMta", row.Report?.RemoteMta ?? "");
        json.WriteString("provider", row.Provider);
    }

    private static string[] Cells(ClassifiedRow row) =>
        [row.File, $"{row.Index}", row.Recipient, row.Outcome, .. row.Verdict.Cells(), row.EnhancedCode.Length > 0 ? row.EnhancedCode : row.SmtpCode];
}
