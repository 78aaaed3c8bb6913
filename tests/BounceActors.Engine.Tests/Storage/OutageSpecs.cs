using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using static BounceActors.Engine.Tests.Storage.Events;

namespace BounceActors.Engine.Tests.Storage;

/// <summary>What callers see of a database that is away, and that it comes back by itself.</summary>
public sealed class OutageSpecs
{
    [SkippableFact]
    public async Task Should_say_that_postgres_is_away_and_work_again_as_soon_as_it_is_back()
    {
        using var server = PostgresServer.Own();
        var options = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = server.CreateDatabase() };
        await using var store = new ReadStore(options, new FakeTimeProvider(), Database.Serialize);
        await store.MigrateAsync(default);
        var (before, during, after) = (NewKey(), NewKey(), NewKey());
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => store.PingAsync(default)));
        await store.ProjectAsync("slice", 0, 1, [At(1, Report(before))], default);

        server.Stop();
        for (var i = 0; i < 12; i++)
        {
            var away = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.PingAsync(default));
            Assert.IsAssignableFrom<NpgsqlException>(away.InnerException);
        }

        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.ProjectAsync("slice", 1, 2, [At(1, Report(during))], default));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.MigrateAsync(default));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.SuppressionsOfAsync([before], default));

        server.Start();
        await store.PingAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.PingAsync(default)));
        await store.ProjectAsync("slice", 1, 2, [At(1, Report(after))], default);
        Assert.Equal((1, 0, 1), (await store.ProjectedSequenceAsync(before, default), await store.ProjectedSequenceAsync(during, default), await store.ProjectedSequenceAsync(after, default)));
    }

    [SkippableFact]
    public async Task Should_recover_at_the_next_call_when_postgres_was_restarted_unnoticed()
    {
        using var server = PostgresServer.Own();
        var options = new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = server.CreateDatabase() };
        await using var store = new ReadStore(options, new FakeTimeProvider(), Database.Serialize);
        await store.MigrateAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => store.PingAsync(default)));

        server.Stop();
        server.Start();

        // One call may meet a dead connection; then all the others of the pool are known to be dead too.
        var failures = 0;
        for (var i = 0; i < 10; i++)
        {
            try
            {
                await store.PingAsync(default);
            }
            catch (StorageUnavailableException)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 0, 1);
    }

    [Fact]
    public async Task Should_say_that_sqlite_is_locked_and_read_meanwhile()
    {
        var directory = Directory.CreateTempSubdirectory("bounce-locked-").FullName;
        var options = new StorageOptions { DataDirectory = directory };
        await using (var store = new ReadStore(options, new FakeTimeProvider(), Database.Serialize))
        {
            await store.MigrateAsync(default);
            var key = NewKey();
            await store.ProjectAsync(At(1, Report(key)));
            using (var other = new SqliteConnection(options.SqliteConnectionString("read.db")))
            {
                other.Open();
                using var transaction = other.BeginTransaction();
                Assert.Equal(1, await store.ProjectedSequenceAsync(key, default));
                var locked = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.ProjectAsync(At(2, Report(key))));
                Assert.Equal(5, Assert.IsType<SqliteException>(locked.InnerException).SqliteErrorCode);
            }

            await store.ProjectAsync(At(2, Report(key)));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Should_not_hide_a_mistake_behind_unavailability()
    {
        var directory = Directory.CreateTempSubdirectory("bounce-mistake-").FullName;
        await using (var store = new ReadStore(new StorageOptions { DataDirectory = directory }, new FakeTimeProvider(), Database.Serialize))
        {
            // Not migrated: the tables are not there, and waiting will not bring them.
            await Assert.ThrowsAsync<SqliteException>(() => store.PingAsync(default));
        }

        Directory.Delete(directory, recursive: true);
    }
}
