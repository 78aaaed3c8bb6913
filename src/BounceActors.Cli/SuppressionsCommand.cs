using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;

namespace BounceActors.Cli;

/// <summary>`bounce suppressions`: whole lists into and out of a running service, and may these be mailed.</summary>
internal static class SuppressionsCommand
{
    /// <summary>Addresses of one question.</summary>
    private const int Batch = 10_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly string[] Levels = ["manual", "legal", "complaint", "unsubscribed"];

    public static Command Create(StandardStreams streams) => new("suppressions", "Import, export and check suppressions of a running service")
    {
        Import(streams),
        Export(streams),
        Check(streams),
    };

    private static Command Import(StandardStreams streams)
    {
        var file = new Argument<string>("FILE") { Description = "CSV with a heading, or one JSON object a line; gzip or not" };
        var id = new Option<string?>("--id") { Description = "Name of the import; as it comes, made from the list and the options: the same command goes on where it was cut off", HelpName = "ID" };
        var level = new Option<string?>("--level") { Description = "For rows that name none; manual when not given", HelpName = string.Join('|', Levels) };
        level.AcceptOnlyFromAmong(Levels);
        var stream = new Option<string?>("--stream") { Description = "Suppress only mail of this stream", HelpName = "NAME" };
        var until = new Option<string?>("--until") { Description = "For rows that name no end", HelpName = "TIME" };
        var actor = new Option<string?>("--actor") { Description = "Who asks for it", HelpName = "NAME" };
        var reason = new Option<string?>("--reason") { Description = "For rows that name none", HelpName = "TEXT" };
        var errors = new Option<string?>("--errors") { Description = "File for the rows that could not be taken, one JSON object a line; stderr when not given", HelpName = "FILE" };
        var patience = new Option<int>("--patience") { Description = "Seconds to go on trying while the service is away", DefaultValueFactory = _ => 300, HelpName = "SECONDS" };
        var (url, key) = (ServiceHttp.Url(), ServiceHttp.Key("admin"));
        var command = new Command("import", "Suppress everybody on a list; goes on by itself when the service was away") { file, id, level, stream, until, actor, reason, errors, patience, url, key };
        command.SetAction(async (parsed, cancel) =>
        {
            using var http = ServiceHttp.Open(parsed.GetRequiredValue(url), parsed.GetValue(key));
            http.Timeout = Timeout.InfiniteTimeSpan;
            var path = parsed.GetRequiredValue(file);
            if (!File.Exists(path))
            {
                throw new UsageException($"there is no file {path}");
            }

            var query = Query(("level", parsed.GetValue(level)), ("stream", parsed.GetValue(stream)), ("until", parsed.GetValue(until)), ("actor", parsed.GetValue(actor)), ("reason", parsed.GetValue(reason)));
            var name = parsed.GetValue(id) ?? await NameOfAsync(path, query, cancel);
            var done = await Progress.ShowAsync(
                streams, "importing", new FileInfo(path).Length, sent => SendAsync(streams, http, name, query, path, TimeSpan.FromSeconds(parsed.GetRequiredValue(patience)), sent, cancel));
            var failed = done.GetProperty("failed").GetInt64();
            if (failed > 0)
            {
                await WriteErrorsAsync(streams, http, name, parsed.GetValue(errors), cancel);
            }

            streams.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"import {name} is done: {done.GetProperty("rows").GetInt64()} rows, {done.GetProperty("changed").GetInt64()} suppressed somebody, {done.GetProperty("unchanged").GetInt64()} were known, {failed} could not be taken"));
            if (done.GetProperty("ignoredColumns") is { ValueKind: JsonValueKind.Array } ignored && ignored.GetArrayLength() > 0)
            {
                streams.Say($"columns that mean nothing here: {string.Join(", ", ignored.EnumerateArray().Select(c => c.GetString()))}");
            }

            return failed > 0 ? ExitCode.SomeFailed : ExitCode.Ok;
        });
        return command;
    }

    private static Command Export(StandardStreams streams)
    {
        var format = new Option<string>("--format", "-f") { Description = "csv, or one JSON object a line", DefaultValueFactory = _ => "csv", HelpName = "csv|ndjson" };
        format.AcceptOnlyFromAmong("csv", "ndjson");
        var level = new Option<string?>("--level") { Description = "Only of this level", HelpName = "LEVEL" };
        var reason = new Option<string?>("--reason") { Description = "Only with this reason", HelpName = "TEXT" };
        var since = new Option<string?>("--since") { Description = "Only those that began then or later", HelpName = "TIME" };
        var (url, key) = (ServiceHttp.Url(), ServiceHttp.Key("read"));
        var command = new Command("export", "Print every suppression that holds, as a list that can be imported") { format, level, reason, since, url, key };
        command.SetAction(async (parsed, cancel) =>
        {
            using var http = ServiceHttp.Open(parsed.GetRequiredValue(url), parsed.GetValue(key));
            http.Timeout = Timeout.InfiniteTimeSpan;
            var query = Query(("format", parsed.GetValue(format)), ("level", parsed.GetValue(level)), ("reason", parsed.GetValue(reason)), ("since", parsed.GetValue(since)));
            await CopyAsync(http, $"v1/suppressions/export{query}", streams.Output, cancel);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Check(StandardStreams streams)
    {
        var addresses = new Argument<string[]>("ADDRESS") { Description = "Addresses; without any, one a line from stdin", Arity = ArgumentArity.ZeroOrMore };
        var stream = new Option<string?>("--stream") { Description = "Stream of the mail that is to be sent", HelpName = "NAME" };
        var consistent = new Option<bool>("--consistent") { Description = "Ask every recipient itself instead of the index; at most 1000 at once" };
        var format = CommonOptions.Format();
        var (url, key) = (ServiceHttp.Url(), ServiceHttp.Key("read"));
        var command = new Command("check", "May these be mailed? One answer a line, in the order asked") { addresses, stream, consistent, format, url, key };
        command.SetAction(async (parsed, cancel) =>
        {
            using var http = ServiceHttp.Open(parsed.GetRequiredValue(url), parsed.GetValue(key));
            IRowWriter<JsonElement> rows = parsed.Chosen(format) == OutputFormat.Jsonl
                ? new JsonLines<JsonElement>(streams, static (json, row) =>
                {
                    foreach (var field in row.EnumerateObject())
                    {
                        field.WriteTo(json);
                    }
                })
                : new TableRows<JsonElement>(streams, ["address", "verdict", "level", "until", "reason"], static row => [.. row.EnumerateObject().Select(f => f.Value.GetString() ?? "")]);
            var ask = parsed.GetValue(consistent);
            var path = $"v1/suppressions/check{(ask ? "?consistent=true" : "")}";
            var given = parsed.GetValue(addresses) is { Length: > 0 } named
                ? named
                : InputLines.Read(streams.Input).Select(l => l.Text?.Trim() ?? throw new UsageException($"line {l.Number} is longer than {InputLines.MaxLength} bytes")).Where(l => l.Length > 0);
            foreach (var batch in given.Chunk(ask ? 1_000 : Batch))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(new { addresses = batch, stream = parsed.GetValue(stream) }) };
                var answer = await ServiceHttp.AskAsync(http, request, cancel);
                foreach (var result in answer.GetProperty("results").EnumerateArray())
                {
                    rows.Write(result);
                }
            }

            rows.Complete();
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Sends the list until it was read to its end, from the beginning each time: what was done is passed over.</summary>
    private static async Task<JsonElement> SendAsync(
        StandardStreams streams, HttpClient http, string id, string query, string path, TimeSpan patience, Action<long> sent, CancellationToken cancel)
    {
        var time = TimeProvider.System;
        var (best, away) = (-1L, time.GetTimestamp());
        while (true)
        {
            string problem;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Put, $"v1/suppressions/imports/{Uri.EscapeDataString(id)}{query}") { Content = new StreamContent(new CountedFile(path, sent), 1 << 16) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");

                // So that a refusal is read instead of sending everything first.
                request.Headers.ExpectContinue = true;
                using var answer = await http.SendAsync(request, cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
                }

                var refused = await ServiceHttp.RefusedAsync(http, answer, cancel);
                problem = answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests ? refused.Message : throw refused;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                problem = e.InnerException?.Message ?? e.Message;
            }

            if (await RowsAsync(http, id, cancel) is { } rows && rows > best)
            {
                (best, away) = (rows, time.GetTimestamp());
            }

            if (time.GetElapsedTime(away) > patience)
            {
                throw new UsageException($"{problem}; {Math.Max(best, 0)} rows are done. The same command goes on from there");
            }

            streams.Say($"{problem}; trying again");
            await Task.Delay(Pause, time, cancel);
        }
    }

    private static async Task<long?> RowsAsync(HttpClient http, string id, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync($"v1/suppressions/imports/{Uri.EscapeDataString(id)}", cancel);
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("rows").GetInt64() : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return null;
        }
    }

    private static async Task WriteErrorsAsync(StandardStreams streams, HttpClient http, string id, string? file, CancellationToken cancel)
    {
        var path = $"v1/suppressions/imports/{Uri.EscapeDataString(id)}/errors";
        if (file is not null)
        {
            await using var errors = File.Create(file);
            await CopyAsync(http, path, errors, cancel);
            return;
        }

        using var lines = new MemoryStream();
        await CopyAsync(http, path, lines, cancel);
        foreach (var line in Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var error = JsonDocument.Parse(line);
            var field = error.RootElement.GetProperty("field").GetString();
            streams.Say($"line {error.RootElement.GetProperty("line").GetInt64().ToString(CultureInfo.InvariantCulture)}: {(field is null ? "" : $"{field}: ")}{error.RootElement.GetProperty("problem").GetString()}");
        }
    }

    private static async Task CopyAsync(HttpClient http, string path, Stream to, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode)
            {
                throw await ServiceHttp.RefusedAsync(http, answer, cancel);
            }

            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            await body.CopyToAsync(to, cancel);
        }
        catch (HttpRequestException e)
        {
            throw ServiceHttp.NoService(http, e);
        }
    }

    /// <summary>The same for the same list and options: who repeats the command after it was cut off goes on with the same import.</summary>
    private static async Task<string> NameOfAsync(string path, string query, CancellationToken cancel)
    {
        await using var list = File.OpenRead(path);
        var content = await SHA256.HashDataAsync(list, cancel);
        return Convert.ToHexStringLower(SHA256.HashData([.. content, .. Encoding.UTF8.GetBytes(query)]))[..16];
    }

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> values)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in values)
        {
            if (value is not null)
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return query.ToString();
    }

    /// <summary>A file that says how far it was read.</summary>
    private sealed class CountedFile(string path, Action<long> at) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            at(Position);
            return read;
        }
    }
}
