namespace BounceActors.Sources.Logs.Formats;

/// <summary>
/// Earlier lines about messages that are still on their way, by queue id. Bounded in characters; the messages that were not heard of for the longest time go
/// first, and nothing older than <see cref="LogReaderOptions.MemoryAge"/> is believed, because queue ids come again.
/// </summary>
/// <typeparam name="T">What is known of a message.</typeparam>
internal sealed class EarlierLines<T>(int mostCharacters)
    where T : class, new()
{
    private const int LinesPerMessage = 102;

    private readonly Dictionary<string, LinkedListNode<Message>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<Message> _byUse = new();
    private long _characters;

    private sealed class Message(string id)
    {
        public string Id => id;

        public T Facts { get; } = new();

        /// <summary>The lines, each under what it says, so that a newer one takes the place of an older.</summary>
        public Dictionary<string, string> Lines { get; } = new(StringComparer.Ordinal);

        public long Characters { get; set; }

        public DateTimeOffset? At { get; set; }
    }

    /// <summary>How many messages are known.</summary>
    public int Count => _byId.Count;

    /// <summary>What is known of a message; null when nothing is.</summary>
    public T? Find(string id, DateTimeOffset? at) => Node(id, at)?.Value.Facts;

    /// <summary>Remembers a line. Gives the facts, to be completed by what it says; null when there is no room for it.</summary>
    /// <param name="id">The message.</param>
    /// <param name="what">What the line says; a later line that says the same takes its place.</param>
    /// <param name="line">The line.</param>
    /// <param name="at">When it was written.</param>
    public T? Add(string id, string what, string line, DateTimeOffset? at)
    {
        if (line.Length > mostCharacters / 16)
        {
            return null;
        }

        var node = Node(id, at);
        if (node is null)
        {
            node = _byUse.AddFirst(new Message(id));
            _byId[id] = node;
            Grow(node.Value, id.Length + 100);
        }

        var message = node.Value;
        if (message.Lines.Count >= LinesPerMessage && !message.Lines.ContainsKey(what))
        {
            return null;
        }

        Grow(message, (message.Lines.TryGetValue(what, out var older) ? -older.Length : what.Length) + line.Length);
        message.Lines[what] = line;
        message.At = at ?? message.At;
        while (_characters > mostCharacters && _byUse.Last is { } oldest && oldest != node)
        {
            Remove(oldest);
        }

        return message.Facts;
    }

    /// <summary>Forgets one line of a message.</summary>
    public void Forget(string id, string what)
    {
        if (_byId.TryGetValue(id, out var node) && node.Value.Lines.Remove(what, out var line))
        {
            Grow(node.Value, -(line.Length + what.Length));
        }
    }

    /// <summary>Forgets a message.</summary>
    public void Forget(string id)
    {
        if (_byId.TryGetValue(id, out var node))
        {
            Remove(node);
        }
    }

    /// <summary>The lines kept of a message.</summary>
    public IEnumerable<string> Of(string id) => _byId.TryGetValue(id, out var node) ? node.Value.Lines.Values : [];

    private LinkedListNode<Message>? Node(string id, DateTimeOffset? at)
    {
        if (!_byId.TryGetValue(id, out var node))
        {
            return null;
        }

        if (at - node.Value.At > LogReaderOptions.MemoryAge)
        {
            Remove(node);
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node;
    }

    private void Remove(LinkedListNode<Message> node)
    {
        _byId.Remove(node.Value.Id);
        _byUse.Remove(node);
        _characters -= node.Value.Characters;
    }

    private void Grow(Message message, long characters)
    {
        message.Characters += characters;
        _characters += characters;
    }
}
