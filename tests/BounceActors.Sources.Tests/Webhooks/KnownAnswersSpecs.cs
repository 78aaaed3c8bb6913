using System.Net;
using System.Text;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Sources.Tests.Webhooks;

/// <summary>Signatures that the senders themselves publish, or that were made with other tools.</summary>
public class KnownAnswersSpecs
{
    private const string SendGridKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==";
    private const string OtherSendGridKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfkNdAblm5ZKQJ0BOkz3Qg5WHqRhOvdTCMFmqHcDWGIZ0TxeFy0bXCLJLGjcY1WE5vTLpmWwqfPI9RLqcMPFw==";
    private const string SvixSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string MailgunKey = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0";

    private static readonly DateTimeOffset SendGridTime = DateTimeOffset.FromUnixTimeSeconds(1588788367);
    private static readonly DateTimeOffset SvixTime = DateTimeOffset.FromUnixTimeSeconds(1614265330);
    private static readonly DateTimeOffset MailgunTime = DateTimeOffset.FromUnixTimeSeconds(1534108637);

    private static readonly WebhookRequest SendGrid = Hook.Post(
        """{"category":"example_payload","event":"test_event","message_id":"message_id"}""",
        ("X-Twilio-Email-Event-Webhook-Signature", "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0="),
        ("X-Twilio-Email-Event-Webhook-Timestamp", "1588788367")) with
    { ReceivedAt = SendGridTime };

