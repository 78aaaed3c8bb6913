using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Tests.Hosting;
using BounceActors.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Engine.Tests.Inbox;

public sealed class SqliteInboxSpecs : InboxSpecs
{
    protected override StorageOptions Storage { get; } = new() { DataDirectory = Directory.CreateTempSubdirectory("bounceactors-").FullName };
}

public sealed class PostgresInboxSpecs : InboxSpecs
{
    private readonly Lazy<StorageOptions> _storage = new(
        () => new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = PostgresServer.Shared.CreateDatabase() });

    protected override StorageOptions Storage => _storage.Value;
}

/// <summary>From a raw payload to its decisions. One subclass per database.</summary>
public abstract class InboxSpecs : IAsyncLifetime
{
    private const string Tenant = "default";
    private const string Unknown = "550 5.1.1 User unknown";

    private readonly LineReader _reader = new();
    private RunningEngine _running = null!;

    protected abstract StorageOptions Storage { get; }

    private BounceActors.Engine.Inbox.Inbox Inbox => _running.Services.GetRequiredService<BounceActors.Engine.Inbox.Inbox>();

    private InboxStore Store => _running.Services.GetRequiredService<InboxStore>();

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task Should_decide_what_a_payload_reports_and_keep_the_payload()
    {
        var receipt = await AppendAsync($"a1@example.com|m1|{Unknown}\na2@example.com|m2|452 4.2.2 Mailbox full");

        var entry = await FinishedAsync(receipt.Id);

        Assert.Equal((InboxState.Done, 2, 0), (entry.State, entry.Reports, entry.ProblemCount));
        Assert.True((await RecipientAsync("a1@example.com")).Standing.Removed);
        Assert.Equal(1, (await RecipientAsync("a2@example.com")).Standing.BounceCount);
        var (_, kept) = (await Store.FindAsync(receipt.Id, Tenant, CancellationToken.None))!.Value;
        Assert.Contains("a2@example.com", Encoding.UTF8.GetString(kept.Body.Span), StringComparison.Ordinal);
        Assert.Equal("smtp-out-1", kept.Headers["x-from"]);
    }

    [SkippableFact]
    public async Task Should_answer_a_known_key_with_the_payload_that_is_there()
    {
        var first = await AppendAsync($"b@example.com|m1|{Unknown}", key: "uid-1");
        var again = await AppendAsync($"b@example.com|m1|{Unknown}", key: "uid-1");
        var other = await AppendAsync($"b@example.com|m2|{Unknown}", key: "uid-1", account: "second");

        Assert.Equal(new InboxReceipt(first.Id, true), again);
        Assert.False(other.Repeated);
    }

