using BounceActors.Engine.Projections;

namespace BounceActors.Engine.Tests.Hosting;

public class ProjectionProgressSpecs
{
    [Fact]
    public void Should_hold_nothing_against_a_node_that_a_slice_has_left()
    {
        var now = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        var progress = new ProjectionProgress();
        progress.Wrote(2, offset: 7, events: 3, now.AddMinutes(-1), now);
        progress.Failed(2, "the sending domain did not count", now);
        Assert.NotNull(progress.Slices.Single().LastError);

        progress.Left(2);

        Assert.Equal(new SliceProgress(2, 7, 3, now, TimeSpan.Zero, null, null), progress.Slices.Single());
    }

    [Fact]
    public void Should_forget_a_failure_when_there_is_nothing_left_to_write()
    {
        var now = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        var progress = new ProjectionProgress();
        progress.Failed(3, "the database does not answer", now);

        progress.Idle(3);

        Assert.Null(progress.Slices.Single().LastError);
    }
}
