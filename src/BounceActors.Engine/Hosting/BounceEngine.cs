using Akka.Actor;
using Akka.Hosting;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Deliveries;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Suppressions;
using BounceActors.Engine.Wire;

namespace BounceActors.Engine.Hosting;

/// <summary>
/// The engine as the service sees it: every call asks an actor and returns when what it decided is stored, or throws
/// <see cref="EngineUnavailableException"/> or <see cref="EngineOverloadedException"/>, after which the same call may be repeated.
/// </summary>
public sealed class BounceEngine
{
    // Above the journal breaker's 10 s, so that the recipient's own word, whatever it is, comes first (PITFALLS 4).
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan QueueTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CatchUpPoll = TimeSpan.FromMilliseconds(25);

    private readonly IRequiredActor<ClassifierPool> _classifiers;
    private readonly IRequiredActor<RecipientRegion> _recipients;
    private readonly IRequiredActor<SenderRegion> _senders;
    private readonly Deployment _deployment;
    private readonly DirectoryWriter _directory;
    private readonly ReadStore _store;
    private readonly JournalHealth _journal;
    private readonly SuppressionIndex _index;
    private readonly SuppressionCheck _check;
    private readonly DeliveryCounter _deliveries;
    private readonly CountedDeliveries _counted;
    private readonly IndexOptions _options;
    private readonly EngineMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _inFlight;

    public BounceEngine(
        IRequiredActor<ClassifierPool> classifiers,
        IRequiredActor<RecipientRegion> recipients,
        IRequiredActor<SenderRegion> senders,
        Deployment deployment,
        DirectoryWriter directory,
        ReadStore store,
        JournalHealth journal,
        SuppressionIndex index,
        SuppressionCheck check,
        DeliveryCounter deliveries,
        CountedDeliveries counted,
        IndexOptions options,
        EngineMetrics metrics,
        NodeOptions node,
        TimeProvider time)
    {
        _classifiers = classifiers;
        _recipients = recipients;
        _senders = senders;
        _deployment = deployment;
        _directory = directory;
        _store = store;
        _journal = journal;
        _index = index;
        _check = check;
        _deliveries = deliveries;
        _counted = counted;
        _options = options;
        _metrics = metrics;
        _time = time;
        _inFlight = new SemaphoreSlim(node.MaxInFlight);
    }

    /// <summary>The key of an address.</summary>
    public RecipientKey KeyOf(string tenant, EmailAddress address) => _deployment.Keys.Of(tenant, address);

    /// <summary>Judges a report and records it. Repeating a report changes nothing and answers <see cref="ReportResult.Duplicate"/>.</summary>
    public async Task<ReportResult> ReportAsync(string tenant, BounceReport report, CancellationToken cancel)
    {
        var address = report.Recipient ?? throw new ArgumentException("the report names no recipient", nameof(report));
        var key = KeyOf(tenant, address);
        var started = _time.GetTimestamp();
        var result = await BoundedAsync(async () =>
        {
            var verdict = await JudgeAsync(report, cancel);
            var command = new RecipientCommands.RecordReport
            {
                Key = key,
                Tenant = tenant,
                EventId = Guid.CreateVersion7(_time.GetUtcNow()),
                Facts = ReportFacts.From(report),
                Verdict = verdict with { Evidence = Masking.Evidence(verdict.Evidence, address) },
                Random = Random.Shared.NextDouble(),
            };
            if (_options.CountDeliveries && verdict.Outcome is ReportOutcome.Delivered or ReportOutcome.Engagement)
            {
                var (repeated, counted) = await CountAsync(command, cancel);
                if (_index.SurelyKnowsNothingOf(key))
                {
                    // Nothing about engagement is to be stored: there are no strikes that it could clear.
                    return Counted(counted, repeated);
                }

                command = counted;
            }

            await _directory.EnsureAsync(key, tenant, address, _time.GetUtcNow(), cancel);
            await TellOfDeliveriesAsync(command, address, cancel);
            var reply = await AskRecipientAsync<RecipientReplies.ReportDecided>(command, cancel);
            return new ReportResult(
                reply.EventId,
                reply.Duplicate,
                key,
                verdict,
                reply.Decision?.Action ?? verdict.Action,
                reply.LevelBefore,
                reply.After,
                reply.Decision?.Retry ?? reply.ExistingRetry,
                reply.Decision?.ReviewPriority,
                reply.Decision?.SenderImpact ?? SenderImpact.Of(verdict.Category),
                reply.Decision?.NotCountedBecause,
                reply.Decision?.NoRetryBecause);
        }, cancel);
        _metrics.Decided(result, _time.GetElapsedTime(started));
        return result;
    }

