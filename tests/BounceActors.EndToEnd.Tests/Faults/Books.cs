using System.Data.Common;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace BounceActors.EndToEnd.Tests.Faults;

/// <summary>
/// Holds everything that is stored against what must be stored: the journal, the read tables, retries, outbox, reviews, counts of senders and the inbox
/// against pure folds of the load, event by event, and the live actors against both.
/// </summary>
/// <param name="storage">Where it is stored.</param>
/// <param name="load">What was sent.</param>
/// <param name="traffic">How it was sent.</param>
/// <param name="now">When.</param>
/// <param name="webhooksBefore">Webhooks of other traffic to the same database.</param>
internal sealed class Books(StorageOptions storage, Load load, Traffic traffic, DateTimeOffset now, int webhooksBefore = 0)
{
    private const int MostTold = 8;

    // As the service is started: retries within a second. Their times are random and not compared.
    private readonly RecipientPolicy _policy = new EngineOptions { Retry = { MaxDelaySeconds = 1 } }.RecipientPolicy();

    /// <summary>What differs in the tables; empty when nothing does.</summary>
    public async Task<string> DifferencesAsync()
    {
        var found = new List<string>();
        await using var read = await OpenAsync("read.db");
        var addresses = (await RowsAsync(read, "SELECT address, recipient_key FROM directory")).ToDictionary(r => Text(r[0]), r => Text(r[1]), StringComparer.Ordinal);
        var history = (await RowsAsync(read, "SELECT recipient_key, sequence_nr, manifest, payload FROM history ORDER BY recipient_key, sequence_nr"))
            .Select(r => (Key: Text(r[0]), Nr: Number(r[1]), Event: (RecipientEvents.Event)WireSerializer.Read((byte[])r[3]!, Text(r[2]))))
            .ToLookup(r => r.Key);
        var standings = (await RowsAsync(read, "SELECT recipient_key, sequence_nr, removed, bounce_count, consecutive, score, level FROM recipients"))
            .ToDictionary(r => Text(r[0]), r => (Nr: Number(r[1]), Line: Line(Number(r[3]), Number(r[4]), Real(r[5]), Number(r[2]) != 0, Text(r[6]))), StringComparer.Ordinal);
        var suppressions = (await RowsAsync(read, "SELECT recipient_key, level, reason FROM suppressions ORDER BY recipient_key, ordinal")).ToLookup(r => Text(r[0]), r => $"{r[1]}/{r[2]}");

        foreach (var recipient in load.Recipients.Order(StringComparer.Ordinal))
        {
            var events = addresses.TryGetValue(recipient, out var key) ? history[key].ToList() : [];
            Histories(found, recipient, events);
            var state = Fold(found, recipient, events.Select(e => e.Event));
            var wanted = events.Count == 0 ? null : Line(state.Standing(_policy), events[^1].Event.RecordedAt);
            var stored = key is not null && standings.TryGetValue(key, out var standing) ? standing : default;
            Differ(found, $"{recipient}: row of recipients", wanted, stored.Line);
            Differ(found, $"{recipient}: last number in recipients", (long)events.Count, stored.Nr);
            Differ(
                found,
                $"{recipient}: suppressions",
                string.Join(' ', state.Standing(_policy).Suppressions.Select(s => $"{s.Level.ToWire()}/{s.Reason}")),
                key is null ? "" : string.Join(' ', suppressions[key]));
            if (events.Count > 0)
            {
                // The fold by time over all that was sent, told or only counted.
                Differ(found, $"{recipient}: fold of the load", Line(load.Expected(recipient, now), now), Line(state.Standing(_policy), now));
            }
        }

        var all = history.SelectMany(r => r).Select(r => r.Event).OfType<RecipientEvents.ReportRecorded>().ToList();
        await JournalAsync(found, history);
        await RetriesAsync(found, read, all);
        await AnnouncementsAsync(found, read, all);
        await SendersAsync(found, read);
        await InboxAsync(found);
        return Told(found);
    }

    /// <summary>What differs between the live actors and the fold; empty when nothing does.</summary>
    public async Task<string> LiveDifferencesAsync(HttpClient http)
    {
        var found = new List<string>();
        foreach (var recipient in load.Recipients)
        {
            using var answer = await http.GetAsync($"/v1/recipients/{recipient}");
            if (!answer.IsSuccessStatusCode)
            {
                return $"{recipient}: {answer.StatusCode}";
            }

            var standing = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("standing");
            Differ(
                found,
                $"{recipient}: live",
                Line(load.Expected(recipient, now), now),
                Line(standing.GetProperty("bounceCount").GetInt64(), standing.GetProperty("consecutive").GetInt64(), standing.GetProperty("score").GetDouble(), standing.GetProperty("removed").GetBoolean(), standing.GetProperty("level").GetString()!));
        }

        foreach (var domain in load.SenderDomains)
        {
            using var answer = await http.GetAsync($"/v1/senders/{domain}");
            if (!answer.IsSuccessStatusCode)
            {
                return $"{domain}: {answer.StatusCode}";
            }

            var categories = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("standing").GetProperty("categories");
            Differ(found, $"{domain}: live", Counts(load.ExpectedCategories(domain)), Counts(categories.EnumerateObject().Select(c => KeyValuePair.Create(c.Name, c.Value.GetInt64()))));
        }

        return Told(found);
    }

