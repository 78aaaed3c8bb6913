using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Domain.Reports;

namespace BounceActors.Engine.Inbox;

/// <summary>
/// Which reports of a payload are decided. Kept with the payload, because the recipients themselves know a report again for eight days only, and a
/// payload may be replayed after thirty.
/// </summary>
internal sealed class SettledReports
{
    public static readonly SettledReports None = new([]);

    private readonly HashSet<ulong> _marks;

    private SettledReports(HashSet<ulong> marks) => _marks = marks;

    public static SettledReports From(ReadOnlySpan<byte> bytes)
    {
        var marks = new HashSet<ulong>(bytes.Length / sizeof(ulong));
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            marks.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return marks.Count == 0 ? None : new SettledReports(marks);
    }

    public int Count => _marks.Count;

    public bool Has(BounceReport report) => _marks.Count > 0 && _marks.Contains(MarkOf(report));

    /// <summary>These and more.</summary>
    public SettledReports With(IEnumerable<BounceReport> decided) => new([.. _marks, .. decided.Select(MarkOf)]);

    public byte[] ToBytes()
    {
        var bytes = new byte[_marks.Count * sizeof(ulong)];
        var at = 0;
        foreach (var mark in _marks)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), mark);
            at += sizeof(ulong);
        }

        return bytes;
    }

    private static ulong MarkOf(BounceReport report)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{report.Source}\n{report.SourceEventId}\n{report.Recipient?.Normalised}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
