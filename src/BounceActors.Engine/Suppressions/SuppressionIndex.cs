using System.Diagnostics;
using BounceActors.Domain.Recipients;

namespace BounceActors.Engine.Suppressions;

/// <summary>
/// Every recipient of the deployment that has a history, by its mark, with what keeps it from being mailed: 16 bytes each, and free places. Whoever is not in it has
/// surely none, once it <see cref="IsLoaded"/> and up to <see cref="Staleness"/> ago; who is in it may still have nothing against it. Reading takes no lock.
/// </summary>
public sealed class SuppressionIndex(TimeProvider time)
{
    private const int Tables = 64;

    private readonly Table[] _tables = [.. Enumerable.Range(0, Tables).Select(_ => new Table())];
    private long _asOf;
    private long _lagTicks;
    private volatile bool _isLoaded;
    private volatile bool _mayHaveDeliveries;

    internal ReasonTable Reasons { get; } = new();

    /// <summary>Whether everything that was in the read tables at start is in here.</summary>
    public bool IsLoaded => _isLoaded;

    /// <summary>Recipients in it.</summary>
    public long Count => _tables.Sum(t => (long)t.Count);

    /// <summary>Memory it takes.</summary>
    public long Bytes => _tables.Sum(t => t.Bytes);

    /// <summary>
    /// How old the youngest history may be that is not in here yet: the time since the last look at the read tables, plus the time the last rows took to get there.
    /// </summary>
    public TimeSpan Staleness => _isLoaded ? time.GetElapsedTime(Interlocked.Read(ref _asOf)) + new TimeSpan(Interlocked.Read(ref _lagTicks)) : TimeSpan.MaxValue;

    /// <summary>Whether a recipient surely has no history.</summary>
    public bool SurelyKnowsNothingOf(RecipientKey key) => _isLoaded && !TryFind(key.Mark, out _);

    /// <summary>Whether deliveries may have been counted for recipients that were unknown then.</summary>
    public bool MayHaveDeliveries => _mayHaveDeliveries || !_isLoaded;

    /// <summary>Whether a recipient's first report may just be coming, or another one be on its way.</summary>
    public bool MayBeNew(RecipientKey key) => !_isLoaded || !TryFind(key.Mark, out var entry) || entry == IndexEntry.AskElsewhere;

    /// <summary>Notes that deliveries are counted.</summary>
    public void ExpectDeliveries() => _mayHaveDeliveries = true;

    /// <summary>Notes that a recipient is about to have a history, so that nothing about it is passed over meanwhile.</summary>
    public void Expect(RecipientKey key) => TableOf(key.Mark).Add(key.Mark);

    internal bool TryFind(ulong mark, out IndexEntry entry) => TableOf(mark).TryFind(mark, out entry);

    internal void Put(ulong mark, IndexEntry entry) => TableOf(mark).Put(mark, entry);

    /// <summary>Everything written before <paramref name="asOf"/> (a timestamp) is in here.</summary>
    /// <param name="asOf">When the look at the read tables began.</param>
    /// <param name="lag">How long rows take from their event to the read tables.</param>
    internal void IsCurrent(long asOf, TimeSpan lag)
    {
        Interlocked.Exchange(ref _asOf, asOf);
        Interlocked.Exchange(ref _lagTicks, lag.Ticks);
        _isLoaded = true;
    }

    // The low bits choose the table, the high ones the place in it.
    private Table TableOf(ulong mark) => _tables[mark & (Tables - 1)];

    /// <summary>
    /// Open addressing, the place given by the mark's upper bits, collisions to the next free one. Marks are never taken out. One writer at a time; readers see
    /// either array pair whole, and an entry before its mark.
    /// </summary>
    private sealed class Table
    {
        private const int FirstSize = 64;

        private readonly Lock _writing = new();
        private volatile Slots _slots = new(FirstSize);
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public long Bytes => _slots.Marks.Length * 16L;

        public bool TryFind(ulong mark, out IndexEntry entry)
        {
            var slots = _slots;
            var at = slots.Find(mark);
            var found = Volatile.Read(ref slots.Marks[at]) == mark;
            entry = found ? new IndexEntry(Volatile.Read(ref slots.Entries[at])) : default;
            return found;
        }

        public void Add(ulong mark)
        {
            if (TryFind(mark, out _))
            {
                return;
            }

            lock (_writing)
            {
                var at = _slots.Find(mark);
                if (_slots.Marks[at] != mark)
                {
                    Insert(at, mark, IndexEntry.AskElsewhere);
                }
            }
        }

        public void Put(ulong mark, IndexEntry entry)
        {
            lock (_writing)
            {
                var at = _slots.Find(mark);
                if (_slots.Marks[at] == mark)
                {
                    Volatile.Write(ref _slots.Entries[at], entry.Bits);
                    return;
                }

                Insert(at, mark, entry);
            }
        }

        private void Insert(int at, ulong mark, IndexEntry entry)
        {
            _slots.Entries[at] = entry.Bits;
            Volatile.Write(ref _slots.Marks[at], mark);
            Volatile.Write(ref _count, _count + 1);
            if (_count > _slots.Marks.Length * 4L / 5)
            {
                Grow();
            }
        }

        private void Grow()
        {
            var old = _slots;

            // By a quarter: four of five places are taken before, so 20 to 25 bytes per recipient.
            var grown = new Slots(old.Marks.Length + (old.Marks.Length / 4));
            for (var i = 0; i < old.Marks.Length; i++)
            {
                if (old.Marks[i] is var mark and not 0)
                {
                    var at = grown.Find(mark);
                    grown.Entries[at] = old.Entries[i];
                    grown.Marks[at] = mark;
                }
            }

            _slots = grown;
        }

        private sealed class Slots(int size)
        {
            public readonly ulong[] Marks = new ulong[size];
            public readonly ulong[] Entries = new ulong[size];

            /// <summary>Where a mark is, or would be.</summary>
            public int Find(ulong mark)
            {
                Debug.Assert(mark != 0, "0 is a free place");
                var marks = Marks;
                var at = (int)Math.BigMul(mark, (ulong)marks.Length, out _);
                while (Volatile.Read(ref marks[at]) is var there && there != mark && there != 0)
                {
                    at = at + 1 == marks.Length ? 0 : at + 1;
                }

                return at;
            }
        }
    }
}
