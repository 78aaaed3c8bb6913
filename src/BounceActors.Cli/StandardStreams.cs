using System.Text;
using Microsoft.Win32.SafeHandles;

namespace BounceActors.Cli;

/// <summary>Where `bounce` reads from and writes to; the tests put memory in its place.</summary>
internal sealed record StandardStreams(Stream Input, Stream Output, TextWriter Error) : IDisposable
{
    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public static StandardStreams Open()
    {
        var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true };
        return new StandardStreams(Console.OpenStandardInput(), OpenOutput(), error)
        {
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
        };
    }

    public void Dispose()
    {
        Output.Dispose();
        Error.Dispose();
    }

    // .NET's console stream swallows EPIPE, so `bounce classify big.mbox | head` would read on to the end for nobody.
    // A FileStream on the pipe throws instead. Not so for files: there it would write at an offset of its own and
    // overwrite what others wrote into the same open file (`2>&1`, `>>`).
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.OpenStandardOutput();
        }

        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
