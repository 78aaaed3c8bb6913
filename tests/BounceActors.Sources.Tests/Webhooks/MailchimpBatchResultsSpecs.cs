using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.Mailchimp;

namespace BounceActors.Sources.Tests.Webhooks;

public class MailchimpBatchResultsSpecs
{
    private static byte[] Archive(params string[] files)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "./"));
            foreach (var (content, i) in files.Select((f, i) => (f, i)))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"./{i}.json") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        return packed.ToArray();
    }

    private static string Operations(params (int Status, string Response)[] operations) =>
        JsonSerializer.Serialize(operations.Select((o, i) => new { status_code = o.Status, operation_id = $"op{i}", response = o.Response }));

    [Fact]
    public void Should_read_every_entry_of_every_file()
    {
        var archive = Archive(
            Operations(
                (200, """{"emails":[{"campaign_id":"c1","list_id":"l1","email_address":"gone@one.example","activity":[{"action":"bounce","type":"hard","timestamp":"2026-03-03T11:59:58+00:00"},{"action":"open","timestamp":"2026-03-01T10:00:00+00:00"}]},{"email_address":"fine@one.example","activity":[]}],"campaign_id":"c1"}"""),
                (404, """{"title":"Resource Not Found"}""")),
            Operations(
                (200, """{"sent_to":[{"email_address":"soft@one.example","status":"soft","campaign_id":"c1"},{"email_address":"good@one.example","status":"sent"}]}"""),
                (200, """{"members":[{"email_address":"cleaned@one.example","status":"cleaned","last_changed":"2026-03-03T11:59:58+00:00"},{"email_address":"in@one.example","status":"subscribed"}]}"""),
                (200, """{"unsubscribes":[{"email_address":"left@one.example","timestamp":"2026-03-03T11:59:58+00:00","reason":"None given","list_id":"l1"}],"abuse_reports":[{"email_address":"angry@one.example","date":"2026-03-03T11:59:58+00:00"}]}"""),
                (200, """{"id":"x"}""")));

        var reading = MailchimpBatchResults.Read(new MemoryStream(archive), new WebhookAccount { Streams = new Dictionary<string, string> { ["l1"] = "newsletter" } });

        Assert.Equal(
            [
                "bounce gone@one.example user_not_found", "engagement gone@one.example delivery_success", "bounce soft@one.example server_error",
                "bounce cleaned@one.example user_not_found", "unsubscribe left@one.example unsubscribe_request", "complaint angry@one.example complaint",
            ],
            reading.Reports.Select(Hook.Line));
        Assert.Equal("newsletter", reading.Reports[4].Stream);
        Assert.Contains("404", Assert.Single(reading.NotUnderstood).Reason, StringComparison.Ordinal);
        Assert.Equal(3, reading.Ignored.Values.Sum());
    }

    [Fact]
    public void Should_say_why_an_archive_cannot_be_read()
    {
        var whole = Archive(Operations((200, """{"emails":[]}""")), "[{\"status_code\":200", new string('x', 2000));
        foreach (var archive in new[] { [], "no archive"u8.ToArray(), whole[..(whole.Length / 2)], whole })
        {
            var reading = MailchimpBatchResults.Read(new MemoryStream(archive), new WebhookAccount());

            Assert.Empty(reading.Reports);
            Assert.NotEmpty(reading.NotUnderstood);
        }
    }

    [Fact]
    public void Should_not_unpack_without_end()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 200; i++)
            {
                gzip.Write(zeros);
            }
        }

        packed.Position = 0;
        var reading = MailchimpBatchResults.Read(packed, new WebhookAccount());

        Assert.Contains("larger than", reading.NotUnderstood[0].Reason, StringComparison.Ordinal);
    }
}
