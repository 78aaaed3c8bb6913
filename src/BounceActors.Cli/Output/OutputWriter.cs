using System.Buffers;
using System.Text;

namespace BounceActors.Cli.Output;

/// <summary>The one writer on stdout: collects bytes and passes them on in blocks.</summary>
internal sealed class OutputWriter(Stream stream)
{
    private const int BlockSize = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _block = new(BlockSize + 4096);

    /// <summary>Where to write; call <see cref="EndOfLine"/> after each line.</summary>
    public IBufferWriter<byte> Buffer => _block;

    /// <summary>Ends a line and passes a full block on.</summary>
    /// <exception cref="OutputClosedException">Nobody reads any more.</exception>
    public void EndOfLine()
    {
        _block.Write("\n"u8);
        if (_block.WrittenCount >= BlockSize)
        {
            Flush();
        }
    }

    /// <summary>Writes a line for people: control characters are taken out.</summary>
    /// <exception cref="OutputClosedException">Nobody reads any more.</exception>
    public void Line(string text)
    {
        Encoding.UTF8.GetBytes(Printable.Line(text), _block);
        EndOfLine();
    }

    /// <summary>Passes everything on.</summary>
    /// <exception cref="OutputClosedException">Nobody reads any more.</exception>
    public void Flush()
    {
        try
        {
            stream.Write(_block.WrittenSpan);
            stream.Flush();
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            throw new OutputClosedException(e);
        }
        finally
        {
            _block.ResetWrittenCount();
        }
    }

    // EPIPE on Unix (HResult is the raw errno there); ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.
    private static bool IsBrokenPipe(IOException e) => e.HResult is 32 or unchecked((int)0x8007006D) or unchecked((int)0x800700E8);
}

/// <summary>The reader of stdout is gone.</summary>
internal sealed class OutputClosedException(Exception cause) : IOException("nobody reads the output any more", cause);
