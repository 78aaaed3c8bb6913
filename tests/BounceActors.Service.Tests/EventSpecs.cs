using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests;

/// <summary><c>POST /v1/events</c> over the wire, with the real engine behind it.</summary>
[Collection(OneService.Name)]
public sealed class EventSpecs(RunningService service)
{
    private const string GuideSamples = """
        [
          { "recipient": "user@example.com", "sender": "newsletter@company.com", "messageId": "msg_12345", "smtpCode": "550", "enhancedCode": "5.1.1",
            "diagnostic": "550 5.1.1 User unknown in virtual mailbox table" },
          { "recipient": "full@mailbox.com", "sender": "newsletter@company.com", "messageId": "msg_12346", "smtpCode": "452", "enhancedCode": "4.2.2",
            "diagnostic": "452 4.2.2 Mailbox full" },
          { "recipient": "blocked@sender.com", "sender": "newsletter@company.com", "messageId": "msg_12347", "smtpCode": "550", "enhancedCode": "5.7.1",
            "diagnostic": "550 5.7.1 Sender blocked due to poor reputation" }
        ]
        """;

    [Fact]
    public async Task Should_answer_the_guides_samples_with_the_guides_numbers()
    {
        var (status, answer) = await service.PostJsonAsync("/v1/events", GuideSamples);

        Assert.Equal(200, status);
        var results = answer["results"]!.AsArray();
        Assert.Equal(
            ["user_not_found remove_immediately 0.95 low 0", "mailbox_full retry_with_delay 0.9 low 0", "reputation_block update_reputation 0.88 critical -10"],
            results.Select(r => $"{r!["classification"]!["category"]} {r["action"]} {r["classification"]!["confidence"]} {r["senderImpact"]!["severity"]} {r["senderImpact"]!["scoreChange"]}"));
        Assert.True((bool)results[0]!["suppression"]!["removed"]!);
        Assert.Equal(1, (int)results[1]!["retry"]!["attempt"]!);
        Assert.True((bool)results[2]!["senderImpact"]!["alert"]!);

        // An hour, give or take the guide's jitter of a fifth.
        var retry = await service.GetJsonAsync("/admin/recipients/full@mailbox.com");
        var delay = retry["retries"]![0]!["dueAt"]!.GetValue<DateTimeOffset>() - retry["lastReportAt"]!.GetValue<DateTimeOffset>();
        Assert.InRange(delay.TotalSeconds, 0.8 * 3600 - 1, 1.2 * 3600 + 1);
    }

    [Fact]
    public async Task Should_answer_in_exactly_the_documented_shape()
    {
        var (_, answer) = await service.PostJsonAsync(
            "/v1/events", """[{ "recipient": "Shape@Golden.example", "messageId": "golden-1", "smtpCode": 452, "diagnostic": "452 4.2.2 Mailbox full" }, { "recipient": "nobody" }]""");

        var results = answer["results"]!;
        results[0]!["eventId"] = "EVENT";
        results[0]!["suppression"]!["until"] = "UNTIL";
        results[0]!["retry"]!["dueAt"] = "DUE";
        Assert.Equal(
            """
            {"results":[{"index":0,"recipient":"Shape@Golden.example","eventId":"EVENT","duplicate":false,"classification":{"outcome":"bounce","type":"soft_bounce","category":"mailbox_full","fault":"recipient","permanence":"transient","confidence":0.9,"rule":"mailbox_full"},"action":"retry_with_delay","suppression":{"level":"temporarily_suppressed","previousLevel":"none","until":"UNTIL","removed":false},"retry":{"attempt":1,"dueAt":"DUE"},"review":null,"senderImpact":{"severity":"low","scoreChange":0,"alert":false,"recommendations":[]},"error":null},{"index":1,"recipient":"nobody","eventId":null,"duplicate":null,"classification":null,"action":null,"suppression":null,"retry":null,"review":null,"senderImpact":null,"error":{"type":"urn:bounceactors:problem:invalid-address","title":"Not a mail address","field":"recipient","detail":"recipient is not a mail address: it has no @; an address like user@example.com is expected"}}]}
            """,
            answer.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public async Task Should_know_a_repeated_report_again()
    {
        const string Report = """{ "recipient": "twice@repeat.example", "messageId": "m-1", "occurredAt": "2026-01-05T10:00:00Z", "diagnostic": "550 user unknown", "sourceEventId": "e-1" }""";
        var (_, first) = await service.PostJsonAsync("/v1/events", Report);
        var (status, second) = await service.PostJsonAsync("/v1/events", Report);

        Assert.Equal(200, status);
        Assert.True((bool)second["results"]![0]!["duplicate"]!);
        Assert.Equal((string)first["results"]![0]!["eventId"]!, (string)second["results"]![0]!["eventId"]!);
        var recipient = await service.GetJsonAsync("/v1/recipients/twice@repeat.example");
        Assert.Equal(1, (int)recipient["standing"]!["bounceCount"]!);
    }

    [Fact]
    public async Task Should_take_one_object_per_line_by_type_or_by_first_byte()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 3).Select(i => $$"""{"recipient":"line{{i}}@lines.example","outcome":"delivered"}"""));

