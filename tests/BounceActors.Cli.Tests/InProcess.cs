using System.Text;
using System.Text.Json;

namespace BounceActors.Cli.Tests;

/// <summary>Runs commands within the test.</summary>
internal static class InProcess
{
    public static async Task<BounceRun> RunAsync(string[] arguments, string input = "")
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var streams = new StandardStreams(new MemoryStream(input.Bytes()), output, error);
        var exitCode = await BounceCommand.RunAsync(arguments, streams);
        return new BounceRun(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public static JsonElement Json(this string line) => JsonDocument.Parse(line).RootElement;

    public static string Text(this JsonElement row, string field) => row.GetProperty(field).GetString()!;
}
