using System.Text.Json.Nodes;
using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests.LogsIn;

/// <summary><c>POST /v1/logs/{format}</c>.</summary>
[Collection(OneService.Name)]
public sealed class LogEndpointSpecs(RunningService service)
{
    private const string Text = "text/plain";

    [Fact]
    public async Task Should_decide_lines_with_the_earlier_lines_they_come_with_once()
    {
        var stamp = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        var lines =
            $"~{stamp} mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, size=1, nrcpt=1 (queue active)\n"
            + $" {stamp} mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<handed@over.example>, relay=mx.over.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.over.example[198.51.100.7] said: 550 5.1.1 User unknown (in reply to RCPT TO command))\n";

        var (status, first) = await service.PostJsonAsync("/v1/logs/postfix?timeZone=UTC&stream=news", lines, Text);
        var (again, second) = await service.PostJsonAsync("/v1/logs/postfix?timeZone=UTC&stream=news", " " + lines.Split("\n ")[1], Text);

        Assert.Equal((202, 202), (status, again));
        Assert.False((bool)first["repeated"]!);
        JsonNode? entry = null;
        foreach (var answer in new[] { first, second })
        {
            await RunningService.UntilAsync(async () => (string?)(entry = await service.GetJsonAsync($"/admin/inbox/{answer["inboxId"]}"))["state"] == "done");
        }

        var found = await service.GetJsonAsync("/v1/recipients/handed@over.example");
        Assert.Equal((1, true), ((int)found["standing"]!["bounceCount"]!, (bool)found["standing"]!["removed"]!));
    }

    [Fact]
    public async Task Should_know_a_text_again_that_was_sent_before()
    {
        const string Lines = " 2026-11-23 21:04:05 1vNabc-0001Xy-2z => fine@over.example R=dnslookup T=remote_smtp H=mx.over.example [198.51.100.7] C=\"250 OK\"\n";
        const string Path = "/v1/logs/exim?writtenBefore=2026-11-23T21:05:00Z";
        var (_, first) = await service.PostJsonAsync(Path, Lines, Text);
        var (_, second) = await service.PostJsonAsync(Path, Lines, Text);

        Assert.Equal((false, true), ((bool)first["repeated"]!, (bool)second["repeated"]!));
        Assert.Equal((string)first["inboxId"]!, (string)second["inboxId"]!);
    }

    [Theory]
    [InlineData("sendmail", " a line", "format must be one of postfix, exim, powermta, kumomta")]
    [InlineData("postfix?timeZone=Mars/Olympus", " a line", "timeZone must be a zone")]
    [InlineData("postfix?writtenBefore=soon", " a line", "writtenBefore must be a time")]
    [InlineData("postfix", " \r\n", "the body is empty")]
    public async Task Should_say_what_is_wrong_with(string format, string body, string detail)
    {
        var (status, answer) = await service.PostJsonAsync($"/v1/logs/{format}", body, Text);

        Assert.Equal(400, status);
        Assert.StartsWith(detail, (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_keep_lines_it_cannot_read_as_dead_letters()
    {
        var (status, answer) = await service.PostJsonAsync("/v1/logs/kumomta", "no mark, no record", Text);

        Assert.Equal(202, status);
        await RunningService.UntilAsync(async () => (string?)(await service.GetJsonAsync($"/admin/inbox/{answer["inboxId"]}"))["state"] == "dead");
    }
}