    /// <summary>Each report is there once; a delivery may be, as one that nobody waits for is only counted.</summary>
    private void Histories(List<string> found, string recipient, List<(string Key, long Nr, RecipientEvents.Event Event)> events)
    {
        Differ(found, $"{recipient}: numbers", string.Join(' ', Enumerable.Range(1, events.Count)), string.Join(' ', events.Select(e => e.Nr)));
        var stored = events.Select(e => e.Event).OfType<RecipientEvents.ReportRecorded>().ToList();
        var items = load.Distinct.Where(i => i.Recipient == recipient).ToDictionary(i => i.MessageId, StringComparer.Ordinal);
        var told = stored.Where(e => e.Verdict.Outcome == ReportOutcome.Delivered).Select(e => e.Facts.MessageId!).ToHashSet(StringComparer.Ordinal);
        Differ(
            found,
            $"{recipient}: reports",
            string.Join(' ', items.Values.Where(i => i.Kind != Load.Kind.Delivered || told.Contains(i.MessageId)).Select(i => i.MessageId).Order(StringComparer.Ordinal)),
            string.Join(' ', stored.Select(e => e.Facts.MessageId).Order(StringComparer.Ordinal)));
        foreach (var e in stored.Where(e => items.ContainsKey(e.Facts.MessageId ?? "")))
        {
            var item = items[e.Facts.MessageId!];
            Differ(found, $"{item.MessageId}: verdict", Load.VerdictOf(item).Category, e.Verdict.Category);
            Differ(found, $"{item.MessageId}: time", item.OccurredAt, e.OccurredAt);
        }
    }

    /// <summary>Decides every event again, on the state before it, and gives the state after the last.</summary>
    private RecipientState Fold(List<string> found, string recipient, IEnumerable<RecipientEvents.Event> events)
    {
        var state = RecipientState.Empty;
        foreach (var e in events)
        {
            if (e is RecipientEvents.ReportRecorded stored)
            {
                var decided = state.Decide(
                    new RecipientCommands.RecordReport { Key = e.Key, Tenant = e.Tenant, EventId = e.EventId, Facts = stored.Facts, Verdict = stored.Verdict, Random = 0.5 },
                    e.RecordedAt,
                    _policy);
                Differ(found, $"{recipient}: decision on {stored.Facts.MessageId}", Line(decided.Event as RecipientEvents.ReportRecorded), Line(stored));
            }

            state = state.Apply(e, _policy);
        }

        return state;
    }

    private async Task JournalAsync(List<string> found, ILookup<string, (string Key, long Nr, RecipientEvents.Event Event)> history)
    {
        await using var journal = await OpenAsync("journal.db");
        var rows = await RowsAsync(journal, "SELECT persistence_id, count(*), max(sequence_number) FROM journal WHERE persistence_id LIKE 'recipient-%' GROUP BY persistence_id");
        Differ(
            found,
            "journal against history",
            string.Join(' ', rows.Select(r => $"{Text(r[0])["recipient-".Length..]}:{r[1]}:{r[2]}").Order(StringComparer.Ordinal)),
            string.Join(' ', history.Select(h => $"{h.Key}:{h.Count()}:{h.Max(e => e.Nr)}").Order(StringComparer.Ordinal)));
    }

    private async Task RetriesAsync(List<string> found, DbConnection read, List<RecipientEvents.ReportRecorded> events)
    {
        var rows = await RowsAsync(read, "SELECT id, state, message_id FROM retries");
        Differ(
            found,
            "retries",
            Joined(events.Where(e => e.Decision.Retry is not null).Select(e => RetryId.Of(e.Key, e.Decision.Retry!.MessageId, e.Decision.Retry.Attempt).Value)),
            Joined(rows.Select(r => Text(r[0]))));
        var full = load.Distinct.Where(i => i.Kind == Load.Kind.Full).Select(i => i.MessageId).ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows.Where(r => Text(r[1]) is not ("emitted" or "cancelled") || (full.Contains(Text(r[2])) && Text(r[1]) != "emitted")))
        {
            found.Add($"retry {row[0]} is {row[1]}");
        }

