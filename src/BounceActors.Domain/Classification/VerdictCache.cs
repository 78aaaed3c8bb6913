using System.Collections.Concurrent;

namespace BounceActors.Domain.Classification;

/// <summary>
/// Remembers verdicts by masked text and codes. Two generations of at most <c>capacity</c> entries each: when the young one is full it becomes
/// the old one and the old one is forgotten, so what is asked for again survives and memory stays bounded.
/// </summary>
internal sealed class VerdictCache<T>(int capacity)
    where T : class
{
    private readonly Lock _turn = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>Entries held now.</summary>
    public int Count => _young.Count + _old.Count;

    public T? Find(ReadOnlySpan<char> key)
    {
        var young = _young;
        if (young.Lookup.TryGetValue(key, out var value))
        {
            return value;
        }

        if (_old.Lookup.TryGetValue(key, out value))
        {
            Add(key, value);
            return value;
        }

        return null;
    }

    public void Add(ReadOnlySpan<char> key, T value)
    {
        var young = _young;
        if (young.Lookup.TryAdd(key, value) && Interlocked.Increment(ref young.Count) >= capacity)
        {
            lock (_turn)
            {
                if (ReferenceEquals(_young, young))
                {
                    _old = young;
                    _young = new Generation();
                }
            }
        }
    }

    private sealed class Generation
    {
        public readonly ConcurrentDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> Lookup =
            new ConcurrentDictionary<string, T>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        public int Count;
    }
}
