using System.Text.Json;
using Spectre.Console;

namespace BounceActors.Cli.Output;

/// <summary>Prints rows as they come.</summary>
/// <typeparam name="T">What a row is about.</typeparam>
internal interface IRowWriter<in T>
{
    void Write(T row);

    /// <summary>Prints what is still held back.</summary>
    void Complete();
}

/// <summary>One JSON object a line.</summary>
internal sealed class JsonLines<T>(StandardStreams streams, Action<Utf8JsonWriter, T> fields) : IRowWriter<T>
{
    private readonly OutputWriter _output = new(streams.Output);
    private Utf8JsonWriter? _json;

    public void Write(T row)
    {
        _json ??= _output.JsonLines();
        _json.WriteStartObject();
        fields(_json, row);
        _json.WriteEndObject();
        _json.Flush();
        _output.EndOfLine();
        _json.Reset();

        // A person, or a program that answers line by line, waits for each; a file does not.
        if (streams.OutputIsTerminal)
        {
            _output.Flush();
        }
    }

    public void Complete() => _output.Flush();
}

/// <summary>Tables of many rows: a column's width needs all its rows, and the memory has an end.</summary>
internal sealed class TableRows<T>(StandardStreams streams, string[] columns, Func<T, string[]> cells) : IRowWriter<T>
{
    public const int RowsPerTable = 1000;

    // On a terminal the progress bar stands where a table would come; few will read that far anyway.
    private readonly int _limit = streams.OutputIsTerminal ? 100 * RowsPerTable : RowsPerTable;
    private readonly List<string[]> _rows = [];

    public void Write(T row)
    {
        _rows.Add(cells(row));
        if (_rows.Count >= _limit)
        {
            Complete();
        }
    }

    public void Complete()
    {
        if (_rows.Count == 0)
        {
            return;
        }

        var table = Tables.New(columns);
        foreach (var row in _rows)
        {
            table.Row(row);
        }

        _rows.Clear();
        streams.Print(console => console.Write(table));
    }
}
