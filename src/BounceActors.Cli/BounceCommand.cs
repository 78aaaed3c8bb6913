using System.CommandLine;
using BounceActors.Cli.Output;

namespace BounceActors.Cli;

/// <summary>The command line: which commands there are, and what happens to what they throw.</summary>
internal static class BounceCommand
{
    public static async Task<int> RunAsync(string[] args, StandardStreams streams)
    {
        var root = new RootCommand("Reads bounces, complaints and auto-replies, and says what they mean.")
        {
            ClassifyCommand.Create(streams),
            JudgeCommand.Create(streams),
            ExplainCommand.Create(streams),
            RulesCommand.Create(streams),
            SelfTestCommand.Create(streams),
            ImportLogsCommand.Create(streams),
            SendCommand.Create(streams),
            SuppressionsCommand.Create(streams),
        };
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            // A misspelt command is also "a command is missing", and every word behind it a mistake of its own: the first says it all.
            var unknown = parsed.CommandResult.Command.Subcommands.Count > 0 ? parsed.UnmatchedTokens.FirstOrDefault() : null;
            streams.Say(unknown is null
                ? string.Join('\n', parsed.Errors.Select(e => e.Message).Distinct())
                : $"'{unknown}' is no command of {CommandPath(parsed)}");

            streams.Say($"try '{CommandPath(parsed)} --help'");
            return ExitCode.Usage;
        }

        using var output = new StreamWriter(streams.Output, leaveOpen: true);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = output,
                Error = streams.Error,
            });
        }
        catch (UsageException e)
        {
            streams.Say(e.Message);
            return ExitCode.Usage;
        }
        catch (OutputClosedException)
        {
            // The reader of our output has seen enough (`| head`): not an error, and nobody is left to tell.
            return ExitCode.Ok;
        }
        catch (IOException e)
        {
            streams.Say($"cannot write the output: {e.Message}");
            return ExitCode.SomeFailed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at.Parent is System.CommandLine.Parsing.CommandResult parent; at = parent)
        {
            names.Push(at.Command.Name);
        }

        return string.Join(' ', names.Prepend("bounce"));
    }
}

/// <summary>What the caller asked for cannot be done; nothing was read. The message says what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);
