using System.Diagnostics;
using System.Text;

namespace BounceActors.Cli.Tests;

/// <summary>What a run of `bounce` left behind.</summary>
internal sealed record BounceRun(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the program as it was built, as a process of its own.</summary>
internal static class BounceProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static BounceRun Run(IEnumerable<string> arguments, byte[]? input = null)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = ReadAsync(process.StandardOutput.BaseStream);
        try
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want to read.
        }

        End(process);
        return new BounceRun(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    public static Process Start(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "bounce.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        })!;

    public static void End(Process process)
    {
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail("it did not end");
        }
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