        var (byType, typed) = await service.PostJsonAsync("/v1/events", lines + "\n\n", "application/x-ndjson");
        var (bySniffing, sniffed) = await service.PostJsonAsync("/v1/events", lines, contentType: null);

        Assert.Equal((200, 200), (byType, bySniffing));
        Assert.Equal(["line0@lines.example", "line1@lines.example", "line2@lines.example"], typed["results"]!.AsArray().Select(r => (string)r!["recipient"]!));
        Assert.Equal(3, sniffed["results"]!.AsArray().Count);
    }

    [Fact]
    public async Task Should_record_the_rest_when_one_item_is_wrong()
    {
        var (status, answer) = await service.PostJsonAsync(
            "/v1/events",
            """
            {"recipient":"good1@rest.example","diagnostic":"550 user unknown"}
            {"recipient":"bad1@rest.example","diagnostic":
            {"recipient":"bad2@rest.example","diagnostic":"550 user unknown","colour":"red"}
            {"recipient":"good2@rest.example","diagnostic":"550 user unknown"}
            """,
            "application/x-ndjson");

        Assert.Equal(207, status);
        Assert.Equal(
            ["", "urn:bounceactors:problem:malformed-json", "urn:bounceactors:problem:unknown-field", ""],
            answer["results"]!.AsArray().Select(r => (string?)r!["error"]?["type"] ?? ""));
        Assert.True((bool)(await service.GetJsonAsync("/v1/recipients/good2@rest.example"))["known"]!);
        Assert.False((bool)(await service.GetJsonAsync("/v1/recipients/bad2@rest.example"))["known"]!);
    }

    [Theory]
    [InlineData("""{ "outcome": "bounce" }""", "missing-field", "recipient")]
    [InlineData("""{ "recipient": null, "outcome": "bounce" }""", "missing-field", "recipient")]
    [InlineData("""{ "recipient": "a b@example.com", "outcome": "bounce" }""", "invalid-address", "recipient")]
    [InlineData("""{ "recipient": 7, "outcome": "bounce" }""", "wrong-type", "recipient")]
    [InlineData("""{ "recipient": "u@wrong.example" }""", "nothing-reported", "outcome")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounced" }""", "unknown-value", "outcome")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "not_a_report" }""", "unknown-value", "outcome")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounce", "occuredAt": "2026-01-01T00:00:00Z" }""", "unknown-field", "occuredAt")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounce", "occurredAt": "2999-01-01T00:00:00Z" }""", "future-date", "occurredAt")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounce", "occurredAt": "yesterday" }""", "invalid-value", "occurredAt")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounce", "occurredAt": 1767225600 }""", "wrong-type", "occurredAt")]
    [InlineData("""{ "recipient": "u@wrong.example", "smtpCode": 42 }""", "invalid-value", "smtpCode")]
    [InlineData("""{ "recipient": "u@wrong.example", "smtpCode": "5.1.1" }""", "wrong-type", "smtpCode")]
    [InlineData("""{ "recipient": "u@wrong.example", "enhancedCode": "5-1-1" }""", "invalid-value", "enhancedCode")]
    [InlineData("""{ "recipient": "u@wrong.example", "outcome": "bounce", "outcome": "delay" }""", "invalid-value", "outcome")]
    [InlineData("""["recipient"]""", "wrong-type", null)]
    [InlineData("""[]""", "missing-field", null)]
    [InlineData("\"text\"", "wrong-type", null)]
    [InlineData("""{ "recipient": "u@wrong.example", """, "malformed-json", null)]
    [InlineData("", "malformed-json", null)]
    [InlineData("""{ "recipient": "\ud800@wrong.example", "outcome": "bounce" }""", "malformed-json", "recipient")]
    public async Task Should_refuse_what_is_wrong_and_name_the_field(string body, string type, string? field)
    {
        using var response = await service.PostAsync("/v1/events", body);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"urn:bounceactors:problem:{type}", (string)problem["type"]!);
        Assert.Equal(field, (string?)problem["field"]);
        Assert.False((bool)(await service.GetJsonAsync("/v1/recipients/u@wrong.example"))["known"]!);
    }

    [Fact]
    public async Task Should_suggest_the_field_that_was_meant()
    {
        var (_, problem) = await service.PostJsonAsync("/v1/events", """{ "recipient": "u@wrong.example", "smtp_code": 550 }""");

        Assert.Equal("there is no field 'smtp_code'; did you mean smtpCode?", (string)problem["detail"]!);
    }

    [Fact]
    public async Task Should_refuse_a_list_of_wrong_items_as_a_whole_and_say_why_each()
    {
        var (status, problem) = await service.PostJsonAsync("/v1/events", """[{ "recipient": "x" }, { "outcome": "bounce" }]""");

        Assert.Equal(400, status);
        Assert.Equal("urn:bounceactors:problem:no-item-accepted", (string)problem["type"]!);
        Assert.Equal(2, problem["results"]!.AsArray().Count(r => r!["error"] is not null));
    }

    [Fact]
    public async Task Should_refuse_too_many_items_before_recording_any()
    {
        var items = string.Join(',', Enumerable.Range(0, 100_000).Select(i => i == 0 ? """{"recipient":"first@many.example","outcome":"bounce"}""" : """{"recipient":"m@many.example"}"""));
        var (asList, list) = await service.PostJsonAsync("/v1/events", $"[{items}]");
        var (asLines, lines) = await service.PostJsonAsync("/v1/events", items.Replace("},{", "}\n{", StringComparison.Ordinal), "application/x-ndjson");

        Assert.Equal((413, 413), (asList, asLines));
        Assert.Equal("urn:bounceactors:problem:too-many-items", (string)list["type"]!);
        Assert.Equal("100000 items in one request; at most 10000 are taken (Service:MaxItems)", (string)lines["detail"]!);
        Assert.False((bool)(await service.GetJsonAsync("/v1/recipients/first@many.example"))["known"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_refuse_a_body_of_ten_megabytes(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(new byte[10_000_000]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var response = await service.Http.SendAsync(request);

        Assert.Equal(413, (int)response.StatusCode);
        Assert.Equal("urn:bounceactors:problem:body-too-large", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]!);
    }

    [Theory]
    [InlineData("POST", "/v1/events", "text/csv", 415, "unsupported-media-type")]
    [InlineData("POST", "/v1/events", "application/x-www-form-urlencoded", 415, "unsupported-media-type")]
    [InlineData("PUT", "/v1/events", "application/json", 405, "method-not-allowed")]
    [InlineData("POST", "/v1/event", "application/json", 404, "not-found")]
    [InlineData("POST", "/v1/mail", "text/html", 415, "unsupported-media-type")]
    public async Task Should_answer_with_problem_details_what_the_framework_refuses(string method, string path, string contentType, int status, string type)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent("{}", new MediaTypeHeaderValue(contentType)) };
        using var response = await service.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"urn:bounceactors:problem:{type}", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]!);
    }
}
