using BounceActors.Cli.Input;
using Spectre.Console;

namespace BounceActors.Cli.Output;

/// <summary>The progress bar of a long run.</summary>
internal static class Progress
{
    /// <summary>
    /// Runs <paramref name="work"/> under a progress bar on stderr, if a person sees it there and nothing else is printed meanwhile on the same
    /// terminal; runs it without one otherwise.
    /// </summary>
    /// <param name="streams">Where stderr is.</param>
    /// <param name="format">Lines on a terminal are progress enough.</param>
    /// <param name="paths">What is going to be read, for the length of the bar.</param>
    /// <param name="work">Is given what to call with the number of bytes done.</param>
    public static void Show(StandardStreams streams, OutputFormat format, string[] paths, Action<Action<int>> work)
    {
        if (!streams.ErrorIsTerminal || (streams.OutputIsTerminal && format == OutputFormat.Jsonl))
        {
            work(static _ => { });
            return;
        }

        var total = MailInput.TotalBytes(paths);
        var console = Tables.Console(streams.Error, isTerminal: true);
        console.Progress()
            .AutoClear(true)
            .Columns(total is null
                ? [new SpinnerColumn(), new TaskDescriptionColumn(), new DownloadedColumn()]
                : [new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new RemainingTimeColumn()])
            .Start(context =>
            {
                var task = context.AddTask("reading", maxValue: Math.Max(total ?? 0, 1));
                task.IsIndeterminate = total is null;
                work(bytes => task.Increment(bytes));
            });
    }

    /// <summary>Runs <paramref name="work"/> under a progress bar on stderr, if a person sees it there.</summary>
    /// <param name="streams">Where stderr is.</param>
    /// <param name="what">What is done.</param>
    /// <param name="total">When it is done.</param>
    /// <param name="work">Is given what to call with how far it is.</param>
    public static async Task<T> ShowAsync<T>(StandardStreams streams, string what, long total, Func<Action<long>, Task<T>> work)
    {
        if (!streams.ErrorIsTerminal)
        {
            return await work(static _ => { });
        }

        return await Tables.Console(streams.Error, isTerminal: true).Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(what, maxValue: Math.Max(total, 1));
                return work(at => task.Value = at);
            });
    }
}
