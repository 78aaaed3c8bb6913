using BounceActors.Engine.Inbox;

namespace BounceActors.Engine.Tests.Inbox;

public sealed class FairQueueSpecs
{
    private static readonly Lane Flood = new("default", "flood");
    private static readonly Lane Calm = new("default", "calm");

    [Fact]
    public void Should_take_lanes_in_turns_however_much_waits_in_one()
    {
        var queue = new FairQueue<string>(1_000, 1_000);
        for (var i = 0; i < 100; i++)
        {
            Put(queue, Flood, $"flood {i}");
        }

        Put(queue, Calm, "calm 0");
        Put(queue, Calm, "calm 1");

        Assert.Equal(["flood 0", "calm 0", "flood 1", "calm 1", "flood 2"], Enumerable.Range(0, 5).Select(_ => Take(queue)));
    }

    [Fact]
    public void Should_refuse_a_full_lane_and_let_another_in()
    {
        var queue = new FairQueue<string>(mostPerLane: 2, mostBytes: 1_000);

        Assert.True(queue.TryEnter(Flood, 1));
        Assert.True(queue.TryEnter(Flood, 1));
        Assert.False(queue.TryEnter(Flood, 1));
        Assert.True(queue.TryEnter(Calm, 1));
    }

    [Fact]
    public void Should_give_a_lane_half_of_the_bytes_and_a_lane_that_holds_nothing_always_one_place()
    {
        var queue = new FairQueue<string>(100, mostBytes: 100);

        Assert.True(queue.TryEnter(Flood, 40));
        Assert.False(queue.TryEnter(Flood, 20));
        Assert.True(queue.TryEnter(Calm, 500));
        Assert.False(queue.TryEnter(Calm, 1));
        Assert.Equal(540, queue.Bytes);
    }

    [Fact]
    public void Should_count_what_was_taken_until_its_place_is_given_back()
    {
        var queue = new FairQueue<string>(mostPerLane: 1, mostBytes: 100);
        Put(queue, Flood, "one");
        Assert.Equal("one", Take(queue));

        Assert.False(queue.TryEnter(Flood, 1));
        queue.Leave(Flood, 1);
        Assert.True(queue.TryEnter(Flood, 1));
    }

    private static void Put(FairQueue<string> queue, Lane lane, string item)
    {
        Assert.True(queue.TryEnter(lane, 1));
        queue.Add(lane, item, 1);
    }

    private static string Take(FairQueue<string> queue)
    {
        Assert.True(queue.TryTake(out var taken));
        return taken.Item;
    }
}
