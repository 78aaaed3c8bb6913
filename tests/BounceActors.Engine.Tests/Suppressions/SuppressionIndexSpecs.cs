using BounceActors.Domain.Recipients;
using BounceActors.Engine.Suppressions;
using CsCheck;

namespace BounceActors.Engine.Tests.Suppressions;

public sealed class SuppressionIndexSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Should_know_what_a_dictionary_knows_whatever_is_put_into_it() =>
        // Few marks, so that they come again, and neighbours at both ends, so that they collide.
        Gen.Select(Gen.OneOf(Gen.ULong[1, 2_000], Gen.ULong[ulong.MaxValue - 2_000, ulong.MaxValue], Gen.ULong.Where(m => m != 0)), Gen.ULong[0, 5]).Array[0, 3_000].Sample(puts =>
        {
            var index = new SuppressionIndex(TimeProvider.System);
            var model = new Dictionary<ulong, ulong>();
            foreach (var (mark, entry) in puts)
            {
                index.Put(mark, new IndexEntry(entry));
                model[mark] = entry;
            }

            Assert.Equal(model.Count, index.Count);
            Assert.All(model, known => Assert.True(index.TryFind(known.Key, out var entry) && entry.Bits == known.Value));
            Assert.All(puts, put => Assert.Equal(model.ContainsKey(~put.Item1), ~put.Item1 != 0 && index.TryFind(~put.Item1, out _)));
        }, iter: 50);

    [Fact]
    public void Should_take_at_most_25_bytes_for_a_recipient()
    {
        var index = new SuppressionIndex(TimeProvider.System);
        var random = new Random(1);
        for (var i = 0; i < 1_000_000; i++)
        {
            index.Put((ulong)random.NextInt64() | 1UL << 63, IndexEntry.Clean);
        }

        Assert.InRange(index.Bytes / (double)index.Count, 16, 25.1);
    }

    [Fact]
    public async Task Should_be_read_while_it_grows_without_ever_losing_a_recipient()
    {
        var index = new SuppressionIndex(TimeProvider.System);
        var written = 0UL;
        var writing = Task.Run(() =>
        {
            for (var i = 1UL; i <= 300_000; i++)
            {
                index.Put(i * 0x9e3779b97f4a7c15, new IndexEntry(i));
                Volatile.Write(ref written, i);
            }
        });
        while (!writing.IsCompleted)
        {
            var until = Volatile.Read(ref written);
            for (var i = 1UL; i <= until; i += 1 + (until / 100))
            {
                Assert.True(index.TryFind(i * 0x9e3779b97f4a7c15, out var entry));
                Assert.Equal(i, entry.Bits);
            }
        }

        await writing;
        Assert.Equal(300_000, index.Count);
    }

    [Fact]
    public void Should_take_nobody_for_unknown_before_it_is_loaded_or_once_something_is_expected()
    {
        var index = new SuppressionIndex(TimeProvider.System);
        var (key, other) = (new RecipientKey("gcu3mxwpgs3sryqgqlghwttgce"), new RecipientKey("3abt4dvwd5hrdu7pbmkdiqx6su"));
        Assert.False(index.SurelyKnowsNothingOf(key));

        index.IsCurrent(TimeProvider.System.GetTimestamp(), TimeSpan.Zero);
        Assert.True(index.SurelyKnowsNothingOf(key));

        index.Expect(key);
        Assert.False(index.SurelyKnowsNothingOf(key));
        Assert.True(index.SurelyKnowsNothingOf(other));
    }

    [Fact]
    public void Should_not_forget_what_it_knows_when_more_is_expected()
    {
        var index = new SuppressionIndex(TimeProvider.System);
        var key = new RecipientKey("gcu3mxwpgs3sryqgqlghwttgce");
        index.Put(key.Mark, new IndexEntry(42));

        index.Expect(key);

        Assert.True(index.TryFind(key.Mark, out var entry));
        Assert.Equal(42UL, entry.Bits);
    }

    [Fact]
    public void Should_keep_in_eight_bytes_what_decides_alone()
    {
        var reasons = new ReasonTable();
        foreach (var level in Enum.GetValues<SuppressionLevel>().Where(l => l != SuppressionLevel.None))
        {
            var until = Noon.AddMilliseconds(7 * (int)level);
            var ending = IndexEntry.Of(Suppression(level, until: until), alone: true, reasons);
            Assert.Equal((false, level, until.ToUnixTimeMilliseconds(), "bounce_count"), (ending.NeedsDetail, ending.Level, ending.UntilMilliseconds, reasons.ReasonOf(ending.Reason)));

            var lasting = IndexEntry.Of(Suppression(level), alone: false, reasons);
            Assert.Equal((false, level, 0), (lasting.NeedsDetail, lasting.Level, lasting.UntilMilliseconds));
        }

        Assert.Equal(IndexEntry.Clean, IndexEntry.Of(null, true, reasons));
    }

    [Fact]
    public void Should_send_to_the_read_store_for_what_depends_on_stream_or_time()
    {
        var reasons = new ReasonTable();

        Assert.True(IndexEntry.Of(Suppression(SuppressionLevel.Unsubscribed, "news"), alone: true, reasons).NeedsDetail);
        Assert.True(IndexEntry.Of(Suppression(SuppressionLevel.Manual, until: Noon), alone: false, reasons).NeedsDetail);
        Assert.True(IndexEntry.Of(Suppression(SuppressionLevel.Manual, until: DateTimeOffset.MinValue), alone: true, reasons).NeedsDetail);
        Assert.True(IndexEntry.Of(Suppression(SuppressionLevel.Manual, until: DateTimeOffset.MaxValue), alone: true, reasons).NeedsDetail);
    }

    [Fact]
    public void Should_send_to_the_read_store_once_there_are_more_reasons_than_it_has_numbers_for()
    {
        var reasons = new ReasonTable();
        for (var i = 0; i < IndexEntry.MaxReasons; i++)
        {
            Assert.False(IndexEntry.Of(Suppression(SuppressionLevel.Manual, reason: $"reason {i}"), true, reasons).NeedsDetail);
        }

        Assert.True(IndexEntry.Of(Suppression(SuppressionLevel.Manual, reason: "one more"), true, reasons).NeedsDetail);
        Assert.Equal("reason 8191", reasons.ReasonOf(IndexEntry.Of(Suppression(SuppressionLevel.Manual, reason: "reason 8191"), true, reasons).Reason));
    }

    private static Suppression Suppression(SuppressionLevel level, string? stream = null, DateTimeOffset? until = null, string reason = "bounce_count") =>
        new(level, stream, until, reason, Noon, null, []);
}
