using System.Security.Cryptography;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

public sealed class SqliteDeploymentSpecs : DeploymentSpecs<SqliteDatabase>;

public sealed class PostgresDeploymentSpecs : DeploymentSpecs<PostgresDatabase>;

/// <summary>First starts, so each test has a database of its own.</summary>
public abstract class DeploymentSpecs<TDatabase> : IAsyncLifetime
    where TDatabase : Database, new()
{
    private readonly TDatabase _database = new();

    public Task InitializeAsync() => _database.InitializeAsync();

    public Task DisposeAsync() => _database.DisposeAsync();

    [SkippableFact]
    public async Task Should_migrate_once_however_often_it_is_asked()
    {
        var store = await _database.StoreAsync();
        await store.ProjectAsync("kept", 0, 3, [], default);

        await store.MigrateAsync(default);
        await _database.Open().MigrateAsync(default);

        Assert.Equal(3, await store.OffsetAsync("kept", default));
    }

    [SkippableFact]
    public async Task Should_migrate_when_several_nodes_start_at_once()
    {
        var nodes = Enumerable.Range(0, 5).Select(_ => _database.Open()).ToList();

        await Task.WhenAll(nodes.Select(n => Task.Run(() => n.MigrateAsync(default))));

        await Task.WhenAll(nodes.Select(n => n.PingAsync(default)));
        await nodes[0].ProjectAsync(At(1, Report(NewKey())));
    }

    [SkippableFact]
    public async Task Should_make_a_secret_at_the_first_start_and_keep_it()
    {
        var store = await _database.StoreAsync();

        var secrets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _database.Open().KeySecretAsync(default))));

        Assert.True(secrets[0].Length >= RecipientKeys.MinSecretLength);
        Assert.All(secrets, s => Assert.Equal(secrets[0], s));
        Assert.Equal(secrets[0], await store.KeySecretAsync(default));
    }

    [SkippableFact]
    public async Task Should_use_the_configured_secret_and_refuse_another_or_none_later()
    {
        await _database.StoreAsync();
        var (mine, other) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));

        Assert.Equal(mine, await With(mine).KeySecretAsync(default));
        Assert.Equal(mine, await With(mine).KeySecretAsync(default));

        var wrong = await Assert.ThrowsAsync<KeySecretMismatchException>(() => With(other).KeySecretAsync(default));
        Assert.Contains(new RecipientKeys(mine).Fingerprint, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(other), wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<KeySecretMismatchException>(() => _database.Open().KeySecretAsync(default));
    }

    [SkippableFact]
    public async Task Should_refuse_a_configured_secret_when_one_was_made_before_unless_it_is_that_one()
    {
        var store = await _database.StoreAsync();
        var made = await store.KeySecretAsync(default);

        await Assert.ThrowsAsync<KeySecretMismatchException>(() => With(RandomNumberGenerator.GetBytes(40)).KeySecretAsync(default));
        Assert.Equal(made, await With(made).KeySecretAsync(default));
    }

    [SkippableFact]
    public async Task Should_note_addresses_as_they_were_first_seen()
    {
        var store = await _database.StoreAsync();
        var (ann, bob) = (NewKey(), NewKey());
        await store.AddAddressesAsync([new DirectoryEntry(ann, Tenant, "Ann@example.com", Noon), new DirectoryEntry(ann, Tenant, "ann@example.com", Noon)], default);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => store.AddAddressesAsync(
            [.. new[] { ann, bob }.OrderBy(_ => Guid.NewGuid()).Select(k => new DirectoryEntry(k, Tenant, k == ann ? "ANN@example.com" : "bob@example.com", Noon))],
            default))));

        var found = await store.AddressesAsync([ann, bob, NewKey()], default);
        Assert.Equal(2, found.Count);
        Assert.Equal(("Ann@example.com", "bob@example.com"), (found[ann], found[bob]));
        await store.AddAddressesAsync([], default);
        Assert.Empty(await store.AddressesAsync([], default));
    }

    private ReadStore With(byte[] secret) => _database.Open(o => o.KeySecret = Convert.ToBase64String(secret));
}
