using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests.Faults;

/// <summary>
/// Sends a load through three doors, each report through one that the seed chooses, with repeats and out of order: single reports, arrays, and webhooks
/// into the inbox. What is not acknowledged (2xx) is sent again with the same ids until it is.
/// </summary>
internal sealed class Traffic : IDisposable
{
    public const string Token = "token";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<Parcel> _open;
    private readonly HttpClient _http;
    private int _left;
    private int _acknowledged;
    private int _attempts;
    private int _webhooks;

    public Traffic(Load load, Random random, Uri service, string? key = null)
    {
        // Less than the service itself may take: clients that give up in the middle of a call are part of the load.
        _http = new HttpClient { BaseAddress = service, Timeout = TimeSpan.FromSeconds(8) };
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Add("X-Api-Key", key);
        }

        var sent = load.Distinct.SelectMany(item => Enumerable.Repeat(item, random.Next(10) switch { 0 => 3, 1 or 2 => 2, _ => 1 })).ToArray();
        random.Shuffle(sent);
        var parcels = new List<Parcel>();
        for (var i = 0; i < sent.Length;)
        {
            var door = (Door)random.Next(3);
            var items = sent.Skip(i).Take(door == Door.One ? 1 : random.Next(1, 7)).ToList();
            i += items.Count;

            // A log record knows no automatic replies.
            var replies = door == Door.Webhook ? items.Where(r => r.Kind == Load.Kind.AutoReply).ToList() : [];
            parcels.AddRange(replies.Select(reply => new Parcel(Door.One, [reply])));
            if (items.Except(replies).Distinct().ToList() is { Count: > 0 } rest)
            {
                parcels.Add(new Parcel(door, rest));
            }
        }

        _open = new ConcurrentQueue<Parcel>(parcels);
        _left = parcels.Count;
        Parcels = parcels.Count;
    }

    public int Parcels { get; }

    /// <summary>What a client waits between two requests; none as it comes.</summary>
    public TimeSpan Pace { get; set; }

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Requests sent, whatever came of them.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public int WebhookAttempts => Volatile.Read(ref _webhooks);

    public bool IsOver => Volatile.Read(ref _left) == 0;

    /// <summary>Payloads that were acknowledged, with the number of their events.</summary>
    public ConcurrentDictionary<Guid, int> Payloads { get; } = new();

    /// <summary>Sends everything; returns when all of it is acknowledged.</summary>
    public Task SendAsync(int clients, CancellationToken cancel) => Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(
        async () =>
        {
            while (!IsOver)
            {
                cancel.ThrowIfCancellationRequested();
                if (!_open.TryDequeue(out var parcel))
                {
                    await Task.Delay(Pause, cancel);
                    continue;
                }

                var unanswered = await TryAsync(parcel);
                Interlocked.Increment(ref _attempts);
                if (unanswered.Count == 0)
                {
                    Interlocked.Increment(ref _acknowledged);
                    Interlocked.Decrement(ref _left);
                    if (Pace > TimeSpan.Zero)
                    {
                        await Task.Delay(Pace, cancel);
                    }
                }
                else
                {
                    _open.Enqueue(parcel with { Items = unanswered });
                    await Task.Delay(Pause, cancel);
                }
            }
        },
        cancel)));

    public void Dispose() => _http.Dispose();

    private Task<IReadOnlyList<Load.Item>> TryAsync(Parcel parcel) =>
        parcel.Door == Door.Webhook ? TryWebhookAsync(parcel.Items) : Load.TryPostAsync(_http, parcel.Items, alone: parcel.Door == Door.One);

    private async Task<IReadOnlyList<Load.Item>> TryWebhookAsync(IReadOnlyList<Load.Item> items)
    {
        Interlocked.Increment(ref _webhooks);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks/kumomta") { Content = JsonContent.Create(items.Select(i => i.LogRecord())) };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Token}");
            using var answer = await _http.SendAsync(request);
            if (Load.IsOfABalancer(answer))
            {
                return items;
            }

            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Assert.NotNull(answer.Headers.RetryAfter);
                return items;
            }

            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"webhook: {answer.StatusCode}: {body}");
            using var json = JsonDocument.Parse(body);
            Payloads[json.RootElement.GetProperty("id").GetGuid()] = items.Count;
            return [];
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException or IOException)
        {
            return items;
        }
    }

    private enum Door
    {
        One,
        Many,
        Webhook,
    }

    private sealed record Parcel(Door Door, IReadOnlyList<Load.Item> Items);
}
