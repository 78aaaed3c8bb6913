using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Sources.Tests.Webhooks;

/// <summary>What is kept of an event besides its outcome.</summary>
public class DetailSpecs
{
    private static BounceReport First(string source, WebhookAccount? account = null)
    {
        var fixture = Fixtures.All.First(f => f.Source == source && f.Expected.Length > 0);
        return Hook.Read(source, fixture.Body, account ?? (source == "generic" ? Fixtures.Generic : null), fixture.ContentType).Reports[0];
    }

    [Fact]
    public void Should_keep_what_SendGrid_says()
    {
        var report = First("sendgrid");

        Assert.Equal("letter.7@sender.example", report.MessageId);
        Assert.Equal(new DateTimeOffset(2026, 3, 3, 12, 0, 0, TimeSpan.Zero), report.OccurredAt);
        Assert.Equal((550, "5.1.1"), (report.SmtpCode!.Value, report.EnhancedCode.ToString()));
        Assert.Equal("550 5.1.1 The email account that you tried to reach does not exist", report.Diagnostic);
        Assert.Equal("198.51.100.1", report.SendingIp);
        Assert.Equal("Invalid Address", report.SourceClass);
        Assert.Equal(("news,spring", "blue", "a1"), (report.Metadata["tags"], report.Metadata["shop"], report.Metadata["sg_event_id"]));
    }

    [Fact]
    public void Should_give_a_retry_of_SendGrid_the_same_id_although_its_own_changes()
    {
        string Body(string id) => $$"""[{"email":"a@one.example","timestamp":1772539200,"event":"bounce","reason":"x","sg_message_id":"m","sg_event_id":"{{id}}"}]""";

        Assert.Equal(Hook.One("sendgrid", Body("1")).SourceEventId, Hook.One("sendgrid", Body("2")).SourceEventId);
        Assert.NotEqual(Hook.One("sendgrid", Body("1")).SourceEventId, Hook.One("sendgrid", Body("1").Replace("1772539200", "1772539201")).SourceEventId);
        Assert.NotEqual(Hook.One("sendgrid", Body("1")).SourceEventId, Hook.One("sendgrid", Body("1").Replace("a@one", "b@one")).SourceEventId);
    }

    [Fact]
    public void Should_hold_no_block_of_SendGrid_against_the_recipient()
    {
        foreach (var given in new[] { "Invalid Address", "Technical", "Mailbox Unavailable", "Unclassified", "Reputation", "Content", "Frequency or Volume Too High", "unheard of" })
        {
            var report = Hook.One("sendgrid", $$"""[{"email":"a@one.example","event":"bounce","type":"blocked","bounce_classification":"{{given}}","reason":""}]""");
            var verdict = new BounceClassifier(RuleSet.Default).Classify(report);

            Assert.Equal(StrikeWeight.None, Taxonomy.Of(verdict.Category).Strike);
        }
    }

    [Fact]
    public void Should_keep_what_SES_says_about_each_recipient()
    {
        var report = First("ses");

        Assert.Equal("0102017a-ses", report.MessageId);
        Assert.Equal("news@sender.example", report.Sender);
        Assert.Equal("550 5.1.1 user unknown", report.Diagnostic);
        Assert.Equal("a8-50.smtp-out.amazonses.com", report.ReportingMta);
        Assert.Equal("22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324:0", report.SourceEventId);
        Assert.Equal(DsnAction.Failed, report.Action);
        Assert.Equal("Permanent/General", report.SourceClass);
        Assert.Equal("spring", report.Campaign);
        Assert.Equal("letter.7@sender.example", report.Metadata["original_message_id"]);
    }

    [Fact]
    public void Should_say_when_a_complaint_of_SES_has_several_suspects()
    {
        var reading = Hook.Read("ses", """{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"a@one.example"},{"emailAddress":"b@one.example"}]}}""");

        Assert.Equal(["2", "2"], reading.Reports.Select(r => r.Metadata["suspects"]));
    }

    [Fact]
    public void Should_take_the_topics_of_an_SES_opt_out_for_streams()
    {
        var reading = Hook.Read("ses", """{"eventType":"Subscription","mail":{"destination":["a@one.example"]},"subscription":{"newTopicPreferences":{"unsubscribeAll":false,"topicSubscriptionStatus":[{"topicName":"Offers","subscriptionStatus":"OptOut"},{"topicName":"News","subscriptionStatus":"OptIn"}]}}}""", new WebhookAccount { Streams = new Dictionary<string, string> { ["Offers"] = "marketing" } });

        Assert.Equal("marketing", Assert.Single(reading.Reports).Stream);
    }

    [Fact]
    public void Should_keep_what_Postmark_says_and_not_take_its_description_for_a_reply()
    {
        var report = First("postmark");

        Assert.Equal("Bounce:4323372036854775807", report.SourceEventId);
        Assert.Equal(new DateTimeOffset(2026, 3, 3, 11, 59, 58, TimeSpan.Zero).AddTicks(1234567), report.OccurredAt);
        Assert.Equal("550 5.1.1 user unknown", report.Diagnostic);
        Assert.Equal("outbound", report.Stream);
        Assert.Equal(("welcome", "blue", "true", "true"), (report.Metadata["tags"], report.Metadata["shop"], report.Metadata["Inactive"], report.Metadata["CanActivate"]));
    }

