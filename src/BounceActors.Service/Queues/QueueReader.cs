using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Amazon.Runtime;
using Amazon.SQS;
using Amazon.SQS.Model;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Mailboxes;
using BounceActors.Service.Settings;
using BounceActors.Service.Sources;

namespace BounceActors.Service.Queues;

/// <summary>
/// Fetches an account's events from its SQS queue. A message is deleted only when it is durable in the inbox; one whose deletion got lost comes again and is
/// known by its id. What cannot be stored stays in the queue, and goes where its redrive policy says. Several nodes may read one queue.
/// </summary>
internal sealed class QueueReader(
    WebhookAccountSettings account, IAmazonSQS queue, StoreMail store, SourceMonitor monitor, TimeProvider time, ILogger log)
{
    /// <summary>The longest SQS lets a request wait for messages.</summary>
    public static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);

    private const int Most = 10;

    /// <summary>Time to make ten messages durable, before others get them.</summary>
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(60);

    private readonly string _url = account.Queue!.Url.AbsoluteUri;

    /// <summary>How it is doing.</summary>
    public QueueStatus Status { get; private set; } = QueueStatus.Start;

    public WebhookAccountSettings Account => account;

    public async Task RunAsync(CancellationToken cancel)
    {
        var failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await LookAsync(cancel);
                failures = 0;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (InboxOverloadedException full)
            {
                monitor.Later(account, "overloaded");
                Status = Status with { State = QueueStatus.Full };
                await PauseAsync(full.RetryAfter, cancel);
            }
            catch (Exception problem)
            {
                var reason = problem is AmazonServiceException { ErrorCode: { Length: > 0 } code } ? $"sqs_{code}" : problem is StorageUnavailableException ? "unavailable" : "sqs_unreachable";
                if (problem is StorageUnavailableException)
                {
                    monitor.Later(account, reason);
                }
                else
                {
                    monitor.Rejected(account, reason);
                }

                var pause = MailboxWorker.Pause(failures++, Random.Shared.NextDouble());
                Status = Status with { State = QueueStatus.Waiting, LastError = reason, LastErrorAt = time.GetUtcNow() };
                log.LogWarning("Queue of {Source}/{Account}: {Reason}; next try in {Pause:0.0} s", account.Source.Name, account.Name, reason, pause.TotalSeconds);
                await PauseAsync(pause, cancel);
            }
        }
    }

    /// <summary>Waits for messages, makes them durable, and deletes those that are.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        var answer = await queue.ReceiveMessageAsync(
            new ReceiveMessageRequest { QueueUrl = _url, MaxNumberOfMessages = Most, WaitTimeSeconds = (int)LongPoll.TotalSeconds, VisibilityTimeout = (int)Visibility.TotalSeconds },
            cancel);
        Status = Status with { State = QueueStatus.Reading, LastLookAt = time.GetUtcNow(), LastError = null };
        if (answer.Messages is not { Count: > 0 } messages)
        {
            return;
        }

        // Together: the inbox stores what waits in one transaction. One that cannot be stored does not hold up the others.
        var stored = await Task.WhenAll(messages.Select(m => StoreAsync(m, cancel)));
        var durable = messages.Where((_, i) => stored[i].Receipt is not null).ToList();
        Status = Status with { Taken = Status.Taken + durable.Count, Repeated = Status.Repeated + stored.Count(s => s.Receipt?.Repeated == true) };
        if (durable.Count > 0)
        {
            await DeleteAsync(durable, cancel);
        }

        if (stored.FirstOrDefault(s => s.Problem is not null).Problem is { } problem)
        {
            ExceptionDispatchInfo.Throw(problem);
        }
    }

    private async Task<(InboxReceipt? Receipt, Exception? Problem)> StoreAsync(Message message, CancellationToken cancel)
    {
        try
        {
            var receipt = await store(
                new InboxPayload
                {
                    Tenant = account.Tenant,
                    Source = account.Source.Name,
                    Account = account.Name,
                    ContentType = "application/json",
                    Body = Encoding.UTF8.GetBytes(message.Body ?? ""),
                    ReceivedAt = time.GetUtcNow(),
                    DedupeKey = $"sqs:{message.MessageId}",
                },
                cancel);
            monitor.Received(account, late: false);
            return (receipt, null);
        }
        catch (Exception problem) when (problem is InboxOverloadedException or StorageUnavailableException)
        {
            return (null, problem);
        }
    }

    private async Task DeleteAsync(List<Message> durable, CancellationToken cancel)
    {
        var entries = durable.Select((m, i) => new DeleteMessageBatchRequestEntry(i.ToString(CultureInfo.InvariantCulture), m.ReceiptHandle)).ToList();
        var answer = await queue.DeleteMessageBatchAsync(new DeleteMessageBatchRequest(_url, entries), cancel);
        if (answer.Failed is { Count: > 0 } failed)
        {
            // They come again, and are known again.
            log.LogWarning("Queue of {Source}/{Account}: {Count} messages could not be deleted: {Code}", account.Source.Name, account.Name, failed.Count, failed[0].Code);
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancel) =>
        await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
