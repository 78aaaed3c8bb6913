using System.IO.Compression;

namespace BounceActors.Cli.Input;

/// <summary>The lines of a log file, plain or packed with gzip.</summary>
internal sealed class LogFileLines : IDisposable
{
    private readonly FileStream _file;
    private readonly Stream _text;
    private long _done;

    /// <exception cref="IOException">It cannot be read.</exception>
    public LogFileLines(string path)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024);
        Span<byte> magic = stackalloc byte[2];
        var isGzip = _file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        _file.Position = 0;
        _text = isGzip ? new GZipStream(_file, CompressionMode.Decompress) : _file;
        WrittenBefore = new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);
    }

    /// <summary>When the file was last changed.</summary>
    public DateTimeOffset WrittenBefore { get; }

    /// <summary>How many bytes of the file have been gone through since this was last asked.</summary>
    public int Advance()
    {
        var now = _file.Position;
        var bytes = (int)Math.Min(int.MaxValue, now - _done);
        _done = now;
        return bytes;
    }

    /// <summary>The lines with their number from 1; the text is null when a line is too long.</summary>
    public IEnumerable<(long Number, string? Text)> Read() => InputLines.Read(_text);

    public void Dispose()
    {
        _text.Dispose();
        _file.Dispose();
    }
}
