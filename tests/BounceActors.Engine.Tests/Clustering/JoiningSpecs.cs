using BounceActors.Engine.Clustering;

namespace BounceActors.Engine.Tests.Clustering;

public class JoiningSpecs
{
    private static readonly string[] Seeds = ["a:1", "b:1", "c:1"];

    [Fact]
    public void Should_found_the_cluster_by_the_seeds_when_no_node_is_up() =>
        Assert.Equal(Seeds, ClusterMembership.Targets(Seeds, "a:1", [Node(1, "a:1", isUp: false), Node(2, "b:1", isUp: false)]));

    [Fact]
    public void Should_not_let_the_first_seed_found_a_second_cluster_beside_a_node_that_is_up()
    {
        var targets = ClusterMembership.Targets(Seeds, "a:1", [Node(2, "b:1"), Node(3, "a:1", isUp: false)]);

        Assert.Equal(["b:1", "c:1"], targets);
    }

    [Fact]
    public void Should_join_nodes_that_are_no_seeds() =>
        Assert.Equal(["d:1", "b:1", "c:1"], ClusterMembership.Targets(Seeds, "a:1", [Node(9, "d:1")]));

    [Fact]
    public void Should_not_take_its_own_row_of_an_earlier_life_for_another_node() =>
        Assert.Equal(Seeds, ClusterMembership.Targets(Seeds, "a:1", [Node(1, "a:1")]));

    [Theory]
    [InlineData(1, 2, false)]
    [InlineData(3, 2, true)]
    public void Should_make_way_only_when_it_came_later(int own, int others, bool makesWay)
    {
        var self = Node(own, "a:1");
        RegisteredNode[] all = [self, Node(others, "x:1")];
        var strangers = ClusterMembership.Strangers(self, all, ["a:1"]);

        Assert.Equal(["x:1"], strangers.Select(s => s.Address));
        Assert.Equal(makesWay, ClusterMembership.CameLater(self, all, ["a:1"], strangers));
    }

    [Fact]
    public void Should_go_by_the_oldest_node_of_each_cluster()
    {
        var self = Node(7, "b:1");
        RegisteredNode[] all = [Node(1, "a:1"), self, Node(4, "x:1")];

        Assert.False(ClusterMembership.CameLater(self, all, ["a:1", "b:1"], ClusterMembership.Strangers(self, all, ["a:1", "b:1"])));
    }

    [Fact]
    public void Should_know_no_strangers_among_members_and_nodes_that_are_not_up() =>
        Assert.Empty(ClusterMembership.Strangers(Node(1, "a:1"), [Node(1, "a:1"), Node(2, "b:1"), Node(3, "x:1", isUp: false)], ["a:1", "b:1"]));

    [Fact]
    public void Should_know_members_that_say_nothing_in_the_database() =>
        Assert.Equal(["b:1", "d:1"], ClusterMembership.Blind([Node(1, "a:1"), Node(2, "b:1", isUp: false), Node(3, "c:1")], ["a:1", "b:1", "c:1", "d:1"]));

    private static RegisteredNode Node(int id, string address, bool isUp = true) => new(id, address, isUp);
}
