using Google.Protobuf;

namespace BounceActors.Engine.Wire;

/// <summary>Times, spans and ids on the wire.</summary>
internal static class Scalars
{
    public static long ToWire(this DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    public static DateTimeOffset ToTime(this long ticks) => DateTimeOffset.UnixEpoch.AddTicks(ticks);

    public static ByteString ToWire(this Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    public static Guid ToGuid(this ByteString bytes) => new(bytes.Span, bigEndian: true);
}
