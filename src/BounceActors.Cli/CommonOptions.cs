using System.CommandLine;
using BounceActors.Domain.Classification;

namespace BounceActors.Cli;

/// <summary>How results are printed.</summary>
internal enum OutputFormat
{
    /// <summary>One JSON object a line.</summary>
    Jsonl,

    /// <summary>A table for people.</summary>
    Table,
}

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<OutputFormat> Format() => new("--format", "-f")
    {
        Description = "jsonl: one JSON object a line, for programs; table: for people",
        DefaultValueFactory = _ => OutputFormat.Jsonl,
        HelpName = "jsonl|table",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "jsonl":
                    return OutputFormat.Jsonl;
                case "table":
                    return OutputFormat.Table;
                default:
                    result.AddError($"--format: '{result.Tokens[0].Value}' is none of: jsonl, table");
                    return default;
            }
        },
    };

    public static Option<string?> Rules() => new("--rules", "-r")
    {
        Description = "Directory with rule files that add to or replace the built-in ones",
        HelpName = "DIR",
    };

    /// <summary>The rules to judge by.</summary>
    /// <param name="directory">What <see cref="Rules"/> was given, or null for the built-in ones.</param>
    /// <exception cref="UsageException">The rules cannot be used; lists every problem.</exception>
    public static RuleSet LoadRules(string? directory)
    {
        try
        {
            return directory is null ? RuleSet.Default : RuleSet.LoadDirectory(directory);
        }
        catch (RuleSetException e)
        {
            throw new UsageException($"the rules in {directory} cannot be used:{string.Concat(e.Problems.Select(p => $"\n  {p}"))}");
        }
    }
}
