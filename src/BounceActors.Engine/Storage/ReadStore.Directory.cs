using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>The directory: the one table that holds addresses.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<DirectoryEntry> DirectoryRows = new Batch<DirectoryEntry>()
        .Text("recipient_key", e => e.Key.Value)
        .Text("tenant", e => e.Tenant)
        .Text("address", e => e.Address)
        .Time("first_seen", e => e.FirstSeen);

    private static readonly string InsertAddresses = DirectoryRows.InsertInto("directory", "ON CONFLICT (recipient_key) DO NOTHING");

    /// <summary>Notes addresses; those that are known stay as they were first seen.</summary>
    public async Task AddAddressesAsync(IReadOnlyCollection<DirectoryEntry> entries, CancellationToken ct)
    {
        if (entries.Count == 0)
        {
            return;
        }

        // In one order, so that two nodes that note the same addresses never wait for each other crosswise.
        var rows = entries.DistinctBy(e => e.Key).OrderBy(e => e.Key.Value, StringComparer.Ordinal).ToArray();
        await WriteAsync(db => DirectoryRows.ExecuteAsync(db, InsertAddresses, rows, ct), ct);
    }

    /// <summary>The addresses of keys; keys that are not known are left out.</summary>
    public async Task<IReadOnlyDictionary<RecipientKey, string>> AddressesAsync(IReadOnlyCollection<RecipientKey> keys, CancellationToken ct)
    {
        if (keys.Count == 0)
        {
            return new Dictionary<RecipientKey, string>();
        }

        var rows = await ReadAsync(
            db => (from key in db.Keys(keys)
                   join row in db.Directory on key equals row.RecipientKey
                   select row).ToListAsync(ct),
            ct);
        return rows.ToDictionary(r => r.RecipientKey, r => r.Address);
    }
}
