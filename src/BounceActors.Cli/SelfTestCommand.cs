using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BounceActors.Cli.Output;

namespace BounceActors.Cli;

/// <summary>`bounce selftest`: has a running service test the accounts of its sources, each with a signed synthetic event that is followed to its decision.</summary>
internal static class SelfTestCommand
{
    public static Command Create(StandardStreams streams)
    {
        var (url, key) = (ServiceHttp.Url(), ServiceHttp.Key("admin"));
        var source = new Argument<string?>("SOURCE") { Description = "Only this source; without it, every configured account of every source", Arity = ArgumentArity.ZeroOrOne };
        var format = CommonOptions.Format(OutputFormat.Table);
        var command = new Command("selftest", "Send a signed synthetic event through each source of a running service, and follow it to its decision and back") { source, url, key, format };
        command.SetAction(async (parsed, cancel) =>
        {
            using var http = ServiceHttp.Open(parsed.GetRequiredValue(url), parsed.GetValue(key));
            IRowWriter<JsonElement> rows = parsed.Chosen(format) == OutputFormat.Jsonl
                ? new JsonLines<JsonElement>(streams, Fields)
                : new TableRows<JsonElement>(streams, ["source", "account", "passed", "ms", "how far"], Cells);
            var (tested, passed) = (0, 0);
            foreach (var name in parsed.GetValue(source) is { } one ? [one] : await NamesAsync(http, cancel))
            {
                var answer = await AskAsync(http, HttpMethod.Post, $"admin/sources/{Uri.EscapeDataString(name)}/selftest", cancel);
                foreach (var result in answer.GetProperty("results").EnumerateArray())
                {
                    rows.Write(result);
                    tested++;
                    passed += result.GetProperty("passed").GetBoolean() ? 1 : 0;
                }
            }

            rows.Complete();
            if (tested == 0)
            {
                streams.Say("no account of any source is configured");
            }

            return passed == tested ? ExitCode.Ok : ExitCode.SomeFailed;
        });
        return command;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(HttpClient http, CancellationToken cancel)
    {
        var answer = await AskAsync(http, HttpMethod.Get, "admin/sources", cancel);
        return [.. answer.GetProperty("sources").EnumerateArray().Select(s => s.GetProperty("source").GetString()!).Distinct()];
    }

    private static async Task<JsonElement> AskAsync(HttpClient http, HttpMethod method, string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path);
        return await ServiceHttp.AskAsync(http, request, cancel);
    }

    private static void Fields(Utf8JsonWriter json, JsonElement result)
    {
        json.WriteString("source", result.GetProperty("source").GetString());
        json.WriteString("account", result.GetProperty("account").GetString());
        json.WriteBoolean("passed", result.GetProperty("passed").GetBoolean());
        json.WriteNumber("milliseconds", result.GetProperty("milliseconds").GetDouble());
        json.WriteString("reached", Reached(result));
        json.WriteString("problem", result.GetProperty("problem").GetString() ?? "");
    }

    private static string[] Cells(JsonElement result) =>
    [
        result.GetProperty("source").GetString()!,
        result.GetProperty("account").GetString()!,
        result.GetProperty("passed").GetBoolean() ? "yes" : "NO",
        result.GetProperty("milliseconds").GetDouble().ToString("0.0", CultureInfo.InvariantCulture),
        result.GetProperty("problem").GetString() ?? Reached(result),
    ];

    private static string Reached(JsonElement result) => result.GetProperty("steps").EnumerateArray().LastOrDefault() is { ValueKind: JsonValueKind.Object } last
        ? $"{last.GetProperty("step").GetString()}: {last.GetProperty("detail").GetString()}"
        : "";
}