    /// <summary>Counts a delivery for its sender, once. Gives it as it may be told to the recipient: without a sender, or it would be counted again.</summary>
    private async Task<(bool Repeated, RecipientCommands.RecordReport Counted)> CountAsync(RecipientCommands.RecordReport report, CancellationToken cancel)
    {
        if (report.Verdict.Outcome == ReportOutcome.Engagement)
        {
            // No sender is judged by it, and it must not be taken for one delivery more.
            return (false, report with { Facts = report.Facts with { SenderDomain = null } });
        }

        var now = _time.GetUtcNow();
        _index.ExpectDeliveries();
        var repeated = await _deliveries.CountAsync(report, now, cancel);
        return (repeated, report with { EventId = DeliveryCounter.IdOf(report.Key.Mark, RecentReports.MeaningOf(report.Facts, report.Verdict.Outcome, now)), Facts = report.Facts with { SenderDomain = null } });
    }

    /// <summary>What is answered about a delivery that was only counted: nothing is known about the recipient, before and after.</summary>
    private static ReportResult Counted(RecipientCommands.RecordReport report, bool repeated) => new(
        report.EventId, repeated, report.Key, report.Verdict, report.Verdict.Action, SuppressionLevel.None, Standing.Clean, null, null,
        SenderImpact.Of(report.Verdict.Category), $"outcome_{report.Verdict.Outcome.ToWire()}", null);

    /// <summary>
    /// Tells a recipient, before its first report, of the deliveries that were only counted and may matter now: the last one, and that of the same message. From here on
    /// deliveries reach it by themselves, because the index expects it.
    /// </summary>
    private async Task TellOfDeliveriesAsync(RecipientCommands.RecordReport first, EmailAddress address, CancellationToken cancel)
    {
        var maybeNew = _index.MayBeNew(first.Key);
        _index.Expect(first.Key);
        if (!maybeNew || !_index.MayHaveDeliveries)
        {
            return;
        }

        foreach (var delivery in await _counted.BeforeAsync(first, address, cancel))
        {
            await AskRecipientAsync<RecipientReplies.ReportDecided>(delivery, cancel);
        }
    }

    /// <summary>The live state of a recipient.</summary>
    public Task<RecipientView> RecipientAsync(string tenant, EmailAddress address, CancellationToken cancel) => BoundedAsync(async () =>
    {
        var key = KeyOf(tenant, address);
        var found = await AskRecipientAsync<RecipientReplies.RecipientFound>(new RecipientCommands.GetRecipient { Key = key }, cancel);
        return new RecipientView(key, found.SequenceNr, found.Standing, found.State, _time.GetUtcNow());
    }, cancel);

    /// <summary>Everything that was recorded about a recipient, latest first. Waits up to three seconds for the read side to catch up with the actor.</summary>
    public async Task<Trail> TrailAsync(string tenant, EmailAddress address, int limit, long? before, CancellationToken cancel)
    {
        var recipient = await RecipientAsync(tenant, address, cancel);
        var started = _time.GetTimestamp();
        var complete = true;
        while (recipient.SequenceNr > 0 && await _store.ProjectedSequenceAsync(recipient.Key, cancel) < recipient.SequenceNr)
        {
            if (_time.GetElapsedTime(started) > CatchUp)
            {
                complete = false;
                break;
            }

            await Task.Delay(CatchUpPoll, _time, cancel);
        }

        var rows = await _store.HistoryAsync(recipient.Key, limit, before, cancel);
        return new Trail(
            recipient,
            [.. rows.Select(row => new TrailEntry(row.SequenceNr, (RecipientEvents.Event)WireSerializer.Read(row.Payload, row.Manifest)))],
            complete);
    }

