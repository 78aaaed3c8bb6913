using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using BounceActors.Sources.Tests.Webhooks;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Service.Tests.Webhooks;

/// <summary>Webhooks through the real door, from the wire to the decision.</summary>
public sealed class WebhookSpecs(WebhookService service) : IClassFixture<WebhookService>
{
    private const string Gone = """[{"email":"ADDRESS","timestamp":1772539200,"event":"bounce","type":"bounce","reason":"550 5.1.1 user unknown","status":"5.1.1","sg_event_id":"ID","sg_message_id":"m-ID","smtp-id":"<ID@sender.example>"}]""";

    public static IEnumerable<object[]> Sources => WebhookSources.All.Keys.Order(StringComparer.Ordinal).Select(s => new object[] { s });

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Should_take_everything_its_sender_sends_and_decide_all_of_it(string source)
    {
        foreach (var fixture in Fixtures.All.Where(f => f.Source == source && !f.Name.StartsWith("EventBridge", StringComparison.Ordinal)))
        {
            var payload = await service.DecidedAsync(service.Signed(source, fixture.Body, fixture.ContentType));

            var nobody = fixture.Expected.Count(e => e.Contains(" nobody ", StringComparison.Ordinal));
            Assert.True((long)payload["reports"]! == fixture.Expected.Length - nobody, $"{fixture}: {payload}");
            Assert.Equal((fixture.ToString(), (long)nobody), (fixture.ToString(), (long)payload["problemCount"]!));
            Assert.Equal(nobody == 0 ? "done" : nobody == fixture.Expected.Length ? "dead" : "partial", (string)payload["state"]!);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Should_store_nothing_without_the_senders_proof(string source)
    {
        var before = await service.StoredAsync(source);
        var fixture = Fixtures.All.First(f => f.Source == source);
        var signed = service.Signed(source, fixture.Body, fixture.ContentType);
        string[] proofs = ["signature", "authorization", "x-signature"];
        var bare = signed with
        {
            Url = new Uri(signed.Url.GetLeftPart(UriPartial.Path)),
            Headers = signed.Headers.Where(h => !proofs.Any(p => h.Key.Contains(p, StringComparison.OrdinalIgnoreCase))).ToDictionary(),
            Body = source switch
            {
                "mailgun" => Encoding.UTF8.GetBytes(fixture.Body),
                "ses" => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(signed.Body.Span).Replace("\"Signature\"", "\"NoSignature\"", StringComparison.Ordinal)),
                _ => signed.Body,
            },
        };

        using var without = await service.SendAsync(bare);
        Assert.InRange((int)without.StatusCode, 400, 403);

        var tampered = signed with
        {
            Url = new Uri(signed.Url.OriginalString.Replace("mc-secret", "guessed", StringComparison.Ordinal)),
            Headers = signed.Headers.ToDictionary(h => h.Key, h => proofs.Any(p => h.Key.Contains(p, StringComparison.OrdinalIgnoreCase)) ? Other(h.Value) : h.Value),
            Body = source is "mailgun" or "ses" ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(signed.Body.Span).Replace("ignature\":\"", "ignature\":\"0", StringComparison.Ordinal)) : signed.Body,
        };
        using var wrong = await service.SendAsync(tampered);
        Assert.InRange((int)wrong.StatusCode, 400, 403);
        Assert.StartsWith("application/problem+json", wrong.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);

        Assert.Equal(before, await service.StoredAsync(source));
        Assert.DoesNotContain("password", service.Logs, StringComparison.Ordinal);

        static string Other(string value) => value[..^4] + (value[^4] == 'A' ? "B" : "A") + value[^3..];
    }

