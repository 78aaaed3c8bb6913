using System.Security.Cryptography;
using System.Text.Json;

namespace BounceActors.Cli.Input;

/// <summary>How far an import came, in a file: after an interruption the same command goes on there.</summary>
internal sealed class ImportState
{
    private const int HeadLength = 1_024;

    private readonly string _path;
    private readonly string _to;
    private readonly Dictionary<string, Entry> _files;

    /// <param name="Head">What the file begins with: under the same name there may be another by now.</param>
    /// <param name="Lines">Lines that are with the service.</param>
    private sealed record Entry(string Head, long Lines);

    private sealed record Stored(string To, Dictionary<string, Entry> Files);

    /// <param name="path">Where it is kept.</param>
    /// <param name="to">The service: what one has, another need not have.</param>
    /// <exception cref="UsageException">The file is something else.</exception>
    public ImportState(string path, string to)
    {
        _path = path;
        _to = to;
        try
        {
            var stored = File.Exists(path) ? JsonSerializer.Deserialize<Stored>(File.ReadAllText(path)) ?? throw new JsonException() : new Stored(to, []);
            _files = stored.To == to && stored.Files is not null ? stored.Files : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} is not the state of an import ({e.Message}); name another file with --state");
        }
    }

    /// <summary>How many lines of a file the service has already.</summary>
    public long LinesOf(string file) => _files.TryGetValue(Path.GetFullPath(file), out var entry) && entry.Head == Head(file) ? entry.Lines : 0;

    /// <summary>Notes that the service has so many lines of a file.</summary>
    /// <exception cref="UsageException">The state cannot be written.</exception>
    public void Keep(string file, long lines)
    {
        _files[Path.GetFullPath(file)] = new Entry(Head(file), lines);
        try
        {
            // Put in place in one move: an interruption leaves the old state or the new one
            var fresh = _path + ".new";
            File.WriteAllText(fresh, JsonSerializer.Serialize(new Stored(_to, _files)));
            File.Move(fresh, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the state of the import cannot be kept in {_path} ({e.Message}); name another file with --state");
        }
    }

    private static string Head(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[HeadLength];
        var length = file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
        return length < HeadLength ? $"short-{length}" : Convert.ToHexStringLower(SHA256.HashData(head[..length]));
    }
}
