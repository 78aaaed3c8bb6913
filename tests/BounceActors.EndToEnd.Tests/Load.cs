using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;

namespace BounceActors.EndToEnd.Tests;

/// <summary>Reports of many recipients with duplicates and shuffled times, made from a seed, and what must come of them.</summary>
public sealed class Load
{
    private static readonly (int Code, string Enhanced, string Text)[] Failures =
    [
        (550, "5.1.1", "550 5.1.1 User unknown in virtual mailbox table"),
        (550, "5.7.1", "550 5.7.1 Sender blocked due to poor reputation"),
        (451, "4.3.0", "451 4.3.0 Internal error, please come back"),
    ];

    private static readonly string[] RepeatableProblems = ["urn:bounceactors:problem:unavailable", "urn:bounceactors:problem:overloaded"];

    private static readonly BounceClassifier Classifier = new(RuleSet.Default);

    private readonly List<Item> _distinct = [];

    /// <param name="seed">Chooses everything.</param>
    /// <param name="reports">How many distinct ones.</param>
    /// <param name="recipients">Of how many recipients.</param>
    /// <param name="now">None of them is later.</param>
    /// <param name="name">Part of every name, so that several loads do not meet in one database.</param>
    public Load(int seed, int reports, int recipients, DateTimeOffset now, string name = "")
    {
        var random = new Random(seed);
        var softSoFar = new int[recipients];
        for (var i = 0; i < reports; i++)
        {
            var recipient = random.Next(recipients);

            // Every third recipient only ever has a full mailbox, fewer times than suppress it: each of its retries must be emitted.
            var retryable = recipient % 3 == 0;
            if (retryable && softSoFar[recipient]++ >= 4)
            {
                recipient++;
                retryable = false;
            }

            _distinct.Add(new Item(
                $"user{recipient}{name}@example{recipient % 7}.net",
                $"newsletter@sender{recipient % 5}{name}.example",
                $"m{i}@sender{recipient % 5}{name}.example",
                now.AddSeconds(-random.Next(60, 4 * 86_400)),
                retryable ? Kind.Full : (Kind)random.Next(1, 6)));
        }

        // One report in ten is sent twice, some of them at once, some much later.
        var sent = _distinct.Concat(_distinct.Where(_ => random.Next(10) == 0)).ToArray();
        random.Shuffle(sent);
        Batches = [.. sent.Chunk(3)];
    }

    public IReadOnlyList<IReadOnlyList<Item>> Batches { get; }

    public IReadOnlyList<Item> Distinct => _distinct;

    public IEnumerable<string> Recipients => _distinct.Select(i => i.Recipient).Distinct();

    public IEnumerable<string> SenderDomains => _distinct.Select(i => EmailAddress.DomainOf(i.Sender)!).Distinct();

