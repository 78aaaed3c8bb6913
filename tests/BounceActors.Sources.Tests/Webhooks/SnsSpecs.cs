using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using BounceActors.Sources.Webhooks;

namespace BounceActors.Sources.Tests.Webhooks;

public class SnsSpecs
{
    private const string Topic = "arn:aws:sns:eu-west-1:123456789012:bounces";
    private const string CertificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";
    private const string SubscribeUrl = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336";

    private static readonly RSA Key = RSA.Create(2048);
    private static readonly IWebhookSource Ses = WebhookSources.All["ses"];
    private static readonly WebhookAccount Account = new() { TopicArns = ["arn:aws:sns:eu-west-1:123456789012:other", Topic] };
    private static readonly SigningCertificateCache Certificates = CacheWith(Hook.Now.AddDays(-1), Hook.Now.AddDays(1));

    private static SigningCertificateCache CacheWith(DateTimeOffset from, DateTimeOffset to)
    {
        var cache = new SigningCertificateCache();
        using var certificate = new CertificateRequest("CN=sns.amazonaws.com", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(from, to);
        cache.Add(new Uri(CertificateUrl), Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        return cache;
    }

    private static Dictionary<string, string> Message(string type = "Notification", string? subject = null)
    {
        var fields = new Dictionary<string, string>
        {
            ["Type"] = type,
            ["MessageId"] = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            ["TopicArn"] = Topic,
            ["Message"] = "{\"eventType\":\"Send\"}\n– ünï ",
            ["Timestamp"] = "2026-03-03T11:59:58.000Z",
            ["SigningCertURL"] = CertificateUrl,
        };
        if (subject is not null)
        {
            fields["Subject"] = subject;
        }

        if (type != "Notification")
        {
            fields["Token"] = "2336";
            fields["SubscribeURL"] = SubscribeUrl;
        }

        return fields;
    }

    private static Dictionary<string, string> Sign(Dictionary<string, string> fields, string version = "1")
    {
        var names = fields["Type"] == "Notification"
            ? new[] { "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type" }
            : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
        var text = string.Concat(names.Where(fields.ContainsKey).Select(n => $"{n}\n{fields[n]}\n"));
        fields["SignatureVersion"] = version;
        fields["Signature"] = Convert.ToBase64String(Key.SignData(Encoding.UTF8.GetBytes(text), version == "1" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return fields;
    }

    private static WebhookRequest Request(Dictionary<string, string> fields, params (string, string)[] headers) => Hook.Post(
        JsonSerializer.Serialize(fields), [("Content-Type", "text/plain; charset=UTF-8"), ("x-amz-sns-message-type", fields["Type"]), .. headers]);

    private static string Ask(Dictionary<string, string> fields, params (string, string)[] headers) => Hook.Reason(Ses.Authenticate(Request(fields, headers), Account, Certificates));

    [Theory]
    [InlineData("1", null)]
    [InlineData("2", null)]
    [InlineData("1", "Amazon SES Email Event Notification")]
    [InlineData("2", "Amazon SES Email Event Notification")]
    public void Should_accept_notifications_signed_in_both_versions(string version, string? subject) => Assert.Equal("Accepted", Ask(Sign(Message(subject: subject), version)));

    [Theory]
    [InlineData("Message")]
    [InlineData("Subject")]
    [InlineData("MessageId")]
    [InlineData("Timestamp")]
    public void Should_refuse_a_message_that_was_changed(string field)
    {
        var fields = Sign(Message(subject: "s"));
        fields[field] += "x";

        Assert.Equal("403 signature_wrong", Ask(fields));
    }

    [Theory]
    [InlineData("3")]
    [InlineData("")]
    public void Should_refuse_unknown_signature_versions(string version)
    {
        var fields = Sign(Message());
        fields["SignatureVersion"] = version;

        Assert.Equal("403 signature_wrong", Ask(fields));
    }

    [Fact]
    public void Should_ask_for_the_certificate_and_judge_when_it_is_there()
    {
        var request = Request(Sign(Message(), "2"));
        var cache = new SigningCertificateCache();

        var needs = Assert.IsType<WebhookAuthenticity.NeedsCertificate>(Ses.Authenticate(request, Account, cache));
        cache.Add(needs.Url, Certificates.Find(needs.Url)!.Value);

        Assert.Equal(CertificateUrl, needs.Url.AbsoluteUri);
        Assert.IsType<WebhookAuthenticity.Accepted>(Ses.Authenticate(request, Account, cache));
    }

    [Theory]
    [InlineData("http://sns.eu-west-1.amazonaws.com/a.pem")]
    [InlineData("https://sns.eu-west-1.amazonaws.com:8443/a.pem")]
    [InlineData("https://sns.eu-west-1.amazonaws.com.evil.example/a.pem")]
    [InlineData("https://evil.example/sns.eu-west-1.amazonaws.com/a.pem")]
    [InlineData("https://sns.eu-west-1.amazonaws.com@evil.example/a.pem")]
    [InlineData("https://user@sns.eu-west-1.amazonaws.com/a.pem")]
    [InlineData("https://s3.eu-west-1.amazonaws.com/a.pem")]
    [InlineData("https://sns.a.b.amazonaws.com/a.pem")]
    [InlineData("https://sns.eu-west-1.amazonaws.com/a.pem?x=1")]
    [InlineData("https://sns.eu-west-1.amazonaws.com/a.txt")]
    [InlineData("https://127.0.0.1/a.pem")]
    [InlineData("nonsense")]
    public void Should_never_ask_for_a_certificate_elsewhere(string url)
    {
        var fields = Message();
        fields["SigningCertURL"] = url;

        Assert.Equal("403 url_not_allowed", Ask(Sign(fields)));
    }

    [Fact]
    public void Should_know_the_hosts_of_China()
    {
        var fields = Message();
        fields["SigningCertURL"] = "https://sns.cn-north-1.amazonaws.com.cn/a.pem";

        Assert.Equal("NeedsCertificate", Ask(Sign(fields)));
    }

    [Fact]
    public void Should_refuse_topics_that_are_not_on_the_list_even_when_signed()
    {
        var fields = Message();
        fields["TopicArn"] = "arn:aws:sns:eu-west-1:999999999999:evil";

        Assert.Equal("403 topic_not_allowed", Ask(Sign(fields)));
        Assert.Equal("403 not_configured", Hook.Reason(Ses.Authenticate(Request(Sign(Message())), new WebhookAccount(), Certificates)));
    }

    [Fact]
    public void Should_refuse_certificates_out_of_their_time()
    {
        var request = Request(Sign(Message()));

        Assert.Equal("403 certificate_invalid", Hook.Reason(Ses.Authenticate(request, Account, CacheWith(Hook.Now.AddDays(-9), Hook.Now.AddDays(-1)))));
        var garbage = new SigningCertificateCache();
        garbage.Add(new Uri(CertificateUrl), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"u8.ToArray());
        Assert.Equal("403 certificate_invalid", Hook.Reason(Ses.Authenticate(request, Account, garbage)));
    }

    [Fact]
    public void Should_refuse_headers_that_contradict_the_body()
    {
        Assert.Equal("403 header_mismatch", Ask(Sign(Message()), ("x-amz-sns-message-id", "another")));
        Assert.Equal("403 header_mismatch", Ask(Sign(Message("Invention"))));
        Assert.Equal("403 raw_delivery", Ask(Sign(Message()), ("x-amz-sns-rawdelivery", "true")));
    }

    [Fact]
    public void Should_mark_old_messages_late()
    {
        var request = Request(Sign(Message())) with { ReceivedAt = Hook.Now.AddHours(1) };

        Assert.True(Assert.IsType<WebhookAuthenticity.Accepted>(Ses.Authenticate(request, Account, Certificates)).Late);
    }

    [Fact]
    public void Should_hand_back_the_address_that_confirms_a_subscription()
    {
        var handshake = Assert.IsType<WebhookAuthenticity.Handshake>(Ses.Authenticate(Request(Sign(Message("SubscriptionConfirmation"))), Account, Certificates));

        Assert.Equal((200, "subscription", SubscribeUrl), (handshake.Status, handshake.Kind, handshake.Confirm!.AbsoluteUri));
    }

    [Fact]
    public void Should_not_confirm_at_another_host_even_when_it_was_signed()
    {
        var fields = Message("SubscriptionConfirmation");
        fields["SubscribeURL"] = "https://metadata.example/latest";

        Assert.Equal("403 url_not_allowed", Ask(Sign(fields)));
    }

    [Fact]
    public void Should_never_follow_the_address_of_an_unsubscription()
    {
        var handshake = Assert.IsType<WebhookAuthenticity.Handshake>(Ses.Authenticate(Request(Sign(Message("UnsubscribeConfirmation"))), Account, Certificates));

        Assert.Equal("unsubscribed", handshake.Kind);
        Assert.Null(handshake.Confirm);
    }

    [Fact]
    public void Should_ask_for_credentials_before_SNS_sends_them()
    {
        var account = Account with { Credentials = ["sns:secret"] };
        var request = Request(Sign(Message()));

        var first = Assert.IsType<WebhookAuthenticity.Rejected>(Ses.Authenticate(request, account, Certificates));

        Assert.Equal(401, first.Status);
        Assert.StartsWith("Basic ", first.Challenge, StringComparison.Ordinal);
        var second = Request(Sign(Message()), ("Authorization", "Basic " + Convert.ToBase64String("sns:secret"u8)));
        Assert.IsType<WebhookAuthenticity.Accepted>(Ses.Authenticate(second, account, Certificates));
    }
}
