using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Reports;
using CsvHelper;
using CsvHelper.Configuration;

namespace BounceActors.Engine.Imports;

/// <summary>One row of a list as it stands there, or why it cannot be read.</summary>
/// <param name="Line">Its first line in the file, from 1.</param>
/// <param name="Fields">What it says, by <see cref="ListField"/>; null where it says nothing.</param>
/// <param name="Problem">What is wrong with the row as such; null when nothing is.</param>
internal readonly record struct ListRow(long Line, string?[] Fields, string? Problem = null);

/// <summary>A list cannot be read at all, or not from here on.</summary>
/// <param name="problem">What is wrong, and what would be right.</param>
public sealed class ListUnreadableException(string problem) : Exception(problem);

/// <summary>
/// Reads a list row by row, however long it is: CSV (RFC 4180; comma, semicolon, tab or bar; quoted fields may hold line breaks) or one JSON object a line, either
/// may be compressed with gzip. Which it is, its first bytes say.
/// </summary>
internal static class ListReader
{
    /// <summary>Longest line of JSON and longest field of CSV.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Most bytes of a list when it is unpacked: a small file must not keep a service busy for ever.</summary>
    public const long MaxBytes = 64L << 30;

    /// <summary>Rows of a list.</summary>
    /// <param name="list">The list; it is read to its end.</param>
    /// <param name="ignored">Takes headings that mean nothing here.</param>
    /// <param name="ct">Gives up.</param>
    public static async IAsyncEnumerable<ListRow> ReadAsync(Stream list, ICollection<string> ignored, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var pipe = PipeReader.Create(list, new StreamPipeReaderOptions(bufferSize: MaxLength, leaveOpen: true));
        var head = await HeadAsync(pipe, ct);

        // Several members one after another are one file (RFC 1952 section 2.2); the library reads on by itself.
        await using var unpacked = head is [0x1f, 0x8b, ..] ? new GZipStream(pipe.AsStream(), CompressionMode.Decompress) : null;
        if (unpacked is not null)
        {
            pipe = PipeReader.Create(unpacked, new StreamPipeReaderOptions(bufferSize: MaxLength, leaveOpen: true));
            head = await HeadAsync(pipe, ct);
        }

        var rows = head.FirstOrDefault(b => b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xef or 0xbb or 0xbf)) == '{'
            ? JsonAsync(pipe, ct)
            : CsvAsync(pipe.AsStream(), ignored, ct);
        await foreach (var row in rows)
        {
            yield return row;
        }

