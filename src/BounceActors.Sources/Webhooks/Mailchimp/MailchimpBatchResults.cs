using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks.Reading;

namespace BounceActors.Sources.Webhooks.Mailchimp;

/// <summary>
/// Results of Mailchimp's Batch Operations: a gzipped tar of JSON files, each an array of <c>{status_code, operation_id, response}</c> whose response
/// is JSON as a string. A finished batch can contain failed operations: each is noted. Understood are the answers of a campaign's reports
/// (<c>email-activity</c>, <c>sent-to</c>, <c>unsubscribed</c>, <c>abuse-reports</c>) and of a list's <c>members</c>.
/// </summary>
public static class MailchimpBatchResults
{
    /// <summary>Most bytes taken of the unpacked archive: 128 MiB.</summary>
    public const int MaxBytes = 128 * 1024 * 1024;

    private const int MaxFiles = 10_000;

    /// <summary>Reads an archive.</summary>
    /// <param name="archive">The archive behind <c>response_body_url</c>; read to its end or the limit, not closed.</param>
    /// <param name="account">Names of streams.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static WebhookReading Read(Stream archive, WebhookAccount account)
    {
        var events = new Events("mailchimp", account);
        Read(archive, events);
        return events.Build();
    }

    internal static void Read(Stream archive, Events events)
    {
        try
        {
            using var unpacked = Unpack(archive);
            if (unpacked.Length > MaxBytes)
            {
                events.NotUnderstood($"the archive is larger than {MaxBytes} bytes when unpacked; what lies beyond was not read");
                unpacked.SetLength(MaxBytes);
            }

            using var tar = new TarReader(unpacked);
            var files = 0;
            for (; files < MaxFiles && tar.GetNextEntry() is { } entry; files++)
            {
                if (entry.DataStream is { } data && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                {
                    using var content = new MemoryStream();
                    data.CopyTo(content);
                    events.ReadJson(content.GetBuffer().AsSpan(0, (int)content.Length), e => ReadOperation(e, events));
                }
            }

            if (files == 0)
            {
                events.NotUnderstood("it is no gzipped tar, or breaks off");
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException)
        {
            events.NotUnderstood("it is no gzipped tar, or breaks off");
        }
    }

    private static MemoryStream Unpack(Stream archive)
    {
        var unpacked = new MemoryStream();
        using var gzip = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
        var buffer = new byte[81_920];
        int read;
        while (unpacked.Length <= MaxBytes && (read = gzip.Read(buffer)) > 0)
        {
            unpacked.Write(buffer, 0, read);
        }

        unpacked.Position = 0;
        return unpacked;
    }

    private static void ReadOperation(JsonElement operation, Events events)
    {
        var id = operation.Text("operation_id");
        if (operation.Int("status_code") is not (>= 200 and < 300))
        {
            events.NotUnderstood($"the operation '{id}' failed with status {operation.Text("status_code")}");
        }
        else if (operation.Get("response") is not { ValueKind: JsonValueKind.String } response)
        {
            events.NotUnderstood($"the operation '{id}' has no response");
        }
        else
        {
            events.ReadValues(Encoding.UTF8.GetBytes(response.GetString()!), answer => ReadAnswer(answer, events));
        }
    }

    private static void ReadAnswer(JsonElement answer, Events events)
    {
        (string Name, Action<JsonElement> Read)[] lists =
        [
            ("emails", e => ReadActivity(e, events)),
            ("sent_to", e => ReadMember(e, events, "sent_to", e.Text("status"), null)),
            ("members", e => ReadMember(e, events, "member", e.Text("status"), e.Text("last_changed"))),
            ("unsubscribes", e => ReadMember(e, events, "unsubscribe", "unsubscribed", e.Text("timestamp"))),
            ("abuse_reports", e => ReadMember(e, events, "abuse_report", "abuse", e.Text("date"))),
        ];
        var known = false;
        foreach (var (name, read) in lists)
        {
            if (answer.Get(name) is { ValueKind: JsonValueKind.Array } list)
            {
                known = true;
                events.Each($"$.{name}", list, read);
            }
        }

        if (!known)
        {
            events.Ignore("another answer");
        }
    }

    private static void ReadActivity(JsonElement e, Events events)
    {
        foreach (var activity in e.Items("activity"))
        {
            var action = activity.Text("action");
            ReportOutcome? outcome = action switch
            {
                "bounce" => ReportOutcome.Bounce,
                "open" or "click" => ReportOutcome.Engagement,
                _ => null,
            };
            if (outcome is null)
            {
                events.Ignore(action);
                continue;
            }

            var type = activity.Text("type");
            Report(e, events, action!, activity.Text("timestamp"), new BounceReport
            {
                Outcome = outcome,
                SourceClass = outcome == ReportOutcome.Engagement ? action : type,
                SourceCategory = outcome == ReportOutcome.Bounce ? CategoryOf(type) : null,
            });
        }
    }

    private static void ReadMember(JsonElement e, Events events, string kind, string? status, string? at)
    {
        var report = status switch
        {
            "cleaned" or "hard" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = status, SourceCategory = CategoryOf("hard") },
            "soft" => new BounceReport { Outcome = ReportOutcome.Bounce, SourceClass = status, SourceCategory = CategoryOf("soft") },
            "unsubscribed" => new BounceReport { Outcome = ReportOutcome.Unsubscribe, SourceClass = e.Text("reason") ?? e.Text("unsubscribe_reason"), Stream = events.Group(e.Text("list_id")) },
            "abuse" => new BounceReport { Outcome = ReportOutcome.Complaint },
            _ => null,
        };
        if (report is null)
        {
            events.Ignore($"{kind}/{status}");
            return;
        }

        Report(e, events, kind, at, report);
    }

    private static void Report(JsonElement e, Events events, string kind, string? at, BounceReport report)
    {
        if (Addresses.Read(e.Text("email_address")) is not { } recipient)
        {
            events.NotUnderstood($"the {kind} has no address in 'email_address'");
            return;
        }

        var campaign = e.Text("campaign_id");
        events.Report(report with
        {
            Recipient = recipient,
            OccurredAt = Json.ToTime(at),
            SourceEventId = Events.IdOf(kind, report.SourceClass, campaign, e.Text("list_id"), recipient.Normalised, at),
            Campaign = campaign,
            Metadata = new Metadata().Add("event", kind).Add(e, "list_id", "email_id").Build(),
        });
    }

    private static BounceCategory CategoryOf(string? type) => type == "soft" ? BounceCategory.ServerError : BounceCategory.UserNotFound;
}