    [SkippableFact]
    public async Task Should_store_many_that_come_at_once_and_decide_each()
    {
        var receipts = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => AppendAsync($"c{i % 50}@example.com|m{i}|452 4.2.2 Mailbox full", source: $"lines:{i % 5}")));

        foreach (var receipt in receipts)
        {
            Assert.Equal(InboxState.Done, (await FinishedAsync(receipt.Id)).State);
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(10, (await RecipientAsync($"c{i}@example.com")).Standing.BounceCount);
        }
    }

    [SkippableFact]
    public async Task Should_make_a_dead_letter_of_what_nobody_understands()
    {
        var receipt = await AppendAsync(" ");
        var strange = await AppendAsync("x", source: "nobody");

        var entry = await FinishedAsync(receipt.Id);
        Assert.Equal((InboxState.Dead, "three fields are expected"), (entry.State, Assert.Single(entry.Problems).Reason));
        Assert.Equal("nothing here reads payloads of the source nobody", Assert.Single((await FinishedAsync(strange.Id)).Problems).Reason);
    }

    [SkippableFact]
    public async Task Should_decide_the_rest_of_a_batch_and_note_what_was_not_understood_and_what_names_nobody()
    {
        var receipt = await AppendAsync($"d@example.com|m1|{Unknown}\nnonsense\n|m3|{Unknown}");

        var entry = await FinishedAsync(receipt.Id);

        Assert.Equal((InboxState.Partial, 1, 2), (entry.State, entry.Reports, entry.ProblemCount));
        Assert.Equal(["$[1]", "$"], entry.Problems.Select(p => p.Part));
        Assert.StartsWith("orphan: a report names no recipient; its message is m3", entry.Problems[1].Reason, StringComparison.Ordinal);
        Assert.True((await RecipientAsync("d@example.com")).Standing.Removed);
    }

    [SkippableFact]
    public async Task Should_count_nothing_twice_when_replayed_however_late()
    {
        var receipt = await AppendAsync("e@example.com|m1|452 4.2.2 Mailbox full\ne@example.com|m2|452 4.2.2 Mailbox full\nbroken|f@example.com|m3|452 4.2.2 Mailbox full");
        await FinishedAsync(receipt.Id);
        _reader.Mended = true;

        // Recipients know a report again for eight days.
        _running.Time.Advance(TimeSpan.FromDays(20));
        await ReplayAsync(new InboxFilter { Id = receipt.Id });

        var entry = await FinishedAsync(receipt.Id);
        Assert.Equal((InboxState.Done, 3, 0), (entry.State, entry.Reports, entry.ProblemCount));
        Assert.Equal(2, (await RecipientAsync("e@example.com")).Standing.BounceCount);
        Assert.Equal(1, (await RecipientAsync("f@example.com")).Standing.BounceCount);
    }

    [SkippableFact]
    public async Task Should_replay_dead_letters_alone_and_tell_how_far_it_is()
    {
        var fine = await AppendAsync($"g@example.com|m1|{Unknown}", source: "lines:g");
        var dead = await AppendAsync($"broken|h@example.com|m2|{Unknown}", source: "lines:g");
        Assert.Equal(InboxState.Dead, (await FinishedAsync(dead.Id)).State);
        await FinishedAsync(fine.Id);
        _reader.Mended = true;

        var replay = await ReplayAsync(new InboxFilter { Source = "lines:g", States = [InboxState.Dead, InboxState.Partial] });

        Assert.Equal(InboxState.Done, (await FinishedAsync(dead.Id)).State);
        Assert.Equal((InboxState.Done, 1), Assert.Single((await Store.CountsAsync(new InboxFilter { ReplayId = replay }, CancellationToken.None)).Select(c => (c.State, c.Count))));
        Assert.True((await RecipientAsync("h@example.com")).Standing.Removed);
    }

    [SkippableFact]
    public async Task Should_decide_once_what_a_dead_node_has_left()
    {
        // As a node leaves it that died between its 2xx and its work: stored, held, and nobody there.
        var row = new NewPayload(
            Guid.CreateVersion7(),
            new InboxPayload { Tenant = Tenant, Source = "lines", Body = Encoding.UTF8.GetBytes("i@example.com|m1|452 4.2.2 Mailbox full"), ReceivedAt = _running.Time.GetUtcNow() },
            null,
            "{}",
            PayloadBytes.Raw,
            Encoding.UTF8.GetBytes("i@example.com|m1|452 4.2.2 Mailbox full"),
            _running.Time.GetUtcNow().AddSeconds(30));
        await Store.AppendAsync([row], CancellationToken.None);

        _running.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(InboxState.Done, (await FinishedAsync(row.Id)).State);
        Assert.Equal(1, (await RecipientAsync("i@example.com")).Standing.BounceCount);
    }

    [SkippableFact]
    public async Task Should_go_on_after_a_restart_with_what_was_not_decided()
    {
        var first = await AppendAsync($"j1@example.com|m1|{Unknown}");
        await FinishedAsync(first.Id);
        var row = new NewPayload(
            Guid.CreateVersion7(),
            new InboxPayload { Tenant = Tenant, Source = "lines", Body = Encoding.UTF8.GetBytes($"j2@example.com|m2|{Unknown}"), ReceivedAt = _running.Time.GetUtcNow() },
            null,
            "{}",
            PayloadBytes.Raw,
            Encoding.UTF8.GetBytes($"j2@example.com|m2|{Unknown}"),
            _running.Time.GetUtcNow());
        await Store.AppendAsync([row], CancellationToken.None);

        await _running.DisposeAsync();
        await StartAsync();

        Assert.Equal(InboxState.Done, (await FinishedAsync(row.Id)).State);
        Assert.True((await RecipientAsync("j2@example.com")).Standing.Removed);
    }

    [SkippableFact]
    public async Task Should_let_one_of_two_that_claim_at_once_have_a_payload()
    {
        var lane = new Lane("other", "nobody-claims");
        var now = _running.Time.GetUtcNow();
        var rows = Enumerable.Range(0, 40).Select(_ => new NewPayload(
            Guid.CreateVersion7(), new InboxPayload { Tenant = lane.Tenant, Source = lane.Source, Body = new byte[] { 1 }, ReceivedAt = now }, null, "{}", PayloadBytes.Raw, [1], now.AddHours(1))).ToList();
        await Store.AppendAsync(rows, CancellationToken.None);
        var later = now.AddHours(2);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Store.ClaimAsync(lane, later, later.AddMinutes(1), 10, CancellationToken.None))));

        Assert.Equal(rows.Select(r => r.Id).Order(), claimed.SelectMany(c => c).Select(p => p.Id).Order());
    }

    [SkippableFact]
    public async Task Should_not_let_a_worker_close_what_another_has_taken_over()
    {
        var lane = new Lane("other", "taken-over");
        var now = _running.Time.GetUtcNow();
        var row = new NewPayload(
            Guid.CreateVersion7(), new InboxPayload { Tenant = lane.Tenant, Source = lane.Source, Body = new byte[] { 1 }, ReceivedAt = now }, null, "{}", PayloadBytes.Raw, [1], now.AddHours(1));
        await Store.AppendAsync([row], CancellationToken.None);
        var slow = Assert.Single(await Store.ClaimAsync(lane, now.AddHours(2), now.AddHours(3), 10, CancellationToken.None));
        var fast = Assert.Single(await Store.ClaimAsync(lane, now.AddHours(4), now.AddHours(5), 10, CancellationToken.None));

        await Store.FinishAsync([Outcome(slow, InboxState.Dead)], CancellationToken.None);
        Assert.Equal(InboxState.Pending, (await EntryAsync(row.Id)).State);
        await Store.FinishAsync([Outcome(fast, InboxState.Done)], CancellationToken.None);
        Assert.Equal(InboxState.Done, (await EntryAsync(row.Id)).State);

        PayloadOutcome Outcome(StoredPayload payload, InboxState state) => new(payload, state, null, 0, [], null, SettledReports.None, now);
    }

    [SkippableFact]
    public async Task Should_delete_what_is_old_and_decided_and_keep_what_is_not()
    {
        var old = await AppendAsync($"k@example.com|m1|{Unknown}");
        await FinishedAsync(old.Id);
        var now = _running.Time.GetUtcNow();
        var waiting = new NewPayload(
            Guid.CreateVersion7(), new InboxPayload { Tenant = Tenant, Source = "lines", Body = new byte[] { 1 }, ReceivedAt = now }, null, "{}", PayloadBytes.Raw, [1], now.AddDays(90));
        await Store.AppendAsync([waiting], CancellationToken.None);

        Assert.Equal(0, await Store.DeleteOldAsync(now.AddDays(-1), 100, CancellationToken.None));
        await Store.DeleteOldAsync(now.AddDays(1), 100, CancellationToken.None);

        Assert.Null(await Store.FindAsync(old.Id, Tenant, CancellationToken.None));
        Assert.NotNull(await Store.FindAsync(waiting.Id, Tenant, CancellationToken.None));
    }

    [SkippableFact]
    public async Task Should_list_the_latest_first_page_by_page_and_for_its_tenant_alone()
    {
        for (var i = 0; i < 5; i++)
        {
            _running.Time.Advance(TimeSpan.FromSeconds(1));
            await AppendAsync($"l{i}@example.com|m|{Unknown}", source: "lines:l");
        }

        var filter = new InboxFilter { Tenant = Tenant, Source = "lines:l" };
        var first = await Store.ListAsync(filter, null, 3, CancellationToken.None);
        var rest = await Store.ListAsync(filter, first.Next, 3, CancellationToken.None);

        Assert.Equal((3, 2, null), (first.Items.Count, rest.Items.Count, rest.Next));
        Assert.Equal(first.Items.Concat(rest.Items).OrderByDescending(e => e.ReceivedAt).Select(e => e.Id), first.Items.Concat(rest.Items).Select(e => e.Id));
        Assert.Empty((await Store.ListAsync(filter with { Tenant = "another" }, null, 3, CancellationToken.None)).Items);
    }

    private async Task StartAsync() => _running = await RunningEngine.StartAsync(
        Storage, options => options.Inbox.SweepMilliseconds = 50, services => services.AddSingleton<IPayloadReader>(_reader));

    private Task<InboxReceipt> AppendAsync(string body, string source = "lines", string account = "", string? key = null) => Inbox.AppendAsync(
        new InboxPayload
        {
            Tenant = Tenant,
            Source = source,
            Account = account,
            Headers = new Dictionary<string, string> { ["x-from"] = "smtp-out-1" },
            Body = Encoding.UTF8.GetBytes(body),
            ReceivedAt = _running.Time.GetUtcNow(),
            DedupeKey = key,
        },
        CancellationToken.None);

    private async Task<Guid> ReplayAsync(InboxFilter filter)
    {
        var replay = Guid.NewGuid();
        while (await Store.ReplayAsync(filter, replay, _running.Time.GetUtcNow(), 10, CancellationToken.None) > 0)
        {
        }

        return replay;
    }

    private async Task<InboxEntry> EntryAsync(Guid id) => (await Store.FindAsync(id, null, CancellationToken.None))!.Value.Entry;

    private async Task<InboxEntry> FinishedAsync(Guid id)
    {
        InboxEntry? entry = null;
        await Eventually.True(async () => (entry = await EntryAsync(id)).State != InboxState.Pending);
        return entry!;
    }

    private Task<BounceActors.Engine.Hosting.RecipientView> RecipientAsync(string address) =>
        _running.Engine.RecipientAsync(Tenant, EmailAddress.Parse(address), CancellationToken.None);
}