        await pipe.CompleteAsync();
    }

    private static async Task<byte[]> HeadAsync(PipeReader pipe, CancellationToken ct)
    {
        try
        {
            var read = await pipe.ReadAtLeastAsync(16, ct);
            var head = read.Buffer.Slice(0, Math.Min(16, read.Buffer.Length)).ToArray();
            pipe.AdvanceTo(read.Buffer.Start);
            return head;
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    private static ListUnreadableException Damaged() => new("the list begins as gzip does, but cannot be unpacked; is the file complete?");

    private static async IAsyncEnumerable<ListRow> CsvAsync(Stream bytes, ICollection<string> ignored, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var torn = false;
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            BadDataFound = _ => torn = true,
            BufferSize = MaxLength,
            DetectColumnCountChanges = false,
            DetectDelimiter = true,
            DetectDelimiterValues = [",", ";", "\t", "|"],
            HasHeaderRecord = false,
            IgnoreBlankLines = true,
            MaxFieldSize = MaxLength,
        };
        using var parser = new CsvParser(new StreamReader(new BoundedStream(bytes, MaxBytes), new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true, MaxLength), configuration);
        ListField?[]? columns = null;
        while (await NextAsync(parser, ct))
        {
            if (columns is null)
            {
                columns = Columns(parser, ignored, out var isHeading);
                if (isHeading)
                {
                    torn = false;
                    continue;
                }
            }

            var fields = new string?[ListColumns.Count];
            for (var i = 0; i < Math.Min(parser.Count, columns.Length); i++)
            {
                if (columns[i] is { } field && parser[i].Trim() is { Length: > 0 } text)
                {
                    fields[(int)field] ??= text;
                }
            }

            yield return new ListRow(parser.RawRow, fields, torn ? "a quote stands in the middle of a field; a field with a quote is quoted itself, and the quote doubled" : null);
            torn = false;
        }

        if (columns is null)
        {
            throw new ListUnreadableException("the list is empty; a heading like address,reason and a row for each address are expected");
        }
    }

    private static async ValueTask<bool> NextAsync(CsvParser parser, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            return await parser.ReadAsync();
        }
        catch (MaxFieldSizeException)
        {
            throw new ListUnreadableException($"after line {parser.RawRow} a field is longer than {MaxLength} characters; is a quote not closed?");
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    /// <summary>What stands in each column. A list without a heading has the address first, and then, if anything, why (as Amazon SES takes them).</summary>
    private static ListField?[] Columns(CsvParser parser, ICollection<string> ignored, out bool isHeading)
    {
        var columns = new ListField?[parser.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = ListColumns.FieldOf(parser[i]);
        }

        isHeading = columns.Contains(ListField.Address);
        if (isHeading)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                if (columns[i] is null || Array.IndexOf(columns, columns[i]) != i)
                {
                    ignored.Add(Shown(parser[i]));
                }
            }

            return columns;
        }

        return EmailAddress.TryParse(parser[0], out _, out _)
            ? [ListField.Address, ListField.Reason]
            : throw new ListUnreadableException(
                $"no column of the heading ({string.Join(", ", Enumerable.Range(0, Math.Min(columns.Length, 20)).Select(i => Shown(parser[i])))}) is the address; name it address or email");
    }

    private static string Shown(string heading) => heading.Length > 64 ? heading[..64] : heading;

    private static async IAsyncEnumerable<ListRow> JsonAsync(PipeReader pipe, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var (line, total, skipping) = (0L, 0L, false);
        while (true)
        {
            ReadResult read;
            try
            {
                read = await pipe.ReadAsync(ct);
            }
            catch (InvalidDataException)
            {
                throw Damaged();
            }

            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                line++;
                var text = rest.Slice(0, end);
                total += text.Length + 1;
                rest = rest.Slice(rest.GetPosition(1, end));
                if (skipping || text.Length > MaxLength)
                {
                    skipping = false;
                    yield return TooLong(line);
                }
                else if (!IsBlank(text))
                {
                    yield return Json(line, text);
                }
            }

            if (read.IsCompleted)
            {
                if (skipping || rest.Length > MaxLength)
                {
                    yield return TooLong(line + 1);
                }
                else if (!IsBlank(rest))
                {
                    yield return Json(line + 1, rest);
                }

                yield break;
            }

            if (total > MaxBytes)
            {
                throw BoundedStream.TooLarge(MaxBytes);
            }

            // A line that is too long is thrown away as it comes; its end is still looked for.
            if (rest.Length > MaxLength)
            {
                skipping = true;
                rest = rest.Slice(rest.End);
            }

            pipe.AdvanceTo(rest.Start, read.Buffer.End);
        }
    }

    private static ListRow TooLong(long line) => new(line, new string?[ListColumns.Count], $"the line is longer than {MaxLength} bytes");

    private static bool IsBlank(ReadOnlySequence<byte> text)
    {
        foreach (var part in text)
        {
            if (part.Span.IndexOfAnyExcept(" \t\r"u8) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static ListRow Json(long line, ReadOnlySequence<byte> text)
    {
        var fields = new string?[ListColumns.Count];
        try
        {
            var json = new Utf8JsonReader(Unmarked(text));
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return new ListRow(line, fields, "an object like {\"address\": \"user@example.com\"} is expected on each line");
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var field = ListColumns.FieldOf(json.GetString()!);
                json.Read();
                var value = json.TokenType switch
                {
                    JsonTokenType.String => json.GetString(),
                    JsonTokenType.Number => Encoding.UTF8.GetString(json.HasValueSequence ? json.ValueSequence.ToArray() : json.ValueSpan),
                    _ => null,
                };
                json.Skip();
                if (field is { } f && !string.IsNullOrWhiteSpace(value))
                {
                    fields[(int)f] ??= value.Trim();
                }
            }

            // Anything behind the object is not skipped in silence.
            return json.Read() ? new ListRow(line, fields, "there is something behind the object; one object a line is expected") : new ListRow(line, fields);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new ListRow(line, new string?[ListColumns.Count], $"it is not valid JSON{(e is JsonException { BytePositionInLine: { } at } ? $" from byte {at + 1} on" : "")}");
        }
    }

    private static ReadOnlySequence<byte> Unmarked(ReadOnlySequence<byte> text) =>
        text.Length >= 3 && text.Slice(0, 3).ToArray() is [0xef, 0xbb, 0xbf] ? text.Slice(3) : text;

    /// <summary>Ends with an error where a list has grown beyond all measure.</summary>
    private sealed class BoundedStream(Stream inner, long most) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public static ListUnreadableException TooLarge(long most) => new($"the list has more than {most >> 30} GB unpacked; split it");

        public override int Read(byte[] buffer, int offset, int count) => Counted(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Counted(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Counted(int count)
        {
            _read += count;
            return _read <= most ? count : throw TooLarge(most);
        }
    }
}
