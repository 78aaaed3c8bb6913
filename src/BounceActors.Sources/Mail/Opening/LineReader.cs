namespace BounceActors.Sources.Mail.Opening;

/// <summary>Reads a stream line by line, with the line ends; a line longer than the buffer comes in pieces. CR alone ends a line only where the stream has no LF.</summary>
internal sealed class LineReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _ended;
    private bool? _carriageReturns;

    /// <summary>The next line; it is good until the next call.</summary>
    public bool Next(out ReadOnlyMemory<byte> line)
    {
        while (true)
        {
            var pending = _buffer.AsSpan(_start.._end);
            _carriageReturns ??= _end > 0 && (_ended || _end == _buffer.Length) ? !pending.Contains((byte)'\n') && pending.Contains((byte)'\r') : null;
            var at = _carriageReturns == true ? pending.IndexOf((byte)'\r') : pending.IndexOf((byte)'\n');
            if (at >= 0 || (pending.Length > 0 && (_ended || pending.Length == _buffer.Length)))
            {
                var length = at >= 0 ? at + 1 : pending.Length;
                line = _buffer.AsMemory(_start, length);
                _start += length;
                return true;
            }

            if (_ended)
            {
                line = default;
                return false;
            }

            pending.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _ended = read == 0;
            _end += read;
        }
    }
}