    private static readonly WebhookRequest Resend = Hook.Post(
        """{"test": 2432232314}""",
        ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("svix-timestamp", "1614265330"),
        ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")) with
    { ReceivedAt = SvixTime };

    private static readonly WebhookRequest Mailgun = Hook.Post(
        """{"signature":{"timestamp":"1534108637","token":"651869375b9df3c98fc15c4889b102119add1235c38fc92824","signature":"03944e104dacc4a2743f824fd75e45ce3ab781053b7acaca5006a360ccc97797"},"event-data":{"event":"accepted"}}""") with
    { ReceivedAt = MailgunTime };

    private static WebhookRequest Mandrill(string events, string signature) => Hook.Post(
        $"mandrill_events={WebUtility.UrlEncode(events)}",
        ("Content-Type", Hook.Form),
        ("X-Mandrill-Signature", signature));

    private static string Ask(string source, WebhookRequest request, params string[] secrets) =>
        Hook.Reason(WebhookSources.All[source].Authenticate(request, new WebhookAccount { Secrets = secrets, Url = "https://bounce.example.net/v1/ingest/mandrill/acct1" }));

    [Fact]
    public void Should_accept_what_SendGrid_signed()
    {
        Assert.Equal("Accepted", Ask("sendgrid", SendGrid, SendGridKey));
        Assert.Equal("Accepted", Ask("sendgrid", SendGrid, OtherSendGridKey, "no key at all", SendGridKey));
    }

    [Fact]
    public void Should_refuse_what_SendGrid_did_not_sign()
    {
        Assert.Equal("401 signature_wrong", Ask("sendgrid", SendGrid, OtherSendGridKey));
        Assert.Equal("401 signature_wrong", Ask("sendgrid", SendGrid with { Body = Encoding.UTF8.GetBytes("{}") }, SendGridKey));
        Assert.Equal("401 signature_missing", Ask("sendgrid", SendGrid with { Headers = new Dictionary<string, string>() }, SendGridKey));
        Assert.Equal("401 not_configured", Ask("sendgrid", SendGrid));
    }

    [Fact]
    public void Should_mark_an_old_signature_of_SendGrid_late_and_take_it()
    {
        var answer = WebhookSources.All["sendgrid"].Authenticate(SendGrid with { ReceivedAt = SendGridTime.AddHours(20) }, new WebhookAccount { Secrets = [SendGridKey] });

        Assert.True(Assert.IsType<WebhookAuthenticity.Accepted>(answer).Late);
    }

    [Fact]
    public void Should_accept_what_Svix_signed_for_Resend()
    {
        Assert.Equal("Accepted", Ask("resend", Resend, SvixSecret));
        Assert.Equal("Accepted", Ask("resend", Resend, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SvixSecret));
        Assert.Equal("Accepted", Ask("resend", Resend with { Headers = Resend.Headers.ToDictionary(h => h.Key.Replace("svix", "Webhook"), h => h.Key.EndsWith("signature") ? "v1,AAAA v1a,xx " + h.Value : h.Value) }, SvixSecret));
    }

    [Fact]
    public void Should_refuse_what_Svix_did_not_sign_or_signed_long_ago()
    {
        Assert.Equal("401 signature_wrong", Ask("resend", Resend, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        Assert.Equal("401 signature_wrong", Ask("resend", Resend with { Body = Encoding.UTF8.GetBytes("""{"test": 2432232315}""") }, SvixSecret));
        Assert.Equal("401 timestamp_stale", Ask("resend", Resend with { ReceivedAt = SvixTime.AddMinutes(6) }, SvixSecret));
        Assert.Equal("401 timestamp_stale", Ask("resend", Resend with { ReceivedAt = SvixTime.AddMinutes(-6) }, SvixSecret));
        Assert.Equal("401 signature_missing", Ask("resend", Resend with { Headers = new Dictionary<string, string>() }, SvixSecret));
    }

    [Fact]
    public void Should_accept_what_Mailgun_signed()
    {
        Assert.Equal("Accepted", Ask("mailgun", Mailgun, MailgunKey));
        Assert.Equal("Accepted", Ask("mailgun", Mailgun, "old", MailgunKey));
        Assert.Equal("Accepted", Ask("mailgun", Hook.Post("timestamp=1534108637&token=651869375b9df3c98fc15c4889b102119add1235c38fc92824&signature=03944e104dacc4a2743f824fd75e45ce3ab781053b7acaca5006a360ccc97797&event=opened", ("Content-Type", Hook.Form)), MailgunKey));
    }

    [Fact]
    public void Should_refuse_what_Mailgun_did_not_sign()
    {
        Assert.Equal("401 signature_wrong", Ask("mailgun", Mailgun, "other"));
        Assert.Equal("401 signature_missing", Ask("mailgun", Hook.Post("""{"event-data":{}}"""), MailgunKey));
        Assert.Equal("401 signature_missing", Ask("mailgun", Hook.Post("""{"signature":{"timestamp":"1","token":"2","signature":"zz"}}"""), MailgunKey));
        Assert.Equal("400 malformed", Ask("mailgun", Hook.Post("{"), MailgunKey));
    }

    [Fact]
    public void Should_take_a_token_of_Mailgun_again_with_the_same_body_only()
    {
        var answer = WebhookSources.All["mailgun"].Authenticate(Mailgun with { ReceivedAt = MailgunTime.AddHours(8) }, new WebhookAccount { Secrets = [MailgunKey] });
        var accepted = Assert.IsType<WebhookAuthenticity.Accepted>(answer);
        var seen = new SeenTokens(2);

        Assert.True(accepted.Late);
        Assert.Null(seen.Take("mailgun", "", accepted.OnceToken!, Mailgun.Body.Span));
        Assert.Null(seen.Take("mailgun", "", accepted.OnceToken!, Mailgun.Body.Span));
        Assert.Null(seen.Take("mailgun", "other", accepted.OnceToken!, "forged"u8));
        Assert.Equal("406 replayed", Hook.Reason(seen.Take("mailgun", "", accepted.OnceToken!, "forged"u8)!));
    }

    [Fact]
    public void Should_forget_the_oldest_tokens_first()
    {
        var seen = new SeenTokens(2);
        foreach (var token in new[] { "a", "b", "c" })
        {
            seen.Take("mailgun", "", token, "1"u8);
        }

        Assert.NotNull(seen.Take("mailgun", "", "c", "2"u8));
        Assert.NotNull(seen.Take("mailgun", "", "b", "2"u8));
        Assert.Null(seen.Take("mailgun", "", "a", "2"u8));
    }

    [Fact]
    public void Should_accept_what_Mandrill_signed()
    {
        var request = Mandrill("""[{"event":"hard_bounce","ts":1461095246}]""", "kUbH0dteCaI12R11KSt1NhUwIpI=");

        Assert.Equal("Accepted", Ask("mandrill", request, "WEBHOOK_KEY"));
        Assert.Equal("Accepted", Ask("mandrill", request, "old", "WEBHOOK_KEY"));
        Assert.Equal("401 signature_wrong", Ask("mandrill", request, "old"));
        Assert.Equal("401 signature_wrong", Ask("mandrill", Mandrill("""[{"event":"hard_bounce","ts":1461095247}]""", "kUbH0dteCaI12R11KSt1NhUwIpI="), "WEBHOOK_KEY"));
        Assert.Equal("401 signature_missing", Ask("mandrill", Hook.Post("mandrill_events=%5B%5D", ("Content-Type", Hook.Form)), "WEBHOOK_KEY"));
        Assert.Equal("401 signature_wrong", Hook.Reason(WebhookSources.All["mandrill"].Authenticate(request, new WebhookAccount { Secrets = ["WEBHOOK_KEY"], Url = "https://bounce.example.net/elsewhere" })));
    }

    [Fact]
    public void Should_answer_Mandrills_test_but_take_no_events_on_its_key()
    {
        Assert.Equal("Handshake", Ask("mandrill", Mandrill("[]", "uVsDHF4Ansjf9+tIbSsTT+N9xCA=")));
        Assert.Equal("Handshake", Ask("mandrill", Hook.Post("") with { Method = "HEAD" }));
        Assert.Equal("401 signature_wrong", Ask("mandrill", Mandrill("""[{"event":"spam"}]""", "uVsDHF4Ansjf9+tIbSsTT+N9xCA="), "WEBHOOK_KEY"));
    }
}
