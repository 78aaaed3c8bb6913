using System.Net;
using System.Text.Json.Nodes;
using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests;

/// <summary>What can be asked and changed once reports are in.</summary>
[Collection(OneService.Name)]
public sealed class QuerySpecs(RunningService service)
{
    private async Task ReportAsync(string recipient, string rest = "\"diagnostic\": \"550 5.1.1 User unknown\"") =>
        Assert.Equal(200, (await service.PostJsonAsync("/v1/events", $$"""{ "recipient": "{{recipient}}", {{rest}} }""")).Status);

    [Fact]
    public async Task Should_show_a_recipient_and_explain_every_decision_in_its_trail()
    {
        await ReportAsync("trail@query.example", """ "messageId": "t-1", "diagnostic": "550 5.1.1 <trail@query.example> User unknown", "sourceEventId": "x1" """);

        var recipient = await service.GetJsonAsync("/v1/recipients/trail%40query.example");
        var trail = await service.GetJsonAsync("/v1/recipients/trail@query.example/trail");

        Assert.Equal("deny", (string)recipient["check"]!["verdict"]!);
        Assert.True((bool)trail["complete"]!);
        var entry = Assert.Single(trail["entries"]!.AsArray())!;
        Assert.Equal("550 5.1.1 <address> User unknown", (string)entry["report"]!["diagnostic"]!);
        Assert.Contains("rule user_unknown_generic judged it user_not_found with confidence 0.95", (string)entry["sentences"]![0]!, StringComparison.Ordinal);
        Assert.Contains("The recipient was removed from all active lists.", entry["sentences"]!.AsArray().Select(s => (string)s!));
        Assert.Equal((string)entry["eventId"]!, (string)trail["now"]!["suppressions"]![0]!["causes"]![0]!);
    }

    [Fact]
    public async Task Should_answer_a_check_in_the_order_asked()
    {
        await ReportAsync("checked@query.example");
        const string Request = """{ "addresses": ["clean@query.example", "checked@query.example", "no address"], "stream": "marketing", "senderDomain": "company.com" }""";
        string[] expected = ["clean@query.example allow", "checked@query.example deny", "no address deny"];

        var (_, asked) = await service.PostJsonAsync("/v1/suppressions/check?consistent=true", Request);
        Assert.Equal(expected, Verdicts(asked));
        await RunningService.UntilAsync(async () => expected.SequenceEqual(Verdicts((await service.PostJsonAsync("/v1/suppressions/check", Request)).Body)));

        static IEnumerable<string> Verdicts(JsonNode answer) => answer["results"]!.AsArray().Select(r => $"{r!["address"]} {r["verdict"]}");
    }

    [Fact]
    public async Task Should_answer_a_check_from_the_index_as_the_recipients_themselves_do()
    {
        // Of every kind: decided in memory, by the read store because of a stream or an end, written with escapes, and no address at all.
        await ReportAsync("removed@same.example");
        await ReportAsync("held@same.example", "\"diagnostic\": \"452 4.2.2 Mailbox full\"");
        await ReportAsync("news@same.example", "\"outcome\": \"unsubscribe\", \"stream\": \"news\"");
        await ReportAsync("josé@münchen.example");
        Assert.Equal(200, (await service.PostJsonAsync("/v1/suppressions", """{ "recipient": "until@same.example", "actor": "ops", "reason": "said \"no\"", "until": "2099-01-01T00:00:00Z" }""")).Status);
        const string Addresses = """["removed@same.example", "Held@SAME.example", "news@same.example", "jos\u00e9@m\u00fcnchen.example", "until@same.example", "clean@same.example", "<removed@same.example>", "nobody", "a\"b@same.example"]""";
        foreach (var stream in new[] { "", ", \"stream\": \"news\"", ", \"stream\": null" })
        {
            var request = $$"""{ "addresses": {{Addresses}}{{stream}} }""";
            var (_, asked) = await service.PostJsonAsync("/v1/suppressions/check?consistent=true", request);
            var expected = Shown(asked);
            await RunningService.UntilAsync(async () => expected.SequenceEqual(Shown((await service.PostJsonAsync("/v1/suppressions/check", request)).Body)));
        }

        static IReadOnlyList<string> Shown(JsonNode answer) =>
            [.. answer["results"]!.AsArray().Select(r => $"{r!["address"]} {r["verdict"]} {r["level"]} {(r["until"] is { } until ? $"{(DateTimeOffset)until:yyyy-MM-ddTHH:mm:ss.fff}" : "never")} {r["reason"]}")];
    }

    [Theory]
    [InlineData("""{ "addresses": ["a@b.example"], "adresses": [] }""", "adresses")]
    [InlineData("""{ "stream": "news" }""", "addresses")]
    [InlineData("""{ "addresses": "a@b.example" }""", "addresses")]
    [InlineData("""{ "addresses": [], "addresses": [] }""", "addresses")]
    [InlineData("""{ "addresses": [], "stream": 7 }""", "stream")]
    public async Task Should_say_what_is_wrong_with_a_check(string request, string field)
    {
        var (status, problem) = await service.PostJsonAsync("/v1/suppressions/check", request);

        Assert.Equal((400, field), (status, (string)problem["field"]!));
    }

