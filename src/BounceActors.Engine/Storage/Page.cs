using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace BounceActors.Engine.Storage;

/// <summary>Some rows of many.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Next">Where the next page begins; null when this is the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>A cursor that was not given out by this service. To be answered with a 400.</summary>
public sealed class InvalidCursorException() : FormatException("the cursor is none that an earlier page has given");

/// <summary>
/// A page's end as an opaque text: the values that rows are ordered by, of the last row. Rows that come in between two pages never shift what follows.
/// </summary>
internal static class Cursor
{
    private const char Separator = '\u001f';

    public static string Of(params ReadOnlySpan<string> values) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join(Separator, values)));

    /// <summary>The values of a cursor; null for the first page. Throws <see cref="InvalidCursorException"/> when it is none.</summary>
    public static string[]? Read(string? cursor, int values)
    {
        if (cursor is null)
        {
            return null;
        }

        try
        {
            var read = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(Separator);
            return read.Length == values ? read : throw new InvalidCursorException();
        }
        catch (FormatException)
        {
            throw new InvalidCursorException();
        }
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw new InvalidCursorException();

    public static string Time(DateTimeOffset value) => Number(value.ToUnixMicroseconds());

    public static DateTimeOffset Time(string text)
    {
        try
        {
            return Times.FromUnixMicroseconds(Number(text));
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidCursorException();
        }
    }

    /// <summary>Cuts what was read with one row too many, and says where the next page begins.</summary>
    public static Page<T> Page<T>(IReadOnlyList<T> rows, int limit, Func<T, string> cursor) =>
        rows.Count > limit ? new Page<T>([.. rows.Take(limit)], cursor(rows[limit - 1])) : new Page<T>(rows, null);
}

/// <summary>Times in whole microseconds, which is what both databases keep.</summary>
internal static class Times
{
    public static long ToUnixMicroseconds(this DateTimeOffset time) =>
        Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerMicrosecond) is var (whole, rest) && rest < 0 ? whole - 1 : whole;

    public static DateTimeOffset FromUnixMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(checked(microseconds * TimeSpan.TicksPerMicrosecond));

    /// <summary>The time as both databases keep it.</summary>
    public static DateTimeOffset Stored(this DateTimeOffset time) => FromUnixMicroseconds(time.ToUnixMicroseconds());
}
