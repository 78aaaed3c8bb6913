namespace BounceActors.Service.Ingest.Webhooks;

/// <summary>
/// Room for request bodies that are not stored yet, bounded in bytes and per account, so that neither slow senders nor a flood from one of them fill the
/// memory or shut out the others. Safe for any number of threads.
/// </summary>
/// <param name="mostBytes">Most bytes of all; an account gets at most half, and one request always.</param>
/// <param name="mostRequests">Most requests of an account.</param>
internal sealed class BodyRoom(long mostBytes, int mostRequests)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, (int Requests, long Bytes)> _accounts = [];
    private long _bytes;

    private long MostBytes => mostBytes;

    /// <summary>Takes room, which is given back by disposing; null when there is none.</summary>
    public Room? TryTake(object account, long bytes)
    {
        lock (_lock)
        {
            var held = _accounts.GetValueOrDefault(account);
            if (held.Requests > 0 && (held.Requests >= mostRequests || held.Bytes + bytes > mostBytes / 2 || _bytes + bytes > mostBytes))
            {
                return null;
            }

            _accounts[account] = (held.Requests + 1, held.Bytes + bytes);
            _bytes += bytes;
        }

        return new Room(this, account, bytes);
    }

    /// <summary>Room that was taken.</summary>
    internal sealed class Room(BodyRoom owner, object account, long bytes) : IDisposable
    {
        private long _bytes = bytes;
        private bool _given;

        /// <summary>Takes more; false when there is none.</summary>
        public bool TryGrow(long more)
        {
            lock (owner._lock)
            {
                var held = owner._accounts[account];
                if (held.Requests > 1 && (held.Bytes + more > owner.MostBytes / 2 || owner._bytes + more > owner.MostBytes))
                {
                    return false;
                }

                owner._accounts[account] = (held.Requests, held.Bytes + more);
                owner._bytes += more;
                _bytes += more;
                return true;
            }
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                if (_given)
                {
                    return;
                }

                _given = true;
                owner._bytes -= _bytes;
                var held = owner._accounts[account];
                if (held.Requests == 1)
                {
                    owner._accounts.Remove(account);
                }
                else
                {
                    owner._accounts[account] = (held.Requests - 1, held.Bytes - _bytes);
                }
            }
        }
    }
}
