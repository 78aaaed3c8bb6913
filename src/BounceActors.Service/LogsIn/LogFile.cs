using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace BounceActors.Service.LogsIn;

/// <summary>How far one file was read, and how to know it again under whatever name it has by then.</summary>
/// <param name="Path">Where it was last seen.</param>
/// <param name="Device">The device it is on; 0 where the system does not say.</param>
/// <param name="Inode">Its number there; 0 where the system does not say.</param>
/// <param name="Offset">The next byte to read.</param>
/// <param name="HeadLength">How many of its first bytes <paramref name="Head"/> is made of.</param>
/// <param name="Head">SHA-256 of its first bytes: an inode comes again, and a file that is truncated keeps its own.</param>
internal sealed record FilePosition(string Path, long Device, long Inode, long Offset, int HeadLength, string Head);

/// <summary>A file as it lies there now, opened.</summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>Most first bytes a file is known by.</summary>
    public const int MaxHead = 1_024;

    private readonly SafeFileHandle _handle;

    private LogFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        (Device, Inode) = Identity(handle);
        LastWrite = new DateTimeOffset(File.GetLastWriteTimeUtc(handle), TimeSpan.Zero);
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Device { get; }

    public long Inode { get; }

    public DateTimeOffset LastWrite { get; }

    /// <summary>Its length when it was opened: what is written later waits for the next time.</summary>
    public long Length { get; }

    /// <summary>Opens a file; null when it is gone by now or is none.</summary>
    public static LogFile? Open(string path)
    {
        try
        {
            // Whoever writes it may rename and delete it meanwhile
            return new LogFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public int Read(long offset, Span<byte> buffer) => RandomAccess.Read(_handle, buffer[..(int)Math.Max(0, Math.Min(buffer.Length, Length - offset))], offset);

    /// <summary>Whether it begins like the file a position is of.</summary>
    public bool BeginsLike(FilePosition position) => position.HeadLength > 0 && Head(position.HeadLength) == position.Head;

    /// <summary>Whether a position can be in this file, by its length and by what it begins with.</summary>
    public bool Holds(FilePosition position) => Length >= position.Offset && BeginsLike(position);

    /// <summary>Whether it is the same file on the same disk.</summary>
    public bool IsSameFile(FilePosition position) => Inode != 0 && Inode == position.Inode && Device == position.Device;

    /// <summary>The position at a place of this file.</summary>
    public FilePosition At(long offset)
    {
        var length = (int)Math.Min(MaxHead, offset);
        return new FilePosition(Path, Device, Inode, offset, length, Head(length));
    }

    public void Dispose() => _handle.Dispose();

    private string Head(int length)
    {
        Span<byte> head = stackalloc byte[MaxHead];
        var count = 0;
        while (count < length && Read(count, head[count..length]) is > 0 and var read)
        {
            count += read;
        }

        return count < length ? "" : Convert.ToHexStringLower(SHA256.HashData(head[..length]));
    }

    private static (long Device, long Inode) Identity(SafeFileHandle handle)
    {
        // .NET has no name for an inode. statx has the same layout on every Linux (statx(2)).
        if (!OperatingSystem.IsLinux())
        {
            return (0, 0);
        }

        const int atEmptyPath = 0x1000;
        const uint statxIno = 0x100;
        var stat = new byte[256];
        return StatX((int)handle.DangerousGetHandle(), "", atEmptyPath, statxIno, stat) == 0
            ? (BitConverter.ToInt64(stat, 136), BitConverter.ToInt64(stat, 32))
            : (0, 0);
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] stat);
}
