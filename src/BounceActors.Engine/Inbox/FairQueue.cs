namespace BounceActors.Engine.Inbox;

/// <summary>
/// Bounded queues, one per lane, emptied in turns: whoever floods one waits in it, everybody else goes on. A place is taken first, filled, and given
/// back when the work on the item is over, so what is worked on counts too. Safe for any number of threads.
/// </summary>
/// <param name="mostPerLane">Most places of a lane.</param>
/// <param name="mostBytes">Most bytes of all; a lane gets at most half of them. A lane that holds nothing gets one item in however large it is.</param>
internal sealed class FairQueue<T>(int mostPerLane, long mostBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Lane, LaneState> _lanes = [];
    private readonly LinkedList<LaneState> _turns = [];
    private readonly SemaphoreSlim _waiting = new(0);
    private long _bytes;

    private sealed class LaneState(Lane lane)
    {
        public Lane Lane => lane;

        public Queue<(T Item, long Size)> Items { get; } = new();

        public int Places { get; set; }

        public long Bytes { get; set; }
    }

    /// <summary>Bytes of all lanes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Places taken, by lane.</summary>
    public IReadOnlyList<(Lane Lane, int Places)> Places
    {
        get
        {
            lock (_lock)
            {
                return [.. _lanes.Values.Select(l => (l.Lane, l.Places))];
            }
        }
    }

    /// <summary>Takes a place; false when there is none for this lane.</summary>
    public bool TryEnter(Lane lane, long size)
    {
        lock (_lock)
        {
            var state = _lanes.GetValueOrDefault(lane);
            if (state is not null && (state.Places >= mostPerLane || state.Bytes + size > mostBytes / 2 || _bytes + size > mostBytes))
            {
                return false;
            }

            if (state is null)
            {
                _lanes.Add(lane, state = new LaneState(lane));
            }

            state.Places++;
            state.Bytes += size;
            _bytes += size;
            return true;
        }
    }

    /// <summary>A place that was taken turns out to be larger; may go beyond the limits, so that what is here already is not lost.</summary>
    public void Grow(Lane lane, long size)
    {
        lock (_lock)
        {
            _lanes[lane].Bytes += size;
            _bytes += size;
        }
    }

    /// <summary>Puts an item into a place that was taken.</summary>
    public void Add(Lane lane, T item, long size)
    {
        lock (_lock)
        {
            var state = _lanes[lane];
            state.Items.Enqueue((item, size));
            if (state.Items.Count == 1)
            {
                _turns.AddLast(state);
            }
        }

        _waiting.Release();
    }

    /// <summary>Gives a place back.</summary>
    public void Leave(Lane lane, long size)
    {
        lock (_lock)
        {
            var state = _lanes[lane];
            state.Places--;
            state.Bytes -= size;
            _bytes -= size;
            if (state.Places == 0)
            {
                _lanes.Remove(lane);
            }
        }
    }

    /// <summary>Waits for an item; of several lanes each in its turn.</summary>
    public async Task<(Lane Lane, T Item, long Size)> TakeAsync(CancellationToken cancel)
    {
        await _waiting.WaitAsync(cancel);
        return Take();
    }

    /// <summary>Another item that waits already, if there is one.</summary>
    public bool TryTake(out (Lane Lane, T Item, long Size) taken)
    {
        taken = default;
        if (!_waiting.Wait(0))
        {
            return false;
        }

        taken = Take();
        return true;
    }

    private (Lane Lane, T Item, long Size) Take()
    {
        lock (_lock)
        {
            var state = _turns.First!.Value;
            _turns.RemoveFirst();
            var (item, size) = state.Items.Dequeue();
            if (state.Items.Count > 0)
            {
                _turns.AddLast(state);
            }

            return (state.Lane, item, size);
        }
    }
}
