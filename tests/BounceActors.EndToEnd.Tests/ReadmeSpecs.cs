using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BounceActors.EndToEnd.Tests;

/// <summary>The README's demonstration, run as it is written.</summary>
public partial class ReadmeSpecs
{
    [Fact]
    public async Task Should_answer_the_commands_of_the_README_as_it_says()
    {
        await using var service = new ServiceProcess($"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", "--Service:LogLevel=Warning");
        await service.StartAsync();
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository(), "README.md"));
        var demonstrations = Demonstration().Matches(readme);
        Assert.Equal(3, demonstrations.Count);

        foreach (Match demonstration in demonstrations)
        {
            var answer = await RunAsync(demonstration.Groups["command"].Value.Replace("localhost:8080", $"localhost:{service.HttpPort}", StringComparison.Ordinal));

            using var written = JsonDocument.Parse(demonstration.Groups["answer"].Value);
            using var got = JsonDocument.Parse(answer);
            Assert.Equal(WithoutWhatDiffers(written.RootElement), WithoutWhatDiffers(got.RootElement));
        }

        foreach (Match command in Look().Matches(readme))
        {
            using var answer = JsonDocument.Parse(await RunAsync(command.Value.Replace("localhost:8080", $"localhost:{service.HttpPort}", StringComparison.Ordinal)));
            Assert.False(answer.RootElement.TryGetProperty("status", out var status), $"{command.Value} answers {status}");
        }
    }

    /// <summary>Everything but ids and times, which differ from run to run.</summary>
    internal static string WithoutWhatDiffers(JsonElement answer) => Differs().Replace(JsonSerializer.Serialize(answer), "\"${name}\":\"…\"");

    private static async Task<string> RunAsync(string command)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}: exit code {process.ExitCode}");
        return output;
    }

    internal static string Repository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "BounceActors.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"```sh\n(?<command>curl [^\n]+)\n```\n```json\n(?<answer>.+?)\n```", RegexOptions.Singleline)]
    internal static partial Regex Demonstration();

    [GeneratedRegex(@"^curl -s localhost:8080/[^\n#]+(?=#)", RegexOptions.Multiline)]
    internal static partial Regex Look();

    [GeneratedRegex("\"(?<name>eventId|until|dueAt)\":\"[^\"]+\"")]
    private static partial Regex Differs();
}
