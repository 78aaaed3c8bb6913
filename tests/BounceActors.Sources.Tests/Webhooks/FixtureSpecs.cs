namespace BounceActors.Sources.Tests.Webhooks;

public class FixtureSpecs
{
    public static IEnumerable<object[]> Names => Fixtures.All.Select((f, i) => new object[] { i, f.ToString() });

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_read_outcome_recipient_and_category(int index, string name)
    {
        var fixture = Fixtures.All.ElementAt(index);

        var reading = Hook.Read(fixture.Source, fixture.Body, fixture.Source == "generic" ? Fixtures.Generic : null, fixture.ContentType);

        Assert.Equal(name, fixture.ToString());
        Assert.Empty(reading.NotUnderstood);
        Assert.Equal(fixture.Expected, reading.Reports.Select(Hook.Line));
        Assert.Equal(fixture.Ignored, reading.Ignored.Values.Sum());
        Assert.All(reading.Reports, r => Assert.Equal(fixture.Source, r.Source));
        Assert.Equal(reading.Reports.Count, reading.Reports.Select(r => (r.SourceEventId, r.Recipient, r.Outcome, r.Diagnostic, r.SourceClass, r.Metadata.GetValueOrDefault("event"))).Distinct().Count());
        Assert.All(reading.Reports, r => Assert.False(string.IsNullOrEmpty(r.SourceEventId)));
    }

    [Fact]
    public void Should_give_the_same_event_the_same_id_when_it_is_sent_again()
    {
        foreach (var fixture in Fixtures.All)
        {
            var account = fixture.Source == "generic" ? Fixtures.Generic : null;
            var first = Hook.Read(fixture.Source, fixture.Body, account, fixture.ContentType);
            var again = Hook.Read(fixture.Source, fixture.Body, account, fixture.ContentType);

            Assert.Equal(first.Reports.Select(r => r.SourceEventId), again.Reports.Select(r => r.SourceEventId));
        }
    }

    [Fact]
    public void Should_have_a_fixture_for_every_source() =>
        Assert.Equal(BounceActors.Sources.Webhooks.WebhookSources.All.Keys.Order(), Fixtures.All.Select(f => f.Source).Distinct().Order());
}
