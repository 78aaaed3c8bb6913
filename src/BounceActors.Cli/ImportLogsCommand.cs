using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;
using BounceActors.Cli.Sending;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Sources.Logs;
using Spectre.Console;

namespace BounceActors.Cli;

/// <summary>`bounce import-logs`: old logs of a mail server into a running service, or judged here (`--dry-run`).</summary>
internal static class ImportLogsCommand
{
    private const int LinesPerBatch = 500;
    private const int CharactersPerBatch = 256 * 1024;
    private const int MostListed = 100;

    /// <summary>What one run is told.</summary>
    private sealed record Job(string[] Files, LogFormat Format, LogReaderOptions Options, DateTimeOffset? WrittenBefore, bool DryRun, bool AsJson, BounceClassifier? Classifier);

    public static Command Create(StandardStreams streams)
    {
        var files = new Argument<string[]>("FILE") { Description = "Log files, oldest first; packed with gzip or not", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format", "-f") { Description = "What wrote the log", Required = true, HelpName = "postfix|exim|powermta|kumomta" };
        format.AcceptOnlyFromAmong([.. Enum.GetValues<LogFormat>().Select(LogReader.SourceOf)]);
        var to = ServiceClient.To();
        var key = ServiceClient.Key();
        var state = new Option<string?>("--state") { Description = "File that remembers how far the import came; FILE.import-state beside the first file unless given", HelpName = "PATH" };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Send nothing: read and judge here, and print what came out" };
        var json = new Option<bool>("--json") { Description = "Print the summary as one JSON object" };
        var zone = new Option<string?>("--time-zone") { Description = "Zone of times that name none, e.g. Europe/Berlin; this machine's unless given", HelpName = "ZONE" };
        var before = new Option<string?>("--written-before") { Description = "A time after the last line, for times without a year; when the file was last changed unless given", HelpName = "TIME" };
        var domains = new Option<string?>("--sender-domains") { Description = "Only mails from these domains, separated by commas", HelpName = "LIST" };
        var relays = new Option<string?>("--internal-relays") { Description = "Addresses whose acceptance is no delivery, separated by commas; 127.0.0.1,::1 unless given, empty for none", HelpName = "LIST" };
        var stream = new Option<string?>("--stream") { Description = "Stream of the mails, e.g. marketing", HelpName = "NAME" };
        var rules = CommonOptions.Rules();
        var command = new Command("import-logs", "Read old logs of a mail server into a running service; interrupted, it goes on where it was") { files, format, to, key, state, dryRun, json, zone, before, domains, relays, stream, rules };
        command.SetAction(async (parsed, cancel) =>
        {
            var dry = parsed.GetValue(dryRun);
            var paths = parsed.GetRequiredValue(files);
            var options = new LogReaderOptions
            {
                TimeZone = ZoneOf(parsed.GetValue(zone)),
                SenderDomains = Texts(parsed.GetValue(domains)),
                InternalRelays = parsed.GetValue(relays) is { } given ? Texts(given) : new LogReaderOptions().InternalRelays,
                Stream = parsed.GetValue(stream),
            };
            var job = new Job(
                paths,
                Enum.Parse<LogFormat>(parsed.GetRequiredValue(format), ignoreCase: true),
                options,
                TimeOf(parsed.GetValue(before)),
                dry,
                parsed.GetValue(json),
                dry ? new BounceClassifier(CommonOptions.LoadRules(parsed.GetValue(rules))) : null);
            if (dry)
            {
                return await RunAsync(streams, job, null, null, cancel);
            }

            using var service = ServiceClient.Open(parsed.GetRequiredValue(to), parsed.GetValue(key));
            return await RunAsync(streams, job, service, new ImportState(parsed.GetValue(state) ?? paths[0] + ".import-state", parsed.GetRequiredValue(to)), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(StandardStreams streams, Job job, ServiceClient? service, ImportState? state, CancellationToken cancel)
    {
        var tally = new Tally();
        string? stopped = null;
        await Task.Run(
            () => Output.Progress.Show(streams, OutputFormat.Table, job.Files, read =>
            {
                // Over all files: a mail's lines may begin in one and end in the next
                var reader = new LogReader(job.Format, job.Options);
                foreach (var file in job.Files)
                {
                    try
                    {
                        ImportAsync(file, reader, job, service, state, tally, read, cancel).GetAwaiter().GetResult();
                    }
                    catch (ServiceException e)
                    {
                        stopped = e.Message;
                        return;
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
                    {
                        tally.Problem(file, 0, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message);
                    }
                }
            }),
            CancellationToken.None);

        Print(streams, job, tally);
        foreach (var (file, line, reason) in tally.Problems)
        {
            streams.Say(line == 0 ? $"cannot read {file}: {reason}" : $"{file}:{line}: {reason}");
        }

        if (tally.ProblemCount > tally.Problems.Count)
        {
            streams.Say($"and {tally.ProblemCount - tally.Problems.Count} more");
        }

        if (stopped is not null)
        {
            streams.Say($"{stopped}; the same command goes on where this one stopped");
        }

        return stopped is not null || tally.ProblemCount > 0 ? ExitCode.SomeFailed : ExitCode.Ok;
    }

    private static async Task ImportAsync(
        string path, LogReader reader, Job job, ServiceClient? service, ImportState? state, Tally tally, Action<int> read, CancellationToken cancel)
    {
        using var file = new LogFileLines(path);
        var before = job.WrittenBefore ?? file.WrittenBefore;
        var done = state?.LinesOf(path) ?? 0;
        var batch = new LogBatch(reader);
        long last = 0;
        foreach (var (number, text) in file.Read())
        {
            if (number % 256 == 0)
            {
                cancel.ThrowIfCancellationRequested();
                read(file.Advance());
            }

            last = number;
            if (text is null)
            {
                tally.Problem(path, number, $"longer than {InputLines.MaxLength} bytes");
                continue;
            }

            if (number <= done)
            {
                // The service has it; here it is only read for what it says about later ones
                reader.Read(text, before);
                tally.AlreadyThere++;
                continue;
            }

            var line = batch.Add(text, before);
            tally.Add(path, number, line, job.Classifier);
            if (batch.Lines >= LinesPerBatch || batch.Length >= CharactersPerBatch)
            {
                await SendAsync();
            }
        }

        await SendAsync();
        read(file.Advance());

        async Task SendAsync()
        {
            if (service is not null && last > done)
            {
                if (batch.Lines > 0)
                {
                    await service.PostAsync(PathOf(job, before), Encoding.UTF8.GetBytes(batch.Text), "text/plain; charset=utf-8", cancel);
                    tally.Batches++;
                }

                state!.Keep(path, last);
            }

            batch = new LogBatch(reader);
        }
    }

    private static string PathOf(Job job, DateTimeOffset before)
    {
        var query = new StringBuilder($"v1/logs/{LogReader.SourceOf(job.Format)}?timeZone={Uri.EscapeDataString(job.Options.TimeZone.Id)}&writtenBefore={Uri.EscapeDataString(before.ToString("O", CultureInfo.InvariantCulture))}");
        query.Append("&internalRelays=").Append(Uri.EscapeDataString(string.Join(',', job.Options.InternalRelays)));
        query.Append(job.Options.SenderDomains.Count > 0 ? "&senderDomains=" + Uri.EscapeDataString(string.Join(',', job.Options.SenderDomains)) : "");
        return query.Append(job.Options.Stream is { } stream ? "&stream=" + Uri.EscapeDataString(stream) : "").ToString();
    }

    private static void Print(StandardStreams streams, Job job, Tally tally)
    {
        if (job.AsJson)
        {
            var output = new OutputWriter(streams.Output);
            using (var json = new Utf8JsonWriter(output.Buffer))
            {
                json.WriteStartObject();
                foreach (var (name, count) in tally.Counts())
                {
                    json.WriteNumber(name, count);
                }

                Write(json, "outcomes", tally.Outcomes);
                Write(json, "categories", tally.Categories);
                json.WriteEndObject();
            }

            output.EndOfLine();
            output.Flush();
            return;
        }

        streams.Print(console =>
        {
            var table = Tables.New("", "count");
            foreach (var (name, count) in tally.Counts())
            {
                table.Row(name, Number(count));
            }

            foreach (var (outcome, count) in tally.Outcomes.OrderByDescending(o => o.Value))
            {
                table.Row($"outcome {outcome}", Number(count));
            }

            foreach (var (category, count) in tally.Categories.OrderByDescending(c => c.Value))
            {
                table.Row($"category {category}", Number(count));
            }

            console.Write(table);
        });
    }

    private static void Write(Utf8JsonWriter json, string name, Dictionary<string, long> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, count) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(key, count);
        }

        json.WriteEndObject();
    }

    private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string[] Texts(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static TimeZoneInfo ZoneOf(string? zone) =>
        zone is null ? TimeZoneInfo.Local
        : TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found
        : throw new UsageException($"'{zone}' is no time zone, such as Europe/Berlin or UTC");

    private static DateTimeOffset? TimeOf(string? text) =>
        text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new UsageException($"'{text}' is no time, such as 2026-01-31T00:00:00Z");

    /// <summary>What a run has come across.</summary>
    private sealed class Tally
    {
        private readonly long[] _lines = new long[Enum.GetValues<LogLineKind>().Length];

        public List<(string File, long Line, string Reason)> Problems { get; } = [];

        public long ProblemCount { get; private set; }

        public long AlreadyThere { get; set; }

        public long Batches { get; set; }

        public Dictionary<string, long> Outcomes { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, long> Categories { get; } = new(StringComparer.Ordinal);

        public void Add(string file, long number, LogLine line, BounceClassifier? classifier)
        {
            _lines[(int)line.Kind]++;
            if (line.Kind == LogLineKind.Malformed)
            {
                Problem(file, number, line.Reason!);
            }

            foreach (var report in line.Reports)
            {
                var verdict = classifier?.Classify(report);
                Count(Outcomes, (verdict?.Outcome ?? report.Outcome)?.ToWire() ?? "unknown");
                if (verdict?.Type is not null)
                {
                    Count(Categories, verdict.Category.ToWire());
                }
            }
        }

        public void Problem(string file, long line, string reason)
        {
            ProblemCount++;
            if (Problems.Count < MostListed)
            {
                Problems.Add((file, line, reason));
            }
        }

        public IEnumerable<(string Name, long Count)> Counts() =>
        [
            ("lines", _lines.Sum() + AlreadyThere),
            ("reporting", _lines[(int)LogLineKind.Report]),
            ("context", _lines[(int)LogLineKind.Context]),
            ("other", _lines[(int)LogLineKind.Other]),
            ("malformed", _lines[(int)LogLineKind.Malformed]),
            ("imported before", AlreadyThere),
            ("batches sent", Batches),
        ];

        private static void Count(Dictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
    }
}
