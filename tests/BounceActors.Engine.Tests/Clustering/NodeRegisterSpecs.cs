using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;
using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.Engine.Tests.Clustering;

public class NodeRegisterSpecs
{
    [SkippableFact]
    public async Task Should_see_who_runs_on_the_database_and_that_it_is_up()
    {
        var options = await DatabaseAsync();
        await using var first = new PostgresNodeRegister(options);
        await using var second = new PostgresNodeRegister(options);
        await first.SeeAsync("a:1", isUp: false, default);

        var (self, all) = await second.SeeAsync("b:1", isUp: true, default);
        Assert.Equal([("a:1", false), ("b:1", true)], all.Select(n => (n.Address, n.IsUp)));
        Assert.Equal(self, all[1]);

        await first.SeeAsync("a:1", isUp: true, default);
        Assert.All((await second.SeeAsync("b:1", isUp: true, default)).All, n => Assert.True(n.IsUp));
    }

    [SkippableFact]
    public async Task Should_forget_a_node_as_soon_as_its_session_ends()
    {
        var options = await DatabaseAsync();
        await using var killed = new PostgresNodeRegister(options);
        await using var other = new PostgresNodeRegister(options);
        await killed.SeeAsync("a:1", isUp: true, default);
        await other.SeeAsync("b:1", isUp: true, default);

        await TerminateAllButNewestAsync(options);

        Assert.Equal(["b:1"], (await other.SeeAsync("b:1", isUp: true, default)).All.Select(n => n.Address));
    }

    [SkippableFact]
    public async Task Should_come_in_anew_when_its_session_was_cut()
    {
        var options = await DatabaseAsync();
        await using var register = new PostgresNodeRegister(options);
        await register.SeeAsync("a:1", isUp: true, default);
        await ExecuteAsync(options, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => register.SeeAsync("a:1", isUp: true, default));
        Assert.Equal(["a:1"], (await register.SeeAsync("a:1", isUp: true, default)).All.Select(n => n.Address));
    }

    [Fact]
    public async Task Should_let_one_process_have_a_SQLite_directory()
    {
        var options = new StorageOptions { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
        var first = new SqliteNodeRegister(options);
        await first.SeeAsync("a:1", isUp: true, default);
        await using var second = new SqliteNodeRegister(options);

        var refused = await Assert.ThrowsAsync<DeploymentException>(() => second.SeeAsync("b:1", isUp: true, default));
        Assert.Contains("another process uses Storage:DataDirectory", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.MayPass);

        await first.DisposeAsync();
        await second.SeeAsync("b:1", isUp: true, default);
    }

    [SkippableFact]
    public async Task Should_refuse_a_node_whose_shards_are_counted_otherwise()
    {
        var store = Store(await DatabaseAsync());
        await store.RequireSameAsync("shard_count", "100", default);
        await store.RequireSameAsync("shard_count", "100", default);

        var refused = await Assert.ThrowsAsync<DeploymentException>(() => store.RequireSameAsync("shard_count", "200", default));
        Assert.Contains("this node has shard_count 200, but the data of this deployment was made with shard_count 100", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.MayPass);
    }

    private static async Task<StorageOptions> DatabaseAsync()
    {
        var options = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() };
        await Store(options).MigrateAsync(default);
        return options;
    }

    private static ReadStore Store(StorageOptions options) =>
        new(options, TimeProvider.System, e => new SerializedEvent(WireSerializer.ManifestOf(e), WireSerializer.Write(e)));

    private static Task TerminateAllButNewestAsync(StorageOptions options) => ExecuteAsync(
        options,
        """
        SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND objid < (SELECT max(id) FROM nodes) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """);

    private static async Task ExecuteAsync(StorageOptions options, string sql)
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
