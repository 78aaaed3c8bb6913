using System.IO.Enumeration;

namespace BounceActors.Service.LogsIn;

/// <summary>
/// The files of one log: which are there, and how far each was read. A file is known again by its number on the disk and by what it begins with, so that it
/// may be renamed (logrotate), copied and truncated (<c>copytruncate</c>), or replaced by another of the same name.
/// </summary>
internal sealed class LogFiles(string path, LogStart from)
{
    /// <summary>Most files of one log; of more, the newest.</summary>
    public const int MaxFiles = 1_000;

    private const int MaxMissing = 50;

    /// <summary>File systems that keep times in whole seconds, and clocks of file servers.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly string[] Packed = [".gz", ".zst", ".bz2", ".xz", ".zip", ".lz4"];

    private readonly string _path = Path.GetFullPath(path);
    private List<FilePosition> _known = [];
    private DateTimeOffset? _lookedAt;

    private bool IsPattern => Path.GetFileName(_path).AsSpan().ContainsAny("*?");

    /// <summary>Takes up where another process stopped.</summary>
    public void Restore(LogPosition? position)
    {
        _known = [.. position?.Files ?? []];
        _lookedAt = position?.LookedAt;
    }

    /// <summary>What is to be stored.</summary>
    public LogPosition Position => new(_known, _lookedAt ?? DateTimeOffset.MinValue);

    /// <summary>Notes how far a file was read.</summary>
    public void Read(FilePosition before, FilePosition after)
    {
        var at = _known.IndexOf(before);
        if (at >= 0)
        {
            _known[at] = after;
        }
    }

    /// <summary>The files there are, oldest first, each with the place to go on at. To be disposed.</summary>
    public IReadOnlyList<(LogFile File, FilePosition Position)> Look(DateTimeOffset now)
    {
        var files = Candidates();
        var kept = new List<(LogFile File, FilePosition Position)>();
        var free = _known.ToList();
        var left = new List<LogFile>();
        foreach (var file in files)
        {
            if (free.FirstOrDefault(k => file.IsSameFile(k) && (k.HeadLength == 0 || file.Holds(k))) is { } same)
            {
                free.Remove(same);
                kept.Add((file, same with { Path = file.Path }));
            }
            else
            {
                left.Add(file);
            }
        }

        foreach (var file in left)
        {
            if (free.FirstOrDefault(file.Holds) is { } moved)
            {
                // Copied and truncated, or moved from another disk: the rest is in the copy
                free.Remove(moved);
                kept.Add((file, moved with { Path = file.Path, Device = file.Device, Inode = file.Inode }));
            }
            else if (IsNew(file, kept))
            {
                kept.Add((file, file.At(_lookedAt is null && from == LogStart.End ? file.Length : 0)));
            }
            else
            {
                file.Dispose();
            }
        }

        _known = [.. kept.Select(k => k.Position), .. free.TakeLast(MaxMissing)];
        _lookedAt = now;
        return [.. kept.OrderBy(k => IsMain(k.File)).ThenBy(k => k.File.LastWrite).ThenBy(k => k.File.Path, StringComparer.Ordinal)];
    }

    /// <summary>Whether nothing is going to be added to a file, so that its last line is one even without an end.</summary>
    public bool IsFinished(LogFile file, DateTimeOffset now) => !IsMain(file) && now - file.LastWrite > TimeSpan.FromMinutes(10);

    private bool IsMain(LogFile file) => !IsPattern && file.Path == _path;

    /// <summary>
    /// Whether a file that is not known has to be read. Of those beside the log only what was written since we last looked: rotated more than once meanwhile, or
    /// while nobody was there. A copy of what is being read is none.
    /// </summary>
    private bool IsNew(LogFile file, List<(LogFile File, FilePosition Position)> kept) =>
        IsPattern || IsMain(file) || (_lookedAt is { } looked && file.LastWrite >= looked - Slack && !kept.Exists(k => file.BeginsLike(k.Position)));

    private List<LogFile> Candidates()
    {
        var name = Path.GetFileName(_path);
        var pattern = IsPattern ? name : name + "*";
        var directory = new DirectoryInfo(Path.GetDirectoryName(_path)!);
        var found = new List<FileInfo>();
        if (directory.Exists)
        {
            found.AddRange(directory.EnumerateFiles()
                .Where(f => FileSystemName.MatchesSimpleExpression(pattern, f.Name, ignoreCase: false) && !Packed.Contains(f.Extension, StringComparer.OrdinalIgnoreCase))
                .OrderByDescending(f => f.LastWriteTimeUtc)
                .Take(MaxFiles));
        }

        var opened = new List<LogFile>();
        try
        {
            foreach (var file in found)
            {
                if (LogFile.Open(file.FullName) is { } open)
                {
                    opened.Add(open);
                }
            }

            return opened;
        }
        catch
        {
            opened.ForEach(f => f.Dispose());
            throw;
        }
    }
}