    /// <summary>Suppresses a recipient by hand.</summary>
    public Task<ChangeResult> SuppressAsync(
        string tenant, EmailAddress address, SuppressionLevel level, string? stream, DateTimeOffset? until, string actor, string reason, CancellationToken cancel) =>
        SuppressAsync(
            new RecipientCommands.AddSuppression
            {
                Key = KeyOf(tenant, address),
                Tenant = tenant,
                EventId = NewId(),
                Level = level,
                Stream = stream,
                Until = until,
                Actor = actor,
                Reason = reason,
            },
            address,
            cancel);

    /// <summary>Suppresses a recipient by a command, which may be repeated.</summary>
    internal Task<ChangeResult> SuppressAsync(RecipientCommands.AddSuppression command, EmailAddress address, CancellationToken cancel) => BoundedAsync(async () =>
    {
        await _directory.EnsureAsync(command.Key, command.Tenant, address, _time.GetUtcNow(), cancel);
        return await ChangeAsync(command, cancel);
    }, cancel);

    /// <summary>Lifts suppressions; an empty list lifts everything but complaints, opt-outs and legal ones.</summary>
    public Task<ChangeResult> LiftAsync(
        string tenant, EmailAddress address, IReadOnlyList<SuppressionLevel> levels, string actor, string reason, CancellationToken cancel) =>
        BoundedAsync(
            () => ChangeAsync(
                new RecipientCommands.LiftSuppression { Key = KeyOf(tenant, address), Tenant = tenant, EventId = NewId(), Levels = levels, Actor = actor, Reason = reason },
                cancel),
            cancel);

    /// <summary>Confirms or corrects the category of a report in the review queue.</summary>
    public Task<ChangeResult> ReviewAsync(string tenant, ReviewRow review, BounceCategory to, string actor, string reason, CancellationToken cancel) =>
        BoundedAsync(
            () => ChangeAsync(
                new RecipientCommands.ReviewReport
                {
                    Key = review.RecipientKey,
                    Tenant = tenant,
                    EventId = NewId(),
                    ReportId = review.ReportId,
                    OccurredAt = review.OccurredAt,
                    MessageId = review.MessageId,
                    From = review.Category,
                    To = to,
                    Actor = actor,
                    Reason = reason,
                },
                cancel),
            cancel);

    /// <summary>The live reputation of a sending domain.</summary>
    public Task<SenderStanding> SenderAsync(string tenant, string domain, CancellationToken cancel) => BoundedAsync(async () =>
    {
        var senders = await _senders.GetAsync(cancel);
        var reply = await AskAsync<SenderReplies.Reply>(senders, new SenderCommands.GetSender(tenant, domain), cancel);
        return reply is SenderReplies.SenderFound found
            ? found.State.Standing(_time.GetUtcNow())
            : throw new EngineUnavailableException("the sending domain did not answer", null);
    }, cancel);

