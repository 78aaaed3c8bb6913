using System.Collections.Concurrent;

namespace BounceActors.Engine.Suppressions;

/// <summary>Numbers for the reasons of suppressions: nearly all are one of a few dozen codes. What comes when the table is full has no number.</summary>
public sealed class ReasonTable
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly string[] _texts = new string[IndexEntry.MaxReasons];
    private readonly Lock _adding = new();
    private int _count;

    /// <summary>The number of a reason; null when there is none left.</summary>
    public int? NumberOf(string reason)
    {
        if (_numbers.TryGetValue(reason, out var known))
        {
            return known;
        }

        lock (_adding)
        {
            if (_numbers.TryGetValue(reason, out known))
            {
                return known;
            }

            if (_count == _texts.Length)
            {
                return null;
            }

            // The text first: whoever sees the number finds it.
            _texts[_count] = reason;
            _numbers[reason] = _count;
            return _count++;
        }
    }

    /// <summary>The reason of a number.</summary>
    public string ReasonOf(int number) => _texts[number];
}
