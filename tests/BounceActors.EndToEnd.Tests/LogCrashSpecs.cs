using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests;

/// <summary>The process that follows a log dies in the middle of a file; the log is rotated meanwhile, once by renaming and once by copying.</summary>
public sealed class LogCrashSpecs
{
    private const int LinesOfEach = 600;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("bounceactors-log-").FullName;
    private int _written;

    private string LogPath => Path.Combine(_directory, "mail.log");

    [Fact]
    public async Task Should_decide_every_line_once_when_killed_in_the_middle_of_files_that_are_rotated_meanwhile()
    {
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Path.Combine(_directory, "data")}", "--Service:LogLevel=Warning", $"--Sources:Logs:mx1:Path={LogPath}", "--Sources:Logs:mx1:Format=postfix",
            "--Sources:Logs:mx1:TimeZone=UTC", "--Sources:Logs:mx1:PollMilliseconds=50",

            // One worker, so that accepted lines wait in the inbox when the kill comes.
            "--Inbox:Workers=1", "--Inbox:LeaseSeconds=5");
        Write(1);
        await service.StartAsync();

        await KillInTheMiddleAsync(service);
        Write(LinesOfEach);
        File.Move(LogPath, LogPath + ".1");
        Write(LinesOfEach);
        await service.StartAsync();

        await KillInTheMiddleAsync(service);
        Write(LinesOfEach);
        File.Move(LogPath + ".1", LogPath + ".2");
        File.Copy(LogPath, LogPath + ".1");
        File.WriteAllText(LogPath, "");
        Write(LinesOfEach);
        await service.StartAsync();

        await Eventually.TrueAsync(async () => (await LogAsync(service)).GetProperty("lagBytes").GetInt64() == 0 && !await IsPendingAsync(service), Patience, () => $"lines stay unread\n{service.Log}");
        await Parallel.ForEachAsync(Enumerable.Range(0, _written), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (line, cancel) =>
        {
            var recipient = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/{Address(line)}", cancel);
            Assert.Equal((Address(line), 1), (Address(line), recipient.GetProperty("standing").GetProperty("bounceCount").GetInt32()));
        });
    }

    /// <summary>Goes on writing until some of it is read and some is not, and then kills the reader.</summary>
    private async Task KillInTheMiddleAsync(ServiceProcess service)
    {
        var before = (await LogAsync(service)).GetProperty("reports").GetInt64();
        await Eventually.TrueAsync(
            async () =>
            {
                Write(LinesOfEach / 4);
                return (await LogAsync(service)).GetProperty("reports").GetInt64() > before;
            },
            Patience,
            () => $"nothing is read\n{service.Log}");

        // Written at once with the kill: there are always lines it has not read.
        Write(LinesOfEach);
        await service.KillAsync();
    }

    private static async Task<JsonElement> LogAsync(ServiceProcess service) =>
        Assert.Single((await service.Http.GetFromJsonAsync<JsonElement>("/admin/logs")).GetProperty("logs").EnumerateArray());

    private static async Task<bool> IsPendingAsync(ServiceProcess service) =>
        (await service.Http.GetFromJsonAsync<JsonElement>("/admin/inbox")).GetProperty("payloads").EnumerateArray().Any(p => p.GetProperty("state").GetString() == "pending");

    private static string Address(int line) => $"line{line}@log.example";

    private void Write(int lines)
    {
        var text = new StringBuilder();
        var now = TimeProvider.System.GetUtcNow();
        for (var i = 0; i < lines; i++, _written++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ssZ} mx1 postfix/smtp[1]: {_written + 0xA000000:X}: to=<{Address(_written)}>, relay=mx.log.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=5.2.2, status=bounced (host mx.log.example[198.51.100.7] said: 552 5.2.2 Mailbox full (in reply to RCPT TO command))\n");
        }

        using var file = new FileStream(LogPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
