using BounceActors.Domain.Recipients;

namespace BounceActors.Engine.Projections;

/// <summary>The slices recipients' events are projected in. Decided once: the tags are in the journal (docs/decisions/tags-and-projection.md).</summary>
public static class ProjectionSlices
{
    public const int Count = 8;

    private static readonly string[] Tags = [.. Enumerable.Range(0, Count).Select(slice => $"recipient-{slice}")];

    /// <summary>The slice of a recipient: keys are uniformly distributed, so their first character is.</summary>
    public static int Of(RecipientKey key) => (key.Value[0] is >= 'a' and <= 'z' and var c ? c - 'a' : key.Value[0] - '2' + 26) % Count;

    public static string TagOf(RecipientKey key) => Tags[Of(key)];

    public static string TagOf(int slice) => Tags[slice];
}
