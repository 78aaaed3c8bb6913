using System.Diagnostics;

namespace BounceActors.EndToEnd.Tests.Faults;

/// <summary>
/// A file system of its own that can be filled to the last byte: a tmpfs, which takes the right to mount. Without that right it is a directory that
/// cannot be filled, and <see cref="CanFill"/> says so.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private const int BlockSize = 64 * 1024;

    private readonly string _filler;

    public SmallDisk(int megabytes)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("bounce-disk-").FullName;
        _filler = System.IO.Path.Combine(Directory, "filler");
        CanFill = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0755", "tmpfs", Directory);
        if (CanFill)
        {
            // A test run may be killed: a process outside of it waits for its end.
            Process.Start("setsid", ["sh", "-c", $"exec </dev/null >/dev/null 2>&1; cd /; while kill -0 {Environment.ProcessId}; do sleep 1; done; umount -l '{Directory}'; rmdir '{Directory}'"]).Dispose();
        }
    }

    public string Directory { get; }

    public bool CanFill { get; }

    /// <summary>Leaves no room, whatever was given free meanwhile.</summary>
    public void Fill()
    {
        using var filler = new FileStream(_filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var block = new byte[BlockSize];
        for (var size = BlockSize; size > 0;)
        {
            try
            {
                filler.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void Free() => File.Delete(_filler);

    public void Dispose()
    {
        if (CanFill)
        {
            Run("umount", "-l", Directory);
        }

        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        return process is not null && process.WaitForExit(TimeSpan.FromSeconds(30)) && process.ExitCode == 0;
    }
}
