using System.Collections.Frozen;
using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Retries;

/// <summary>When a message that failed for now is tried again. Both policies are the guide's; randomness comes in as an argument.</summary>
public abstract record RetryPolicy
{
    /// <summary>Most attempts after the first (the guide's <c>max_retry_attempts</c>).</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Longest delay of the exponential policy, and of a hint in either (the guide's <c>max_retry_delay_seconds</c>; its ladder has no cap).</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(86_400);

    /// <summary>Wire name of the policy.</summary>
    public abstract string Name { get; }

    /// <summary>The guide's <c>RetryScheduler</c>: base per category, doubled per retry up to 16 times, jitter 0.8 to 1.2.</summary>
    public static RetryPolicy Exponential() => new ExponentialRetryPolicy();

    /// <summary>The guide's <c>IntelligentRetryEngine</c>: fixed steps per category, jitter 0.8 to 1.2.</summary>
    public static RetryPolicy Ladder() => new LadderRetryPolicy();

    /// <summary>The delay before the next try, in whole seconds; null when no try is left.</summary>
    /// <param name="category">Why the last try failed.</param>
    /// <param name="retryCount">Retries made so far, 0 after the first attempt.</param>
    /// <param name="random">0 (inclusive) to 1 (exclusive); where in the jitter's range the delay falls.</param>
    /// <param name="retryAfter">Earliest next try the reply asked for; it can only lengthen the delay, up to <see cref="MaxDelay"/>.</param>
    public TimeSpan? NextDelay(BounceCategory category, int retryCount, double random, TimeSpan? retryAfter = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retryCount);
        if (retryCount >= MaxAttempts || Seconds(category, retryCount) is not { } seconds)
        {
            return null;
        }

        var delay = TimeSpan.FromSeconds(Math.Floor(seconds * (0.8 + (0.4 * random))));
        if (Capped && delay > MaxDelay)
        {
            delay = MaxDelay;
        }

        var hint = retryAfter is { } asked && asked > MaxDelay ? MaxDelay : retryAfter;
        return hint > delay ? hint : delay;
    }

    /// <summary>Whether <see cref="MaxDelay"/> holds for the policy's own delays.</summary>
    protected abstract bool Capped { get; }

    /// <summary>The delay before jitter, in seconds; null when no try is left.</summary>
    protected abstract double? Seconds(BounceCategory category, int retryCount);

    private sealed record ExponentialRetryPolicy : RetryPolicy
    {
        public override string Name => "exponential";

        protected override bool Capped => true;

        protected override double? Seconds(BounceCategory category, int retryCount)
        {
            var start = category switch
            {
                BounceCategory.MailboxFull => 3600,
                BounceCategory.ServerError => 1800,
                BounceCategory.RateLimiting => 7200,
                BounceCategory.ConnectionTimeout => 900,
                _ => 1800,
            };
            return start * Math.Pow(2, Math.Min(retryCount, 4));
        }
    }

    private sealed record LadderRetryPolicy : RetryPolicy
    {
        private static readonly int[] Otherwise = [1800, 7200];

        private static readonly FrozenDictionary<BounceCategory, int[]> Steps = new Dictionary<BounceCategory, int[]>
        {
            [BounceCategory.MailboxFull] = [1800, 7200, 28800],
            [BounceCategory.ServerError] = [600, 1800, 7200],
            [BounceCategory.RateLimiting] = [3600, 10800, 21600],
            [BounceCategory.ReputationBlock] = [86400, 172800],
        }.ToFrozenDictionary();

        public override string Name => "ladder";

        protected override bool Capped => false;

        protected override double? Seconds(BounceCategory category, int retryCount)
        {
            var steps = Steps.GetValueOrDefault(category, Otherwise);
            return retryCount < steps.Length ? steps[retryCount] : null;
        }
    }
}
