using System.Diagnostics;

namespace BounceActors.EndToEnd.Tests.Network;

/// <summary>The service as it was released last, built from this repository's history.</summary>
internal static class LastRelease
{
    /// <summary>Builds it unless that was done before, and says where it is. Skips the calling test in a copy without history.</summary>
    public static async Task<string> BuildAsync()
    {
        var commit = File.ReadLines(Path.Combine(ServiceProcess.Repository, "eng", "last-release")).First(line => !line.StartsWith('#'));
        var missing = await RunAsync($"git cat-file -e {commit}^{{commit}}");
        Skip.If(missing is not null, $"this copy of the repository has no history: {missing}");

        var place = Path.Combine(Path.GetTempPath(), $"bounceactors-{commit}");
        var built = ServiceProcess.BuiltIn(place);
        if (!File.Exists(built))
        {
            Directory.CreateDirectory(place);
            var configuration = new DirectoryInfo(Path.GetDirectoryName(built)!).Parent!.Name;
            var failure = await RunAsync($"git archive {commit} | tar -x -C {place} && dotnet build {place}/src/BounceActors.Service -c {configuration} --nologo -v quiet");
            Assert.True(failure is null, $"the last release cannot be built: {failure}");
        }

        return built;
    }

    /// <summary>What a command of the shell printed when it failed; null when it did not.</summary>
    private static async Task<string?> RunAsync(string command)
    {
        var start = new ProcessStartInfo("bash", ["-o", "pipefail", "-c", $"exec 2>&1; {command}"]) { WorkingDirectory = ServiceProcess.Repository, RedirectStandardOutput = true };

        // Of the tests' own build nothing is meant for another one.
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : output;
    }
}
