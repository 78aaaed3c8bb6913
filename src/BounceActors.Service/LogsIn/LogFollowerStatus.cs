using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>How one followed log is doing, as this node sees it.</summary>
internal sealed class LogFollowerStatus(LogFollowerOptions options)
{
    private const int MaxShown = 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Offset, long Length)> _files = new(StringComparer.Ordinal);
    private readonly long[] _lines = new long[Enum.GetValues<LogLineKind>().Length];
    private DateTimeOffset? _lookedAt;
    private DateTimeOffset? _lastLineAt;
    private DateTimeOffset? _lastReadAt;
    private string? _lastError;
    private DateTimeOffset? _lastErrorAt;
    private string? _lastProblem;
    private long _payloads;
    private int _fileCount;
    private bool _waits;

    public string Name => options.Name;

    /// <summary>Bytes that are written and not read yet.</summary>
    public long Lag
    {
        get
        {
            lock (_lock)
            {
                return _files.Values.Sum(f => Math.Max(0, f.Length - f.Offset));
            }
        }
    }

    /// <summary>Lines read since the start, by what they were.</summary>
    public IReadOnlyList<(LogLineKind Kind, long Count)> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. Enum.GetValues<LogLineKind>().Select(k => (k, _lines[(int)k]))];
            }
        }
    }

    /// <summary>Lines that could not be read, since the start.</summary>
    public long MalformedLines
    {
        get
        {
            lock (_lock)
            {
                return _lines[(int)LogLineKind.Malformed];
            }
        }
    }

    public LogJson ToJson()
    {
        lock (_lock)
        {
            return new LogJson(
                options.Name,
                LogReader.SourceOf(options.Format!.Value),
                options.Path,
                options.Tenant,
                options.Node ?? Environment.MachineName,
                _waits ? "waiting" : _lastErrorAt > (_lookedAt ?? DateTimeOffset.MinValue) ? "failing" : _fileCount == 0 ? "missing" : "following",
                _files.Values.Sum(f => Math.Max(0, f.Length - f.Offset)),
                [.. _files.OrderByDescending(f => f.Value.Length - f.Value.Offset).Take(MaxShown).Select(f => new LogFileJson(f.Key, f.Value.Offset, f.Value.Length))],
                _fileCount,
                _lookedAt,
                _lastReadAt,
                _lastLineAt,
                _lines[(int)LogLineKind.Report],
                _lines[(int)LogLineKind.Context],
                _lines[(int)LogLineKind.Other],
                _lines[(int)LogLineKind.Malformed],
                _payloads,
                _lastProblem,
                _lastError,
                _lastErrorAt);
        }
    }

    internal void Line(LogLine line, DateTimeOffset now)
    {
        lock (_lock)
        {
            _lines[(int)line.Kind]++;
            _lastLineAt = line.At ?? _lastLineAt;
            _lastReadAt = now;
            _lastProblem = line.Kind == LogLineKind.Malformed ? line.Reason : _lastProblem;
        }
    }

    internal void Malformed(string problem, DateTimeOffset now)
    {
        lock (_lock)
        {
            _lines[(int)LogLineKind.Malformed]++;
            _lastProblem = problem;
            _lastReadAt = now;
        }
    }

    internal void Read(LogFile file, FilePosition position)
    {
        lock (_lock)
        {
            _files[file.Path] = (position.Offset, file.Length);
        }
    }

    internal void Looked(int files, DateTimeOffset now)
    {
        lock (_lock)
        {
            _fileCount = files;
            _lookedAt = now;
            if (_files.Count > files)
            {
                // Those that are gone, and old names of those that were renamed
                foreach (var gone in _files.Keys.Where(p => !File.Exists(p)).ToList())
                {
                    _files.Remove(gone);
                }
            }
        }
    }

    internal void Appended()
    {
        lock (_lock)
        {
            _payloads++;
            _waits = false;
        }
    }

    internal void Waits(string why, DateTimeOffset now)
    {
        lock (_lock)
        {
            _waits = true;
            (_lastError, _lastErrorAt) = (why, now);
        }
    }

    internal void Failed(string why, DateTimeOffset now)
    {
        lock (_lock)
        {
            (_lastError, _lastErrorAt) = (why, now);
        }
    }
}

/// <summary>A followed log. State: following, waiting (for the inbox), missing (there is no file), failing.</summary>
internal sealed record LogJson(
    string Name,
    string Format,
    string Path,
    string Tenant,
    string Node,
    string State,
    long LagBytes,
    IReadOnlyList<LogFileJson> Files,
    int FileCount,
    DateTimeOffset? LookedAt,
    DateTimeOffset? LastReadAt,
    DateTimeOffset? LastLineAt,
    long Reports,
    long Context,
    long Other,
    long Malformed,
    long Payloads,
    string? LastProblem,
    string? LastError,
    DateTimeOffset? LastErrorAt);

internal sealed record LogFileJson(string Path, long Offset, long Length);

internal sealed record LogsJson(IReadOnlyList<LogJson> Logs);
