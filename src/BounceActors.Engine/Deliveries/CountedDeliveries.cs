using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Classification;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Deliveries;

/// <summary>
/// What recipients are to be told of deliveries that were only counted, as nobody knew then that they have a history (docs/decisions/deliveries.md). Telling one
/// again changes nothing.
/// </summary>
public sealed class CountedDeliveries(ReadStore store, ClassifierHolder classifier, IndexOptions options)
{
    /// <summary>How much clocks of nodes may differ: a delivery counted after a recipient's first event may seem to be so much older.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(15);

    /// <summary>Before a recipient's first report: the last delivery, and that of the same message. Nothing earlier matters to a fold by time.</summary>
    internal async Task<IReadOnlyList<RecipientCommands.RecordReport>> BeforeAsync(RecipientCommands.RecordReport first, EmailAddress address, CancellationToken ct)
    {
        if (!options.CountDeliveries)
        {
            return [];
        }

        var known = await store.DeliveriesOfAsync(first.Key.Mark, ct);
        return [.. known.Where((d, i) => i == 0 || (d.MessageId is not null && d.MessageId == first.Facts.MessageId)).Reverse().Select(d => Told(first.Key, first.Tenant, address, d))];
    }

    /// <summary>After recipients' first events came into the read tables: what was counted since those were decided upon, oldest first.</summary>
    internal async Task<IReadOnlyList<RecipientCommands.RecordReport>> SinceAsync(IReadOnlyList<Newcomer> newcomers, CancellationToken ct)
    {
        if (!options.CountDeliveries || newcomers.Count == 0)
        {
            return [];
        }

        var counted = await store.DeliveriesSinceAsync([.. newcomers.Select(n => n with { RecordedAt = n.RecordedAt - ClockSkew })], ct);
        return
        [
            .. from delivery in counted
               join newcomer in newcomers on delivery.Recipient equals newcomer.Key.Mark
               orderby delivery.OccurredAt
               select Told(newcomer.Key, newcomer.Tenant, null, delivery),
        ];
    }

    private RecipientCommands.RecordReport Told(RecipientKey key, string tenant, EmailAddress? address, DeliveryRow delivery)
    {
        // No sender: it is counted already.
        var report = new BounceReport
        {
            Recipient = address,
            Outcome = ReportOutcome.Delivered,
            OccurredAt = delivery.OccurredAt,
            MessageId = delivery.MessageId,
            Source = delivery.Source,
        };
        return new RecipientCommands.RecordReport
        {
            Key = key,
            Tenant = tenant,
            EventId = DeliveryCounter.IdOf(delivery.Recipient, delivery.Meaning),
            Facts = ReportFacts.From(report),
            Verdict = classifier.Current.Classify(report),
            Random = 0,
        };
    }
}
