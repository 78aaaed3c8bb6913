using System.CommandLine;
using System.Text;
using System.Text.Json;
using BounceActors.Cli.Input;
using BounceActors.Cli.Output;
using BounceActors.Cli.Sending;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli;

/// <summary>`bounce send PATH…`: mails and reports from files to a running service; its decisions out, one line each.</summary>
internal static class SendCommand
{
    private const int ReportsPerRequest = 500;
    private const int BytesPerRequest = 4 * 1024 * 1024;

    private static readonly string[] ReportFiles = [".jsonl", ".ndjson"];

    /// <summary>What became of one report.</summary>
    private readonly record struct Sent(string File, long Place, JsonElement? Result, string Error);

    public static Command Create(StandardStreams streams)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files .jsonl or .ndjson with one report a line (as for POST /v1/events); everything else is read as mails: files, mboxes, Maildirs, directories, - for stdin",
            Arity = ArgumentArity.OneOrMore,
        };
        var to = ServiceClient.To();
        var key = ServiceClient.Key();
        var format = CommonOptions.Format();
        var command = new Command("send", "Send mails and reports to a running service and print what it decided") { paths, to, key, format };
        command.SetAction(async (parsed, cancel) =>
        {
            using var service = ServiceClient.Open(parsed.GetRequiredValue(to), parsed.GetValue(key));
            return await RunAsync(streams, service, parsed.GetRequiredValue(paths), parsed.Chosen(format), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(StandardStreams streams, ServiceClient service, string[] paths, OutputFormat format, CancellationToken cancel)
    {
        IRowWriter<Sent> rows = format == OutputFormat.Jsonl
            ? new JsonLines<Sent>(streams, Fields)
            : new TableRows<Sent>(streams, ["file", "#", "recipient", "category", "action", "level", "new", "error"], Cells);
        var input = new MailInput(streams, new MailReaderOptions().MaxBytes);
        var failed = 0;
        string? stopped = null;
        void Write(Sent sent)
        {
            failed += sent.Error.Length > 0 ? 1 : 0;
            rows.Write(sent);
        }

        await Task.Run(
            () => Progress.Show(streams, format, paths, read =>
            {
                try
                {
                    foreach (var path in paths)
                    {
                        if (ReportFiles.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                        {
                            SendReportsAsync(service, path, input, Write, read, cancel).GetAwaiter().GetResult();
                            continue;
                        }

                        foreach (var mail in input.Read([path]))
                        {
                            SendMailAsync(service, mail, Write, cancel).GetAwaiter().GetResult();
                            read(mail.Bytes.Length);
                        }
                    }
                }
                catch (ServiceException e)
                {
                    stopped = e.Message;
                }
            }),
            CancellationToken.None);
        rows.Complete();
        if (stopped is not null)
        {
            streams.Say($"{stopped}; what came before is decided, and counts once when it is sent again");
        }

        return stopped is null && failed == 0 && input.Failures == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    private static async Task SendMailAsync(ServiceClient service, MailItem mail, Action<Sent> write, CancellationToken cancel)
    {
        try
        {
            var (_, answer) = await service.PostAsync("v1/mail", mail.Bytes, "message/rfc822", cancel);
            foreach (var result in answer.GetProperty("results").EnumerateArray())
            {
                write(new Sent(mail.File, mail.Index, result, ErrorOf(result)));
            }
        }
        catch (ServiceException e) when (e.Status is 400 or 413 or 415)
        {
            write(new Sent(mail.File, mail.Index, null, e.Message));
        }
    }

    private static async Task SendReportsAsync(ServiceClient service, string path, MailInput input, Action<Sent> write, Action<int> read, CancellationToken cancel)
    {
        var lines = new List<(long Number, string Text)>();
        var bytes = 0;
        try
        {
            using var file = new LogFileLines(path);
            foreach (var (number, text) in file.Read())
            {
                if (text is null)
                {
                    write(new Sent(path, number, null, $"longer than {InputLines.MaxLength} bytes"));
                }
                else if (!string.IsNullOrWhiteSpace(text))
                {
                    lines.Add((number, text));
                    bytes += text.Length;
                }

                if (lines.Count >= ReportsPerRequest || bytes >= BytesPerRequest)
                {
                    await SendAsync();
                    read(file.Advance());
                }
            }

            await SendAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            input.Fail(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message);
        }

        async Task SendAsync()
        {
            if (lines.Count > 0)
            {
                try
                {
                    var (_, answer) = await service.PostAsync("v1/events", Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(l => l.Text))), "application/x-ndjson", cancel);
                    foreach (var result in answer.GetProperty("results").EnumerateArray())
                    {
                        write(new Sent(path, lines[result.GetProperty("index").GetInt32()].Number, result, ErrorOf(result)));
                    }
                }
                catch (ServiceException e) when (e.Status is 400 or 413 or 415)
                {
                    write(new Sent(path, lines[0].Number, null, e.Message));
                }
            }

            lines.Clear();
            bytes = 0;
        }
    }

    private static string ErrorOf(JsonElement result) => result.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error.GetProperty("detail").GetString()! : "";

    private static string Text(Sent sent, params ReadOnlySpan<string> path)
    {
        if (sent.Result is not { } at)
        {
            return "";
        }

        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return "";
            }
        }

        return at.ValueKind is JsonValueKind.Null ? "" : at.ToString();
    }

    private static void Fields(Utf8JsonWriter json, Sent sent)
    {
        json.WriteString("file", sent.File);
        json.WriteNumber("place", sent.Place);
        json.WriteString("recipient", Text(sent, "recipient"));
        json.WriteString("outcome", Text(sent, "classification", "outcome"));
        json.WriteString("category", Text(sent, "classification", "category"));
        json.WriteString("action", Text(sent, "action"));
        json.WriteString("level", Text(sent, "suppression", "level"));
        json.WriteString("eventId", Text(sent, "eventId"));
        json.WriteBoolean("duplicate", Text(sent, "duplicate") is "True");
        json.WriteString("error", sent.Error);
    }

    private static string[] Cells(Sent sent) =>
    [
        sent.File, $"{sent.Place}", Text(sent, "recipient"), Text(sent, "classification", "category"), Text(sent, "action"), Text(sent, "suppression", "level"),
        sent.Error.Length > 0 ? "" : Text(sent, "duplicate") is "True" ? "no" : "yes", sent.Error,
    ];
}
