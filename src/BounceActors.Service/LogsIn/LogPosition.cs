using System.Text.Json;

namespace BounceActors.Service.LogsIn;

/// <summary>How far a log was read, all its files together, as it is stored.</summary>
/// <param name="Files">The files that are there or were until lately.</param>
/// <param name="LookedAt">When the log's directory was last looked into.</param>
internal sealed record LogPosition(IReadOnlyList<FilePosition> Files, DateTimeOffset LookedAt)
{
    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>The position; null when there is none, or none that this version can read: then the log is read from its start, and what is known already is recognised.</summary>
    public static LogPosition? Parse(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize<LogPosition>(text) is { Files: not null } position ? position : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