        Differ(
            found,
            "retry.due",
            Joined(rows.Where(r => Text(r[1]) == "emitted").Select(r => $"retry.due:{r[0]}")),
            Joined((await RowsAsync(read, "SELECT unique_id FROM outbox WHERE type = 'retry.due'")).Select(r => Text(r[0]))));
    }

    private static async Task AnnouncementsAsync(List<string> found, DbConnection read, List<RecipientEvents.ReportRecorded> events)
    {
        Differ(
            found,
            "announcements",
            Joined(events.SelectMany(e => new[]
            {
                e.After.LevelAt(e.RecordedAt) > e.LevelBefore ? $"recipient.suppressed:{e.EventId:N}" : null,
                e.Decision.Removed ? $"recipient.removed:{e.EventId:N}" : null,
                e.Decision.SenderImpact.Alert && e.Facts.SenderDomain is not null ? $"sender.alert:{e.EventId:N}" : null,
            }).OfType<string>()),
            Joined((await RowsAsync(read, "SELECT unique_id FROM outbox WHERE type IN ('recipient.suppressed', 'recipient.removed', 'sender.alert')")).Select(r => Text(r[0]))));
        Differ(
            found,
            "reviews",
            Joined(events.Where(e => e.Decision.ReviewPriority is not null).Select(e => e.EventId.ToString())),
            Joined((await RowsAsync(read, "SELECT report_id FROM reviews")).Select(r => Text(r[0]))));
    }

    private async Task SendersAsync(List<string> found, DbConnection read)
    {
        Differ(found, "counts on their way", 0L, Number((await RowsAsync(read, "SELECT count(*) FROM delivery_counts"))[0][0]));
        var rows = await RowsAsync(read, "SELECT domain, category, count FROM sender_stats UNION ALL SELECT domain, category, count FROM delivery_stats");
        foreach (var domain in load.SenderDomains)
        {
            Differ(
                found,
                $"{domain}: hours",
                Counts(load.ExpectedCategories(domain)),
                Counts(rows.Where(r => Text(r[0]) == domain).GroupBy(r => Text(r[1])).Select(g => KeyValuePair.Create(g.Key, g.Sum(r => Number(r[2]))))));
        }
    }

    private async Task InboxAsync(List<string> found)
    {
        await using var inbox = await OpenAsync("inbox.db");
        var rows = (await RowsAsync(inbox, "SELECT id, state, reports, problem_count FROM inbox")).ToDictionary(r => Guid.Parse(Text(r[0])), r => (State: Text(r[1]), Reports: Number(r[2]), Problems: Number(r[3])));
        foreach (var (id, events) in traffic.Payloads)
        {
            Differ(found, $"payload {id}", ("done", events, 0L), rows.GetValueOrDefault(id));
        }

        // What was stored although its sender heard nothing is decided too.
        found.AddRange(rows.Where(r => !traffic.Payloads.ContainsKey(r.Key) && r.Value is not { State: "done", Problems: 0 }).Select(r => $"payload {r.Key} is {r.Value}"));
        if (rows.Count > webhooksBefore + traffic.WebhookAttempts)
        {
            found.Add($"{rows.Count} payloads of {webhooksBefore + traffic.WebhookAttempts} requests");
        }
    }

    private async Task<DbConnection> OpenAsync(string file)
    {
        DbConnection connection = storage.Provider == StorageProvider.Sqlite
            ? new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(storage.DataDirectory, file), Pooling = false, DefaultTimeout = 30 }.ConnectionString)
            : new NpgsqlConnection(new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<List<object?[]>> RowsAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object?[]>();
        while (await reader.ReadAsync())
        {
            var row = new object?[reader.FieldCount];
            reader.GetValues(row!);
            rows.Add(row);
        }

        return rows;
    }

    private static string? Line(RecipientEvents.ReportRecorded? e) => e is null ? null
        : $"{e.Decision.Action} {e.Decision.NotCountedBecause} late={e.Decision.Late} removed={e.Decision.Removed} retry={e.Decision.Retry?.Attempt} {e.Decision.NoRetryBecause} review={e.Decision.ReviewPriority} "
            + $"before={e.LevelBefore} after={Line(e.After, e.RecordedAt)} {string.Join(' ', e.After.Suppressions.Select(s => $"{s.Level}/{s.Reason}/{s.Until:O}/{string.Join(',', s.Causes)}"))}";

    private static string Line(Standing s, DateTimeOffset at) => Line(s.BounceCount, s.Consecutive, s.Score, s.Removed, s.LevelAt(at).ToWire());

    private static string Line(long bounces, long consecutive, double score, bool removed, string level) =>
        string.Create(CultureInfo.InvariantCulture, $"bounces={bounces} consecutive={consecutive} score={score} removed={removed} level={level}");

    private static string Counts(IEnumerable<KeyValuePair<string, long>> counts) =>
        string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));

    private static string Joined(IEnumerable<string> values) => string.Join('\n', values.Order(StringComparer.Ordinal));

    private static void Differ<T>(List<string> found, string what, T wanted, T stored)
    {
        if (EqualityComparer<T>.Default.Equals(wanted, stored))
        {
            return;
        }

        // Of long lists, what is in one of them only.
        var (w, s) = ($"{wanted}".Split('\n'), $"{stored}".Split('\n'));
        found.Add(w.Length + s.Length <= 2
            ? $"{what}: must be {wanted}, is {stored}"
            : $"{what}: {w.Length} must be, {s.Length} are; missing {string.Join(' ', w.Except(s).Take(5))}, too many {string.Join(' ', s.Except(w).Take(5))}");
    }

    private static string Told(List<string> found) => string.Join('\n', found.Take(MostTold)) + (found.Count > MostTold ? $"\n… and {found.Count - MostTold} more" : "");

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static long Number(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static double Real(object? value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
