using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BounceActors.Cli.Output;
using BounceActors.Domain;
using BounceActors.Domain.Classification;

namespace BounceActors.Cli;

/// <summary>`bounce rules check` and `bounce rules list`.</summary>
internal static class RulesCommand
{
    public static Command Create(StandardStreams streams) => new("rules", "Look at the rules, or check those of a directory")
    {
        Check(streams),
        List(streams),
    };

    private static Command Check(StandardStreams streams)
    {
        var directory = Directory();
        var command = new Command("check", "Check rules: every example against all rules, shadowed rules, unsafe expressions, unknown fields") { directory };
        command.SetAction(parsed =>
        {
            var (problems, checkedRules) = Problems(parsed.GetValue(directory));
            var output = new OutputWriter(streams.Output);
            foreach (var problem in problems)
            {
                output.Line(problem.ToString());
            }

            var errors = problems.Count(p => p.IsError);
            output.Line($"{(checkedRules is null ? "the rules cannot be used" : $"{checkedRules.Rules.Count} rules with {checkedRules.Rules.Sum(r => r.Examples.Count)} examples checked")}: {errors} error(s), {problems.Count - errors} warning(s)");
            output.Flush();
            return errors == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
        });
        return command;
    }

    private static Command List(StandardStreams streams)
    {
        var directory = Directory();
        var format = CommonOptions.Format(OutputFormat.Table);
        var command = new Command("list", "List the rules in the order in which they decide") { directory, format };
        command.SetAction(parsed =>
        {
            IRowWriter<Rule> rows = parsed.Chosen(format) == OutputFormat.Jsonl
                ? new JsonLines<Rule>(streams, Fields)
                : new TableRows<Rule>(streams, ["priority", "rule", "category", "conf.", "provider", "in"], Cells);
            foreach (var rule in CommonOptions.LoadRules(parsed.GetValue(directory)).Rules)
            {
                rows.Write(rule);
            }

            rows.Complete();
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string?> Directory() => new("DIR")
    {
        Description = "Directory with rule files that add to or replace the built-in ones; without it, the built-in ones",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static (IReadOnlyList<RuleProblem> Problems, RuleSet? Checked) Problems(string? directory)
    {
        try
        {
            var rules = directory is null ? RuleSet.Default : RuleSet.LoadDirectory(directory);
            return (RuleChecker.Check(rules), rules);
        }
        catch (RuleSetException e)
        {
            return (e.Problems, null);
        }
    }

    private static void Fields(Utf8JsonWriter json, Rule rule)
    {
        json.WriteString("rule", rule.Id);
        json.WriteNumber("priority", rule.Priority);
        json.WriteString("category", rule.Category.ToWire());
        json.WriteNumber("confidence", rule.Confidence);
        json.WriteString("provider", rule.Provider ?? "");
        json.WriteString("source", rule.Source);
        json.WriteNumber("line", rule.Line);
    }

    private static string[] Cells(Rule rule) =>
    [
        rule.Priority.ToString(CultureInfo.InvariantCulture),
        rule.Id,
        rule.Category.ToWire(),
        rule.Confidence.Percent(),
        rule.Provider ?? "",
        $"{rule.Source}:{rule.Line}",
    ];
}
