using BounceActors.Domain.Classification;
using BounceActors.Domain.Retries;

namespace BounceActors.Domain.Recipients;

/// <summary>The numbers that decide what reports mean for a recipient. Defaults are the profile <c>guide</c> (SEMANTICS 6.4).</summary>
public sealed record RecipientPolicy
{
    /// <summary>Name written into every decision.</summary>
    public string Profile { get; init; } = "guide";

    /// <summary>Consecutive hard or block bounces from which a recipient is hard suppressed.</summary>
    public int HardThreshold { get; init; } = 3;

    /// <summary>Counted bounces from which a recipient is soft suppressed.</summary>
    public int SoftThreshold { get; init; } = 5;

    /// <summary>Recipient score under which a recipient is reputation suppressed.</summary>
    public double ReputationThreshold { get; init; } = 20;

    /// <summary>Days after a counted bounce during which a recipient is temporarily suppressed.</summary>
    public int RecentDays { get; init; } = 7;

    /// <summary>Whether a soft bounce ends a row of consecutive bounces.</summary>
    public bool ResetConsecutiveOnSoft { get; init; }

    /// <summary>Whether bounces that are the sender's fault count against the recipient, as they do in the guide.</summary>
    public bool CountSenderFaultBlocks { get; init; } = true;

    /// <summary>Whether verdicts under <see cref="MinConfidence"/> count as a soft bounce, as they do in the guide.</summary>
    public bool CountUncertain { get; init; } = true;

    /// <summary>Bounces closer than this to the one counted before count once. Zero counts every one.</summary>
    public TimeSpan MinStrikeSpacing { get; init; } = TimeSpan.Zero;

    /// <summary>Only bounces within this time before the last one count for soft suppression. Null counts all.</summary>
    public TimeSpan? SoftWindow { get; init; }

    /// <summary>Whether a delivery loses its effect when the same message bounces after all.</summary>
    public bool OutOfBandContradictsDelivery { get; init; }

    /// <summary>Under this confidence a verdict goes to review and never removes a recipient.</summary>
    public double MinConfidence { get; init; } = 0.6;

    /// <summary>When to try again.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Exponential();

    /// <summary>What a category costs the recipient score (the guide's penalty map).</summary>
    public static double Penalty(BounceCategory category) => category switch
    {
        BounceCategory.InvalidAddress => 10,
        BounceCategory.DomainNotFound => 15,
        BounceCategory.UserNotFound => 8,
        BounceCategory.PolicyRejection => 5,
        BounceCategory.MailboxFull => 1,
        BounceCategory.ServerError => 0.5,
        BounceCategory.RateLimiting => 2,
        BounceCategory.ReputationBlock => 20,
        BounceCategory.SpamFilter => 15,
        BounceCategory.VacationReply => 0,
        _ => 3,
    };

    /// <summary>How urgently a person should look at a report, 50 to 100 (the guide's review priority).</summary>
    public static int ReviewPriority(BounceCategory category) => Math.Min(100, 50 + category switch
    {
        BounceCategory.ReputationBlock or BounceCategory.SpamFilter => 30,
        BounceCategory.PolicyRejection => 20,
        BounceCategory.ServerError or BounceCategory.ConnectionTimeout => 10,
        _ => 0,
    });

    /// <summary>Why a verdict does not count against the recipient; null when it counts.</summary>
    public string? NotCountedBecause(Classification.Classification verdict)
    {
        var entry = Taxonomy.Of(verdict.Category);
        if (verdict.Outcome != Reports.ReportOutcome.Bounce)
        {
            return $"outcome_{verdict.Outcome.ToWire()}";
        }

        if (verdict.Category is BounceCategory.SuppressedBySource or BounceCategory.VacationReply or BounceCategory.ChallengeRequest or BounceCategory.DeliveryDelay)
        {
            return $"category_{verdict.Category.ToWire()}";
        }

        if (!CountSenderFaultBlocks && entry.Fault == Fault.Sender)
        {
            return "sender_fault";
        }

        return !CountUncertain && verdict.Confidence < MinConfidence ? "uncertain" : null;
    }
}
