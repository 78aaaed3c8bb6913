using System.Text.Json;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Engine.Tests.Storage;

/// <summary>A fresh database for one test class.</summary>
public abstract class Database : IAsyncLifetime
{
    private readonly List<ReadStore> _stores = [];
    private ReadStore? _store;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Where it is. Skips the calling test when there is no server.</summary>
    public abstract StorageOptions Options { get; }

    /// <summary>The store that the tests of the class share, migrated.</summary>
    public async Task<ReadStore> StoreAsync()
    {
        if (_store is null)
        {
            var store = Open();
            await store.MigrateAsync(default);
            _store = store;
        }

        return _store;
    }

    /// <summary>Another store on the same database, as another node would have it.</summary>
    public ReadStore Open(Action<StorageOptions>? change = null)
    {
        var options = new StorageOptions { Provider = Options.Provider, DataDirectory = Options.DataDirectory, ConnectionString = Options.ConnectionString };
        change?.Invoke(options);
        var store = new ReadStore(options, Clock, Serialize);
        lock (_stores)
        {
            _stores.Add(store);
        }

        return store;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        Remove();
    }

    /// <summary>A wire form that differs for every event; the real one is not this layer's business.</summary>
    public static SerializedEvent Serialize(RecipientEvents.Event e) =>
        new($"test.{e.GetType().Name}.v1", JsonSerializer.SerializeToUtf8Bytes(new { e.EventId, e.Key }));

    protected abstract void Remove();
}

public sealed class SqliteDatabase : Database
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bounce-sqlite-").FullName;

    public override StorageOptions Options => new() { Provider = StorageProvider.Sqlite, DataDirectory = _directory };

    protected override void Remove() => Directory.Delete(_directory, recursive: true);
}

public sealed class PostgresDatabase : Database
{
    private string? _connectionString;

    public override StorageOptions Options => new()
    {
        Provider = StorageProvider.Postgres,
        ConnectionString = _connectionString ??= PostgresServer.Shared.CreateDatabase(),
    };

    protected override void Remove()
    {
        if (_connectionString is not null)
        {
            PostgresServer.Shared.DropDatabase(_connectionString);
        }
    }
}