    /// <summary>May these addresses be mailed? In the order asked; from this node's index, or from each recipient itself when <paramref name="consistent"/>.</summary>
    public async Task<IReadOnlyList<AddressVerdict>> CheckAsync(
        string tenant, IReadOnlyList<EmailAddress> addresses, string? stream, bool consistent, CancellationToken cancel)
    {
        if (!consistent)
        {
            return await _check.CheckAsync(tenant, addresses, stream, cancel);
        }

        var now = _time.GetUtcNow();
        var verdicts = new AddressVerdict[addresses.Count];
        await Parallel.ForAsync(0, addresses.Count, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = cancel }, async (i, token) =>
        {
            var recipient = await RecipientAsync(tenant, addresses[i], token);
            verdicts[i] = new AddressVerdict(addresses[i], recipient.Standing.Check(stream, now));
        });
        return verdicts;
    }

    private Guid NewId() => Guid.CreateVersion7(_time.GetUtcNow());

    private async Task<ChangeResult> ChangeAsync(RecipientCommands.Command command, CancellationToken cancel)
    {
        var changed = await AskRecipientAsync<RecipientReplies.Changed>(command, cancel);
        return new ChangeResult(changed.HasChanged, changed.LevelBefore, changed.After);
    }

    private async Task<T> AskRecipientAsync<T>(RecipientCommands.Command command, CancellationToken cancel)
        where T : RecipientReplies.Reply
    {
        var recipients = await _recipients.GetAsync(cancel);
        var reply = await AskAsync<RecipientReplies.Reply>(recipients, command, cancel);
        return reply as T ?? throw new EngineUnavailableException((reply as RecipientReplies.Failed)?.Reason ?? "the recipient did not answer", null);
    }

    private async Task<Domain.Classification.Classification> JudgeAsync(BounceReport report, CancellationToken cancel) =>
        (await AskAsync<ClassifierActor.Judged>(await _classifiers.GetAsync(cancel), new ClassifierActor.Judge(report), cancel)).Verdict;

    private static async Task<T> AskAsync<T>(IActorRef actor, object question, CancellationToken cancel)
    {
        try
        {
            return await actor.Ask<T>(question, AskTimeout, cancel);
        }
        catch (AskTimeoutException cause)
        {
            // It may or may not be stored; repeating it tells.
            throw new EngineUnavailableException("no answer in time", cause);
        }
    }

    private async Task<T> BoundedAsync<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        if (_journal.Problem is { } problem)
        {
            _metrics.Refused("unavailable");
            throw new EngineUnavailableException(problem, null);
        }

        if (!await _inFlight.WaitAsync(QueueTimeout, cancel))
        {
            _metrics.Refused("overloaded");
            throw new EngineOverloadedException();
        }

        _metrics.InFlight(1);
        try
        {
            return await call();
        }
        catch (StorageUnavailableException cause)
        {
            _metrics.Refused("unavailable");
            throw new EngineUnavailableException("the database cannot be reached", cause);
        }
        catch (EngineUnavailableException)
        {
            _metrics.Refused("unavailable");
            throw;
        }
        finally
        {
            _metrics.InFlight(-1);
            _inFlight.Release();
        }
    }
}

/// <summary>What became of a report.</summary>
/// <param name="EventId">Its id, or that of the stored report it repeats.</param>
/// <param name="Duplicate">Whether it repeats a stored report.</param>
/// <param name="Key">The recipient.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Action">What is done.</param>
/// <param name="LevelBefore">Level before.</param>
/// <param name="After">Where the recipient stands now.</param>
/// <param name="Retry">The retry planned for the message.</param>
/// <param name="ReviewPriority">Its priority in the review queue.</param>
/// <param name="SenderImpact">What it means for the sender.</param>
/// <param name="NotCountedBecause">Why it does not count against the recipient.</param>
/// <param name="NoRetryBecause">Why no retry was planned although the action asks for one.</param>
public sealed record ReportResult(
    Guid EventId,
    bool Duplicate,
    RecipientKey Key,
    BounceActors.Domain.Classification.Classification Verdict,
    RemediationAction Action,
    SuppressionLevel LevelBefore,
    Standing After,
    RetryPlan? Retry,
    int? ReviewPriority,
    SenderImpact SenderImpact,
    string? NotCountedBecause,
    string? NoRetryBecause);

/// <summary>A recipient's live state.</summary>
public sealed record RecipientView(RecipientKey Key, long SequenceNr, Standing Standing, RecipientState State, DateTimeOffset Now);

/// <summary>A recipient and what was recorded about it.</summary>
/// <param name="Recipient">The live state.</param>
/// <param name="Entries">What was recorded, latest first.</param>
/// <param name="Complete">Whether the read side had caught up with the actor.</param>
public sealed record Trail(RecipientView Recipient, IReadOnlyList<TrailEntry> Entries, bool Complete);

/// <summary>One recorded event.</summary>
public sealed record TrailEntry(long SequenceNr, RecipientEvents.Event Event);

/// <summary>What a change by hand did.</summary>
public sealed record ChangeResult(bool Changed, SuppressionLevel LevelBefore, Standing After);

/// <summary>May this address be mailed?</summary>
public sealed record AddressVerdict(EmailAddress Address, SendVerdict Verdict);

/// <summary>Not stored for now, or not known to be; repeat later.</summary>
public sealed class EngineUnavailableException(string message, Exception? cause) : Exception(message, cause)
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(5);
}

/// <summary>Too much at once; repeat later.</summary>
public sealed class EngineOverloadedException() : Exception("too many reports in flight")
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(1);
}