    [Fact]
    public async Task Should_name_the_sources_there_are_for_one_that_is_not()
    {
        using var typo = await service.PostAsync("/v1/webhooks/sendgird", "[]");
        using var unheard = await service.PostAsync("/v1/webhooks/pigeons-of-the-post", "[]");
        using var account = await service.PostAsync("/v1/webhooks/sendgrid/other", "[]");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (typo.StatusCode, unheard.StatusCode, account.StatusCode));
        Assert.Contains("did you mean sendgrid?", await typo.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("brevo, generic, kumomta", await unheard.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("Sources:Webhooks:sendgrid:NAME", await account.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_count_once_what_is_delivered_again()
    {
        var body = Event("twice@hook.example", "twice");
        var first = service.Signed("sendgrid", body);

        await service.DecidedAsync(first);
        await service.DecidedAsync(first);
        await service.DecidedAsync(service.Signed("sendgrid", body.Replace("\"sg_event_id\":\"twice\"", "\"sg_event_id\":\"another-id-for-the-same\"", StringComparison.Ordinal)));

        Assert.Equal(1, await BouncesAsync("twice@hook.example"));
    }

    [Fact]
    public async Task Should_take_what_was_signed_long_ago_and_mark_it_late()
    {
        var before = await LateAsync();
        var payload = await service.DecidedAsync(service.Signed("sendgrid", Event("late@hook.example", "late"), at: TimeProvider.System.GetUtcNow().AddHours(-20)));

        Assert.Equal("done", (string)payload["state"]!);
        Assert.Equal(before + 1, await LateAsync());

        async Task<long> LateAsync() => (long?)(await service.GetJsonAsync("/admin/sources"))["sources"]!.AsArray()
            .FirstOrDefault(s => (string)s!["source"]! == "sendgrid")?["late"] ?? 0;
    }

    [Fact]
    public async Task Should_refuse_what_is_old_where_every_attempt_is_signed_anew()
    {
        var fixture = Fixtures.All.First(f => f.Source == "resend");
        using var answer = await service.SendAsync(service.Signed("resend", fixture.Body, at: TimeProvider.System.GetUtcNow().AddMinutes(-6)));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("timestamp_stale", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_store_one_webhook_of_one_id_once()
    {
        var request = service.Signed("resend", Fixtures.All.First(f => f.Source == "resend").Body);
        var first = await service.DecidedAsync(request);

        using var again = await service.SendAsync(request);
        var answer = JsonNode.Parse(await again.Content.ReadAsStringAsync())!;

        Assert.True((bool)answer["repeated"]!);
        Assert.Equal((string)first["id"]!, (string)answer["id"]!);
    }

    [Fact]
    public async Task Should_tell_Mailgun_to_give_up_on_a_token_that_comes_with_another_body()
    {
        var request = service.Signed("mailgun", Fixtures.All.First(f => f.Source == "mailgun" && f.ContentType == "application/json").Body);
        using var first = await service.SendAsync(request);
        using var retry = await service.SendAsync(request);
        var forged = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request.Body.Span).Replace("one.example", "victim.example", StringComparison.Ordinal));
        using var replayed = await service.SendAsync(request with { Body = forged });

        Assert.Equal((200, 200, 406), ((int)first.StatusCode, (int)retry.StatusCode, (int)replayed.StatusCode));
    }

    [Fact]
    public async Task Should_answer_what_senders_ask_before_they_send()
    {
        using var head = await service.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v1/webhooks/mandrill"));
        using var get = await service.Http.GetAsync("/v1/webhooks/mailchimp?secret=mc-secret");
        using var put = await service.Http.PutAsync("/v1/webhooks/sendgrid", new StringContent("[]"));

        Assert.Equal((200, 200, 405), ((int)head.StatusCode, (int)get.StatusCode, (int)put.StatusCode));
    }

    [Fact]
    public async Task Should_confirm_the_subscription_of_a_topic_that_is_allowed_and_no_other()
    {
        const string Subscribe = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc";
        service.Amazon.Serve(Subscribe, "<ok/>"u8.ToArray());
        var body = $$"""{"Type":"SubscriptionConfirmation","Message":"You have chosen to subscribe","SubscribeURL":"{{Subscribe}}"}""";

        using var confirmed = await service.SendAsync(service.Signed("ses", body));
        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        Assert.Single(service.Amazon.Asked, Subscribe);

        var stranger = service.Sender.Sign("ses", new WebhookAccount { TopicArns = ["arn:aws:sns:eu-west-1:999999999999:theirs"] }, new Uri(service.Http.BaseAddress!, "/v1/webhooks/ses"), "text/plain", body, TimeProvider.System.GetUtcNow());
        using var refused = await service.SendAsync(stranger);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Single(service.Amazon.Asked, Subscribe);
    }

    [Fact]
    public async Task Should_raise_an_alert_at_an_unsubscription_and_never_follow_it()
    {
        const string Subscribe = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=again";
        var body = $$"""{"Type":"UnsubscribeConfirmation","Message":"You have unsubscribed","SubscribeURL":"{{Subscribe}}"}""";

        using var answer = await service.SendAsync(service.Signed("ses", body));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(Subscribe, service.Amazon.Asked);
        Assert.NotNull((string?)(await service.GetJsonAsync("/admin/sources"))["sources"]!.AsArray().Single(s => (string)s!["source"]! == "ses")!["unsubscribedAt"]);
    }

    [Fact]
    public async Task Should_ask_Amazon_to_come_again_while_its_certificate_cannot_be_fetched()
    {
        var request = service.Signed("ses", Fixtures.All.First(f => f.Source == "ses").Body);
        var elsewhere = Encoding.UTF8.GetString(request.Body.Span).Replace("selftest.pem", "unknown.pem", StringComparison.Ordinal);

        using var answer = await service.SendAsync(request with { Body = Encoding.UTF8.GetBytes(elsewhere) });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        var foreign = Encoding.UTF8.GetString(request.Body.Span).Replace("sns.eu-west-1.amazonaws.com", "sns.eu-west-1.amazonaws.com.evil.example", StringComparison.Ordinal);
        using var refused = await service.SendAsync(request with { Body = Encoding.UTF8.GetBytes(foreign) });
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.DoesNotContain(service.Amazon.Asked, a => a.Contains("evil", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_refuse_ten_megabytes()
    {
        var before = await service.StoredAsync("postmark");
        using var answer = await service.SendAsync(service.Signed("postmark", $"{{\"RecordType\":\"Bounce\",\"Content\":\"{new string('x', 10_000_000)}\"}}"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(before, await service.StoredAsync("postmark"));
    }

    [Fact]
    public async Task Should_decide_five_thousand_events_of_one_request()
    {
        var body = $"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => Event($"r{i}@many.example", $"many-{i}")[1..^1]))}]";

        var payload = await service.DecidedAsync(service.Signed("sendgrid", body));

        Assert.Equal(("done", 5_000), ((string)payload["state"]!, (long)payload["reports"]!));
        Assert.Equal(1, await BouncesAsync("r4999@many.example"));
    }

    [Theory]
    [InlineData("sendgrid")]
    [InlineData("postmark")]
    [InlineData("mailjet")]
    [InlineData("kumomta")]
    public async Task Should_take_truncated_JSON_and_make_a_dead_letter_of_it(string source)
    {
        var whole = Fixtures.All.First(f => f.Source == source).Body.Trim();
        var payload = await service.DecidedAsync(service.Signed(source, whole[..(whole.Length / 2)]));

        Assert.Contains((string)payload["state"]!, new[] { "dead", "partial" });
        Assert.NotEmpty(payload["problems"]!.AsArray());
        var letters = await service.GetJsonAsync($"/admin/deadletters?source={source}");
        Assert.Contains(letters["items"]!.AsArray(), l => (string)l!["id"]! == (string)payload["id"]!);
    }

    [Fact]
    public async Task Should_read_a_dead_letter_again_and_count_nothing_twice()
    {
        var body = $"[{Event("once@dead.example", "dead-1")[1..^1]},{{\"event\":\"bounce\"}},7]";
        var payload = await service.DecidedAsync(service.Signed("sendgrid", body));
        Assert.Equal(("partial", 1, 2), ((string)payload["state"]!, (long)payload["reports"]!, (long)payload["problemCount"]!));
        var id = (string)payload["id"]!;

        var (status, replay) = await service.PostJsonAsync($"/admin/deadletters/{id}/replay", "");
        Assert.Equal((202, 1), (status, (long)replay["payloads"]!));
        await Running.RunningService.UntilAsync(async () => (long)(await service.GetJsonAsync($"/admin/inbox/replays/{(string)replay["id"]!}"))["pending"]! == 0);

        Assert.Equal("partial", (string)(await service.PayloadAsync(id))["state"]!);
        Assert.Equal(1, await BouncesAsync("once@dead.example"));
        var (range, all) = await service.PostJsonAsync("/admin/inbox/replay?source=sendgrid&from=2020-01-01T00:00:00Z", "");
        Assert.Equal(202, range);
        await Running.RunningService.UntilAsync(async () => (long)(await service.GetJsonAsync($"/admin/inbox/replays/{(string)all["id"]!}"))["pending"]! == 0);
        Assert.Equal(1, await BouncesAsync("once@dead.example"));
        Assert.Equal(400, (await service.PostJsonAsync("/admin/inbox/replay", "")).Status);
    }

    [Fact]
    public async Task Should_show_what_came_without_its_credentials()
    {
        var payload = await service.DecidedAsync(service.Signed("postmark", Fixtures.All.First(f => f.Source == "postmark").Body));

        Assert.Contains("RecordType", (string)payload["text"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("authorization", payload["headers"]!.AsObject().Select(h => h.Key), StringComparer.OrdinalIgnoreCase);
        using var body = await service.Http.GetAsync($"/admin/inbox/{(string)payload["id"]!}/body");
        Assert.Equal("application/octet-stream", body.Content.Headers.ContentType!.ToString());
        Assert.Equal(Fixtures.All.First(f => f.Source == "postmark").Body, await body.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Should_count_one_bounce_once_whether_it_comes_by_webhook_or_by_mail()
    {
        const string Address = "both@channels.example";
        var mail = string.Join("\r\n",
            "From: MAILER-DAEMON@mx.sender.example",
            "To: bounces@sender.example",
            "Subject: Undelivered Mail Returned to Sender",
            "Date: Tue, 3 Mar 2026 12:04:10 +0000",
            "Message-ID: <notice-1@mx.sender.example>",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            "",
            "--b", "Content-Type: text/plain", "", "Your message could not be delivered.", "",
            "--b", "Content-Type: message/delivery-status", "",
            "Reporting-MTA: dns; mx.sender.example", "",
            $"Final-Recipient: rfc822; {Address}", "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 user unknown", "",
            "--b", "Content-Type: text/rfc822-headers", "", "From: news@sender.example", $"To: {Address}", "Message-ID: <letter-both@sender.example>", "Subject: Hi", "",
            "--b--", "");

        await service.DecidedAsync(service.Signed("sendgrid", Event(Address, "both").Replace("<both@sender.example>", "<letter-both@sender.example>", StringComparison.Ordinal)));
        using var posted = await service.PostAsync("/v1/mail", mail, "message/rfc822");
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);

        Assert.Equal(1, await BouncesAsync(Address));
        var trail = await service.GetJsonAsync($"/v1/recipients/{Address}/trail");
        Assert.Equal(2, trail["entries"]!.AsArray().Count);
    }

    private static string Event(string address, string id) => Gone.Replace("ADDRESS", address, StringComparison.Ordinal).Replace("ID", id, StringComparison.Ordinal);

    private async Task<int> BouncesAsync(string address) => (int)(await service.GetJsonAsync($"/v1/recipients/{address}"))["standing"]!["bounceCount"]!;
}

/// <summary>Whether what should come comes.</summary>
public sealed class SourceSpecs(WebhookService service) : IClassFixture<WebhookService>
{
    public static IEnumerable<object[]> Sources => WebhookSpecs.Sources;

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Should_follow_a_signed_synthetic_event_to_its_decision_and_back(string source)
    {
        var (status, answer) = await service.PostJsonAsync($"/admin/sources/{source}/selftest", "");

        Assert.Equal(200, status);
        Assert.True((bool)answer["passed"]!, answer.ToString());
        var result = Assert.Single(answer["results"]!.AsArray())!;
        Assert.Equal(["proved", "stored", "worked on", "decided"], result["steps"]!.AsArray().Select(s => (string)s!["step"]!));
        Assert.Equal("bounce user_not_found", (string)result["steps"]![3]!["detail"]!);
        Assert.InRange((double)result["milliseconds"]!, 0.001, 60_000);
    }
}