    /// <summary>Posts everything with several clients, each repeating what was not answered, until all is answered.</summary>
    public async Task PostAsync(HttpClient http, int clients, Action<int>? answered = null)
    {
        var open = new ConcurrentQueue<IReadOnlyList<Item>>(Batches);
        var left = Batches.Count;
        var done = 0;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Volatile.Read(ref left) > 0)
            {
                if (!open.TryDequeue(out var batch))
                {
                    await Task.Delay(20);
                    continue;
                }

                var unanswered = await TryPostAsync(http, batch);
                if (unanswered.Count == 0)
                {
                    Interlocked.Decrement(ref left);
                    answered?.Invoke(Interlocked.Increment(ref done));
                }
                else
                {
                    open.Enqueue(unanswered);
                    await Task.Delay(100);
                }
            }
        }));
    }

    /// <summary>Where a recipient must stand: a pure fold of its distinct reports.</summary>
    public Standing Expected(string recipient, DateTimeOffset now)
    {
        var policy = new RecipientPolicy();
        var state = _distinct.Where(i => i.Recipient == recipient).OrderBy(i => i.OccurredAt).Aggregate(RecipientState.Empty, (state, item) =>
        {
            var report = item.Report();
            var decided = state.Decide(
                new RecipientCommands.RecordReport
                {
                    Key = new RecipientKey("x"),
                    Tenant = "default",
                    EventId = Guid.NewGuid(),
                    Facts = ReportFacts.From(report),
                    Verdict = Classifier.Classify(report),
                    Random = 0.5,
                },
                now,
                policy);
            return decided.Event is { } e ? state.Apply(e, policy) : state;
        });
        return state.Standing(policy);
    }

    /// <summary>How a report must be judged.</summary>
    public static Classification VerdictOf(Item item) => Classifier.Classify(item.Report());

    /// <summary>How often each category must have been counted for a sending domain.</summary>
    public IReadOnlyDictionary<string, long> ExpectedCategories(string domain)
    {
        return _distinct.Where(i => EmailAddress.DomainOf(i.Sender) == domain)
            .GroupBy(i => Classifier.Classify(i.Report()).Category)
            .ToImmutableSortedDictionary(g => g.Key.ToWire(), g => g.LongCount(), StringComparer.Ordinal);
    }

    /// <summary>Posts a batch, or one report by itself; gives what was not decided and may be repeated.</summary>
    internal static async Task<IReadOnlyList<Item>> TryPostAsync(HttpClient http, IReadOnlyList<Item> batch, bool alone = false)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync("/v1/events", alone ? batch[0].Json() : batch.Select(i => i.Json()));
            if (IsOfABalancer(answer))
            {
                return batch;
            }

            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
            {
                Assert.NotNull(answer.Headers.RetryAfter);
                return batch;
            }

            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {body}");
            using var json = JsonDocument.Parse(body);
            var failed = json.RootElement.GetProperty("results").EnumerateArray().Where(r => r.GetProperty("error").ValueKind != JsonValueKind.Null).ToList();
            Assert.All(failed, r => Assert.Contains(r.GetProperty("error").GetProperty("type").GetString(), RepeatableProblems));
            return [.. failed.Select(r => batch[r.GetProperty("index").GetInt32()])];
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException or IOException)
        {
            return batch;
        }
    }

    /// <summary>Said by the balancer in front, which has no answer of a node: nothing is known of the request.</summary>
    internal static bool IsOfABalancer(HttpResponseMessage answer) => !answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType == "text/html";

    public enum Kind
    {
        Full,
        Unknown,
        Blocked,
        ServerError,
        Delivered,
        AutoReply,
    }

    public sealed record Item(string Recipient, string Sender, string MessageId, DateTimeOffset OccurredAt, Kind Kind)
    {
        public BounceReport Report() => new()
        {
            Recipient = EmailAddress.Parse(Recipient),
            Sender = Sender,
            MessageId = MessageId,
            OccurredAt = OccurredAt,
            Source = "api",
            SourceEventId = $"event-{MessageId}",
            Outcome = Outcome is { } o ? WireNames.Parse<ReportOutcome>(o) : null,
            SmtpCode = Failure?.Code,
            EnhancedCode = Failure is { } f && EnhancedStatusCode.TryParse(f.Enhanced, out var code) ? code : null,
            Diagnostic = Failure?.Text ?? "",
        };

        public object Json() => new
        {
            recipient = Recipient,
            sender = Sender,
            messageId = MessageId,
            occurredAt = OccurredAt,
            source = "api",
            sourceEventId = $"event-{MessageId}",
            outcome = Outcome,
            smtpCode = Failure?.Code,
            enhancedCode = Failure?.Enhanced,
            diagnostic = Failure?.Text,
        };

        /// <summary>The same as a log record of KumoMTA; it has no automatic replies.</summary>
        public object LogRecord() => new
        {
            type = Kind == Kind.Delivered ? "Delivery" : "Bounce",
            id = MessageId,
            recipient = Recipient,
            sender = Sender,
            timestamp = OccurredAt.ToUnixTimeSeconds(),
            response = Failure is { } f ? new { code = f.Code, enhanced_code = f.Enhanced, content = f.Text } : null,
        };

        private string? Outcome => Kind switch
        {
            Kind.Delivered => "delivered",
            Kind.AutoReply => "auto_reply",
            _ => null,
        };

        private (int Code, string Enhanced, string Text)? Failure => Kind switch
        {
            Kind.Full => (452, "4.2.2", "452 4.2.2 Mailbox full"),
            Kind.Unknown or Kind.Blocked or Kind.ServerError => Failures[(int)Kind - 1],
            _ => null,
        };
    }
}
