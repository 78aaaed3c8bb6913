using System.CommandLine;
using BounceActors.Domain;
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
    /// <summary>The option that <see cref="Chosen"/> reads.</summary>
    public static Option<string> Format(OutputFormat unlessGiven = OutputFormat.Jsonl)
    {
        var option = new Option<string>("--format", "-f")
        {
            Description = "jsonl: one JSON object a line, for programs; table: for people",
            DefaultValueFactory = _ => unlessGiven.ToWire(),
            HelpName = "jsonl|table",
        };
        return option.AcceptOnlyFromAmong([.. WireNames.All<OutputFormat>()]);
    }

    /// <summary>The format asked for.</summary>
    public static OutputFormat Chosen(this ParseResult parsed, Option<string> format) => WireNames.Parse<OutputFormat>(parsed.GetRequiredValue(format));

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