    [Fact]
    public async Task Should_take_a_hundred_thousand_addresses_at_once_and_fewer_consistently()
    {
        var addresses = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"u{i}@lots.example\""));
        var (status, answer) = await service.PostJsonAsync("/v1/suppressions/check", $$"""{ "addresses": [{{addresses}}] }""");
        var (refused, problem) = await service.PostJsonAsync("/v1/suppressions/check?consistent=true", $$"""{ "addresses": [{{addresses}}] }""");

        Assert.Equal((200, 100_000), (status, answer["results"]!.AsArray().Count));
        Assert.Equal((413, "addresses"), (refused, (string)problem["field"]!));
    }

    [Fact]
    public async Task Should_add_list_and_lift_a_suppression_with_actor_and_reason()
    {
        var (_, added) = await service.PostJsonAsync("/v1/suppressions", """{ "recipient": "hand@query.example", "actor": "ops", "reason": "asked by phone" }""");
        Assert.Equal("manual", (string)added["suppression"]!["level"]!);
        await RunningService.UntilAsync(async () => (await service.GetJsonAsync("/v1/suppressions?level=manual&limit=1000"))["items"]!.AsArray()
            .Any(i => (string?)i!["recipient"] == "hand@query.example" && (string?)i["suppression"]!["actor"] == "ops"));

        using var noReason = await service.Http.DeleteAsync("/v1/suppressions/hand@query.example?actor=ops");
        using var lifted = await service.Http.DeleteAsync("/v1/suppressions/hand@query.example?actor=ops&reason=mistake&level=manual");

        Assert.Equal(HttpStatusCode.BadRequest, noReason.StatusCode);
        Assert.Equal("reason", (string)JsonNode.Parse(await noReason.Content.ReadAsStringAsync())!["field"]!);
        var answer = JsonNode.Parse(await lifted.Content.ReadAsStringAsync())!;
        Assert.Equal(("manual", "none"), ((string)answer["suppression"]!["previousLevel"]!, (string)answer["suppression"]!["level"]!));
        var trail = await service.GetJsonAsync("/v1/recipients/hand@query.example/trail");
        Assert.Equal(["suppression_lifted", "suppression_added"], trail["entries"]!.AsArray().Select(e => (string)e!["kind"]!));
        Assert.Equal("ops lifted manual: mistake.", (string)trail["entries"]![0]!["sentences"]![0]!);
    }

    [Theory]
    [InlineData("""{ "recipient": "a@b.example", "reason": "r" }""", "missing-field", "actor")]
    [InlineData("""{ "recipient": "a@b.example", "actor": " ", "reason": "r" }""", "missing-field", "actor")]
    [InlineData("""{ "recipient": "a@b.example", "actor": "a", "reason": "r", "level": "hard_suppressed" }""", "unknown-value", "level")]
    [InlineData("""{ "recipient": "a@b.example", "actor": "a", "reason": "r", "until": "2020-01-01T00:00:00Z" }""", "invalid-value", "until")]
    [InlineData("""{ "recipient": "nobody", "actor": "a", "reason": "r" }""", "invalid-address", "recipient")]
    [InlineData("""{ "recipient": "a@b.example", "actor": "a", "reason": "r", "lvl": "legal" }""", "unknown-field", "lvl")]
    public async Task Should_name_what_is_wrong_with_a_suppression(string body, string type, string field)
    {
        var (status, problem) = await service.PostJsonAsync("/v1/suppressions", body);

        Assert.Equal((400, $"urn:bounceactors:problem:{type}", field), (status, (string)problem["type"]!, (string)problem["field"]!));
    }

    [Theory]
    [InlineData("/v1/recipients/nobody", "address")]
    [InlineData("/v1/recipients/a@b.example/trail?limit=0", "limit")]
    [InlineData("/v1/suppressions?cursor=wrong", "cursor")]
    [InlineData("/v1/suppressions?level=sofft", "level")]
    [InlineData("/v1/retries?state=gone", "state")]
    [InlineData("/v1/reviews?limit=x", "limit")]
    [InlineData("/v1/senders/a..example", "domain")]
    [InlineData("/v1/senders/a.example?from=2020-01-01T00:00:00Z", "from")]
    public async Task Should_name_what_is_wrong_with_a_question(string path, string field)
    {
        using var response = await service.Http.GetAsync(new Uri(service.Http.BaseAddress + path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(field, (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["field"]!);
    }

    [Fact]
    public async Task Should_keep_a_senders_reputation_and_statistics()
    {
        await ReportAsync("s1@query.example", """ "sender": "news@reputed.example", "diagnostic": "550 5.7.1 Sender blocked due to poor reputation" """);
        await RunningService.UntilAsync(async () => (int)(await service.GetJsonAsync("/v1/senders/reputed.example"))["standing"]!["reputationBlocks"]! == 1);

        // The actor counts first, the tables follow.
        await RunningService.UntilAsync(async () => (await service.GetJsonAsync("/v1/senders/reputed.example"))["hours"]!.AsArray().Count > 0);

        var sender = await service.GetJsonAsync("/v1/senders/Reputed.example");
        Assert.Equal((90, "critical", true), ((int)sender["standing"]!["score"]!, (string)sender["standing"]!["severity"]!, (bool)sender["standing"]!["alert"]!));
        Assert.Equal("reputation_block", (string)sender["hours"]![0]!["category"]!);
    }

    [Fact]
    public async Task Should_list_reviews_and_judge_the_recipient_anew_when_one_is_corrected()
    {
        await ReportAsync("review@query.example", """ "messageId": "r-1", "smtpCode": 550, "diagnostic": "550 Message filtered as spam" """);
        JsonNode? review = null;
        await RunningService.UntilAsync(async () => (review = await ReviewOfAsync("review@query.example")) is not null);
        Assert.Equal((80, "spam_filter", "open"), ((int)review!["priority"]!, (string)review["category"]!, (string)review["state"]!));

        var path = $"/v1/reviews/{review["id"]}/resolve";
        var (_, wrong) = await service.PostJsonAsync(path, """{ "category": "user_gone", "actor": "ops", "reason": "r" }""");
        var (status, resolved) = await service.PostJsonAsync(path, """{ "category": "user_not_found", "actor": "ops", "reason": "the mailbox is gone" }""");

        Assert.Equal("category", (string)wrong["field"]!);
        Assert.Equal((200, true), (status, (bool)resolved["suppression"]!["removed"]!));
        await RunningService.UntilAsync(async () => await ReviewOfAsync("review@query.example") is null);
        var (again, _) = await service.PostJsonAsync(path, """{ "actor": "ops", "reason": "r" }""");
        var (unknown, _) = await service.PostJsonAsync($"/v1/reviews/{Guid.Empty}/resolve", """{ "actor": "ops", "reason": "r" }""");
        Assert.Equal((409, 404), (again, unknown));

        async Task<JsonNode?> ReviewOfAsync(string recipient) =>
            (await service.GetJsonAsync("/v1/reviews?limit=1000"))["items"]!.AsArray().FirstOrDefault(r => (string?)r!["recipient"] == recipient);
    }

    [Fact]
    public async Task Should_look_into_the_engine()
    {
        await ReportAsync("admin@query.example", """ "messageId": "a-1", "diagnostic": "452 4.2.2 Mailbox full" """);

        var actor = await service.GetJsonAsync("/admin/recipients/admin@query.example");
        var cluster = await service.GetJsonAsync("/admin/cluster");
        var shards = await service.GetJsonAsync("/admin/shards");
        var workers = await service.GetJsonAsync("/admin/workers");

        Assert.Equal((1, "a-1"), ((int)actor["sequenceNr"]!, (string)actor["retries"]![0]!["messageId"]!));
        Assert.Equal("up", (string)cluster["members"]![0]!["status"]!);
        Assert.Contains(shards["shards"]!.AsArray(), s => (string?)s!["type"] == "recipient" && (string?)s["shard"] == (string)actor["shard"]!);
        Assert.Equal((string)cluster["self"]!, (string?)actor["node"]);
        Assert.Equal(4, workers["workers"]!.AsArray().Count(w => (string?)w!["name"] == "retries" && (string?)w["node"] == (string)cluster["self"]!));
        Assert.Contains(workers["workers"]!.AsArray(), w => (string?)w!["name"] == "projections");
        await RunningService.UntilAsync(async () => (await service.GetJsonAsync("/admin/projections"))["projections"]!.AsArray().Count > 0);
    }

    [Fact]
    public async Task Should_not_drain_a_node_that_is_not_there_nor_the_last_one()
    {
        var self = (string)(await service.GetJsonAsync("/admin/cluster"))["self"]!;
        const string Why = """{ "actor": "ops", "reason": "new kernel" }""";

        var (unknown, said) = await service.PostJsonAsync("/admin/cluster/nodes/elsewhere:4053/drain", Why);
        var (last, _) = await service.PostJsonAsync($"/admin/cluster/nodes/{self.Split('@')[1]}/drain", Why);
        var (nobody, _) = await service.PostJsonAsync($"/admin/cluster/nodes/{self.Split('@')[1]}/drain", """{ "reason": "new kernel" }""");

        Assert.Equal((404, 409, 400), (unknown, last, nobody));
        Assert.Contains(self, (string)said["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_try_a_text_and_show_every_rule_that_matched()
    {
        var (status, explained) = await service.PostJsonAsync("/admin/classifier", """{ "diagnostic": "550 user unknown, mailbox full" }""");

        Assert.Equal(200, status);
        Assert.Equal(["user_unknown_generic", "mailbox_full"], explained["matches"]!.AsArray().Select(m => (string)m!["rule"]!).Where(r => r is "user_unknown_generic" or "mailbox_full"));
        Assert.NotEmpty(explained["why"]!.AsArray());
    }
}
