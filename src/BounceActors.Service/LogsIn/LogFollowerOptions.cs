using System.ComponentModel.DataAnnotations;
using BounceActors.Sources.Logs;

namespace BounceActors.Service.LogsIn;

/// <summary>Where to begin with a log that was never read.</summary>
public enum LogStart
{
    /// <summary>At its first line.</summary>
    Start,

    /// <summary>With the next line that is written.</summary>
    End,
}

/// <summary>One of <c>Sources:Logs</c>: a log on this node that is followed.</summary>
public sealed class LogFollowerOptions : IValidatableObject
{
    /// <summary>The name it has in the settings.</summary>
    internal string Name { get; init; } = "";

    /// <summary>The file, or a pattern with * and ? in its last part for files that are named by date.</summary>
    [Required]
    public string Path { get; set; } = "";

    [Required]
    public LogFormat? Format { get; set; }

    [Required]
    public string Tenant { get; set; } = "default";

    public LogStart From { get; set; } = LogStart.Start;

    /// <summary>Zone of times that name none; the machine's when not set.</summary>
    public string? TimeZone { get; set; }

    public string? Stream { get; set; }

    public string[] SenderDomains { get; set; } = [];

    public string[] InternalRelays { get; set; } = ["127.0.0.1", "::1"];

    /// <summary>Name of this node among those that share a database: positions belong to it. The machine's when not set.</summary>
    public string? Node { get; set; }

    [Range(50, 60_000)]
    public int PollMilliseconds { get; set; } = 500;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TimeZone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return new ValidationResult($"Sources:Logs:{Name}:TimeZone is '{TimeZone}', but must be a zone such as Europe/Berlin or UTC");
        }

        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path.Length == 0 ? "." : Path)) is { } directory && directory.AsSpan().ContainsAny("*?"))
        {
            yield return new ValidationResult($"Sources:Logs:{Name}:Path may have * and ? in its last part only");
        }
    }

    internal LogReaderOptions ReaderOptions => new()
    {
        TimeZone = TimeZone is null ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(TimeZone),
        Stream = Stream,
        SenderDomains = SenderDomains,
        InternalRelays = InternalRelays,
    };

    internal string PositionKey => $"log/{Node ?? Environment.MachineName}/{Name}";
}