    [Theory]
    [InlineData("mandrill", "m1", "news@sender.example", "198.51.100.1")]
    [InlineData("mailgun", "letter.7@sender.example", "bounce@sender.example", "198.51.100.1")]
    [InlineData("sparkpost", "000443ee14578172be22", "news@sender.example", "198.51.100.1")]
    [InlineData("mailjet", "17013698912345678", null, null)]
    [InlineData("brevo", "202603031159.letter@smtp-relay.mailin.fr", null, "198.51.100.1")]
    [InlineData("resend", "56761188-7520-42d8-8898-ff6fc54ce618", "news@sender.example", null)]
    [InlineData("kumomta", "letter.7@sender.example", "news@sender.example", "198.51.100.1")]
    [InlineData("postal", "letter.7@sender.example", "news@sender.example", null)]
    [InlineData("mailersend", "62f114f7165fe0d8db0288e2", "news@sender.example", null)]
    [InlineData("mailtrap", "b66ad660-c52d-11ed", null, null)]
    [InlineData("generic", "m1", null, null)]
    public void Should_keep_message_sender_and_address(string source, string message, string? sender, string? ip)
    {
        var report = First(source);

        Assert.Equal((message, sender, ip), (report.MessageId, report.Sender, report.SendingIp));
        Assert.InRange(report.OccurredAt!.Value, new DateTimeOffset(2026, 3, 3, 11, 59, 58, TimeSpan.Zero), new DateTimeOffset(2026, 3, 3, 12, 0, 1, TimeSpan.Zero));
        Assert.NotEmpty(report.Metadata["event"]);
    }

    [Theory]
    [InlineData("mailgun", "shop", "blue")]
    [InlineData("mailgun", "tags", "spring")]
    [InlineData("mandrill", "shop", "blue")]
    [InlineData("sparkpost", "shop", "blue")]
    [InlineData("mailjet", "CustomID", "helloworld")]
    [InlineData("brevo", "tags", "spring")]
    [InlineData("resend", "shop", "blue")]
    [InlineData("kumomta", "tenant", "acme")]
    [InlineData("postal", "tags", "welcome")]
    [InlineData("mailersend", "tags", "spring")]
    [InlineData("mailtrap", "shop", "blue")]
    [InlineData("generic", "shop", "blue")]
    public void Should_keep_tags_and_metadata(string source, string name, string value) => Assert.Equal(value, First(source).Metadata[name]);

    [Theory]
    [InlineData("sparkpost", "spring")]
    [InlineData("mailjet", "spring")]
    [InlineData("kumomta", "spring")]
    [InlineData("mailchimp", "c1")]
    public void Should_keep_the_campaign(string source, string campaign) => Assert.Equal(campaign, First(source).Campaign);

    [Fact]
    public void Should_name_the_host_that_answered()
    {
        Assert.Equal("mx.one.example", First("kumomta").RemoteMta);
        Assert.Equal("mx.one.example", First("mailgun").RemoteMta);
    }

    [Fact]
    public void Should_not_take_Mailguns_own_numbers_for_reply_codes()
    {
        var report = Hook.One("mailgun", """{"event-data":{"event":"failed","severity":"permanent","recipient":"a@one.example","delivery-status":{"code":605}}}""");

        Assert.Null(report.SmtpCode);
        Assert.Equal("605", report.Metadata["code"]);
    }

    [Fact]
    public void Should_call_streams_and_groups_by_our_names()
    {
        var account = new WebhookAccount { Stream = "mail", Streams = new Dictionary<string, string> { ["77"] = "newsletter", ["outbound"] = "transactional" } };

        Assert.Equal("transactional", First("postmark", account).Stream);
        Assert.Equal("newsletter", Hook.One("sendgrid", """{"event":"group_unsubscribe","email":"a@one.example","asm_group_id":77}""", account).Stream);
        Assert.Equal("mail", Hook.One("sendgrid", """{"event":"group_unsubscribe","email":"a@one.example","asm_group_id":78}""", account).Stream);
        Assert.Equal("mail", First("mandrill", account).Stream);
    }

    [Fact]
    public void Should_name_the_candidates_when_Resend_does_not_say_whom_it_is_about()
    {
        var report = Hook.One("resend", """{"type":"email.complained","data":{"email_id":"x","to":["a@one.example","b@one.example"]}}""");

        Assert.Null(report.Recipient);
        Assert.Equal("a@one.example,b@one.example", report.Metadata["recipients"]);
    }

    [Fact]
    public void Should_take_the_id_of_Resend_from_its_header()
    {
        var request = Hook.Post("""{"type":"email.delivered","data":{"email_id":"x","to":["a@one.example"]}}""", ("Svix-Id", "msg_1"));

        Assert.Equal("msg_1", WebhookSources.All["resend"].Read(request, new WebhookAccount()).Reports[0].SourceEventId);
    }
}
