using BounceActors.Service.Ingest.Webhooks;

namespace BounceActors.Service.Tests.Webhooks;

public sealed class BodyRoomSpecs
{
    [Fact]
    public void Should_give_an_account_half_and_leave_room_for_another()
    {
        var room = new BodyRoom(mostBytes: 100, mostRequests: 10);
        using var first = room.TryTake("flood", 30);
        using var second = room.TryTake("flood", 20);

        Assert.NotNull(second);
        Assert.Null(room.TryTake("flood", 1));
        using var calm = room.TryTake("calm", 40);
        Assert.NotNull(calm);
    }

    [Fact]
    public void Should_refuse_a_body_that_grows_beyond_what_there_is_and_give_back_all_it_took()
    {
        var room = new BodyRoom(mostBytes: 100, mostRequests: 2);
        var first = room.TryTake("one", 10)!;
        var growing = room.TryTake("one", 0)!;

        Assert.True(growing.TryGrow(40));
        Assert.False(growing.TryGrow(1));
        Assert.Null(room.TryTake("one", 0));
        growing.Dispose();
        growing.Dispose();
        using var again = room.TryTake("one", 40);
        Assert.NotNull(again);
        first.Dispose();
    }
}
