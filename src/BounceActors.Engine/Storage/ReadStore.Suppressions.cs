using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>What keeps recipients from being mailed.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<SuppressionRow> SuppressionRows = new Batch<SuppressionRow>()
        .Text("recipient_key", s => s.RecipientKey.Value)
        .Number("ordinal", s => s.Ordinal)
        .Text("tenant", s => s.Tenant)
        .Text("level", s => s.Level.ToWire())
        .Text("stream", s => s.Stream)
        .Time("until", s => s.Until)
        .Text("reason", s => s.Reason)
        .Time("since", s => s.Since)
        .Text("actor", s => s.Actor)
        .Text("causes", s => ReadConnection.CausesText(s.Causes));

    private static readonly Batch<RecipientKey> KeyRows = new Batch<RecipientKey>().Text("recipient_key", k => k.Value);

    private static readonly string InsertSuppressions = SuppressionRows.InsertInto("suppressions", "");

    /// <summary>
    /// The suppressions of recipients, strongest first, also those that have ended by themselves; recipients without any are left out. For up to
    /// 100,000 recipients and more, in one statement.
    /// </summary>
    public async Task<IReadOnlyDictionary<RecipientKey, IReadOnlyList<Suppression>>> SuppressionsOfAsync(
        IReadOnlyCollection<RecipientKey> keys, CancellationToken ct)
    {
        if (keys.Count == 0)
        {
            return new Dictionary<RecipientKey, IReadOnlyList<Suppression>>();
        }

        var rows = await ReadAsync(
            db => (from key in db.Keys(keys)
                   join row in db.Suppressions on key equals row.RecipientKey
                   select row).ToListAsync(ct),
            ct);
        return rows.GroupBy(r => r.RecipientKey).ToDictionary(
            g => g.Key,
            g => (IReadOnlyList<Suppression>)[.. g.OrderBy(r => r.Ordinal).Select(r => r.ToSuppression())]);
    }

    /// <summary>A tenant's suppressions that hold at <paramref name="now"/>, ordered by recipient key.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="level">Only of this level.</param>
    /// <param name="stream">Only those that keep mail of this stream back, those for all streams included.</param>
    /// <param name="cursor">Where an earlier page ended.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="now">What has ended before is left out.</param>
    /// <param name="ct">Gives up.</param>
    public Task<Page<SuppressionRow>> SuppressionsAsync(
        string tenant, SuppressionLevel? level, string? stream, string? cursor, int limit, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var after = Cursor.Read(cursor, 2);
        return ReadAsync(async db =>
        {
            var query = db.Suppressions.Where(s => s.Tenant == tenant && (s.Until == null || s.Until > now));
            if (level is { } wanted)
            {
                query = query.Where(s => s.Level == wanted);
            }

            if (stream?.ToLowerInvariant() is { } name)
            {
                query = query.Where(s => s.Stream == null || s.Stream.ToLower() == name);
            }

            if (after is not null)
            {
                var key = new RecipientKey(after[0]);
                var ordinal = Cursor.Number(after[1]);
                query = query.Where(s => Sql.Row(s.RecipientKey, s.Ordinal) > Sql.Row(key, ordinal));
            }

            var rows = await query.OrderBy(s => s.RecipientKey).ThenBy(s => s.Ordinal).Take(limit + 1).ToListAsync(ct);
            return Cursor.Page(rows, limit, s => Cursor.Of(s.RecipientKey.Value, Cursor.Number(s.Ordinal)));
        }, ct);
    }

    /// <summary>Replaces the suppressions of the recipients of <paramref name="last"/>, each recipient's last event.</summary>
    private static async Task ProjectSuppressionsAsync(ReadConnection db, ProjectedEvent[] last, CancellationToken ct)
    {
        await KeyRows.ExecuteAsync(
            db, "DELETE FROM suppressions WHERE recipient_key IN (SELECT r.recipient_key FROM {rows})", Array.ConvertAll(last, e => e.Event.Key), ct);
        var rows = last.SelectMany(e => e.Event.After.Suppressions.Select((s, ordinal) => new SuppressionRow
        {
            RecipientKey = e.Event.Key,
            Ordinal = ordinal,
            Tenant = e.Event.Tenant,
            Level = s.Level,
            Stream = s.Stream,
            Until = s.Until,
            Reason = s.Reason,
            Since = s.Since,
            Actor = s.Actor,
            Causes = s.Causes,
        }));
        await SuppressionRows.ExecuteAsync(db, InsertSuppressions, [.. rows], ct);
    }
}
