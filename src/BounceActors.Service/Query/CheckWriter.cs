using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Suppressions;

namespace BounceActors.Service.Query;

/// <summary>Writes the answer of a check while it is being sent: it may be several times as long as the question.</summary>
internal static class CheckWriter
{
    /// <summary>Bytes handed over at a time.</summary>
    private const int FlushSize = 64 * 1024;

    private static ReadOnlySpan<byte> Clean => ",\"verdict\":\"allow\",\"level\":\"none\",\"until\":null,\"reason\":null}"u8;

    /// <summary>Writes <see cref="CheckAnswer"/>.</summary>
    /// <param name="to">The response.</param>
    /// <param name="asked">The addresses, written back as they came.</param>
    /// <param name="verdicts">Their verdicts.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task WriteAsync(PipeWriter to, CheckBody asked, CheckedAddresses verdicts, CancellationToken cancel)
    {
        to.Write("{\"results\":["u8);
        for (var i = 0; i < verdicts.Count;)
        {
            i = WriteSome(to, asked, verdicts, i);
            await to.FlushAsync(cancel);
        }

        to.Write("]}"u8);
        await to.FlushAsync(cancel);
    }

    private static int WriteSome(PipeWriter to, CheckBody asked, CheckedAddresses verdicts, int from)
    {
        var text = asked.Text.Span;
        var tokens = asked.Tokens;
        var i = from;
        for (var written = 0; i < verdicts.Count && written < FlushSize; i++)
        {
            var address = text.Slice(tokens[i].Start, tokens[i].Length);
            if (verdicts.IsClean(i))
            {
                var span = to.GetSpan(address.Length + Clean.Length + 16);
                var at = Begin(span, address, i);
                Clean.CopyTo(span[at..]);
                to.Advance(at + Clean.Length);
                written += at + Clean.Length;
                continue;
            }

            var verdict = verdicts.VerdictOf(i) ?? CheckResult.NoAddress;
            var reason = verdict.Reason is { } why ? JsonEncodedText.Encode(why) : default;
            var room = to.GetSpan(address.Length + reason.EncodedUtf8Bytes.Length + 256);
            var end = Begin(room, address, i);
            Add(room, ref end, ",\"verdict\":\""u8);
            Name(room, ref end, verdict.Advice.ToWire());
            Add(room, ref end, "\",\"level\":\""u8);
            Name(room, ref end, verdict.Level.ToWire());
            Add(room, ref end, "\",\"until\":"u8);
            if (verdict.Until is { } until)
            {
                room[end++] = (byte)'"';
                Utf8Formatter.TryFormat(until, room[end..], out var length, new StandardFormat('O'));
                end += length;
                room[end++] = (byte)'"';
            }
            else
            {
                Add(room, ref end, "null"u8);
            }

            Add(room, ref end, ",\"reason\":"u8);
            if (verdict.Reason is null)
            {
                Add(room, ref end, "null}"u8);
            }
            else
            {
                room[end++] = (byte)'"';
                Add(room, ref end, reason.EncodedUtf8Bytes);
                Add(room, ref end, "\"}"u8);
            }

            to.Advance(end);
            written += end;
        }

        return i;
    }

    private static int Begin(Span<byte> room, ReadOnlySpan<byte> address, int index)
    {
        var at = 0;
        Add(room, ref at, index == 0 ? "{\"address\":"u8 : ",{\"address\":"u8);
        Add(room, ref at, address);
        return at;
    }

    private static void Add(Span<byte> room, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(room[at..]);
        at += bytes.Length;
    }

    private static void Name(Span<byte> room, ref int at, string name) => at += Encoding.ASCII.GetBytes(name, room[at..]);
}
