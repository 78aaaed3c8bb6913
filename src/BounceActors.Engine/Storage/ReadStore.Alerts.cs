using System.Text.Json;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>Announcements that come of no recipient's event.</content>
public sealed partial class ReadStore
{
    /// <summary>Puts an announcement into the outbox, once for its id; false when it was there.</summary>
    /// <param name="uniqueId">What makes it that announcement.</param>
    /// <param name="type">One of <see cref="OutboxTypes"/>.</param>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="payload">What it says, without addresses.</param>
    /// <param name="ct">Gives up.</param>
    public Task<bool> AnnounceAsync(string uniqueId, string type, string tenant, object payload, CancellationToken ct) => WriteAsync(
        async db =>
        {
            if (await db.Outbox.AnyAsync(o => o.UniqueId == uniqueId, ct))
            {
                return false;
            }

            var row = new OutboxRow
            {
                UniqueId = uniqueId,
                Type = type,
                Tenant = tenant,
                Payload = JsonSerializer.Serialize(payload, PayloadJson),
                CreatedAt = _clock.GetUtcNow(),
            };
            await AddToOutboxAsync(db, [row], ct);
            return true;
        },
        ct);
}
