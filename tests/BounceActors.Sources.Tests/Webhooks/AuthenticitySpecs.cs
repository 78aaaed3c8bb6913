using System.Security.Cryptography;
using System.Text;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.Generic;

namespace BounceActors.Sources.Tests.Webhooks;

public class AuthenticitySpecs
{
    private static readonly string[] Unsigned = ["postmark", "sparkpost", "mailjet", "brevo", "kumomta"];

    private static string Ask(string source, WebhookAccount account, params (string, string)[] headers) => Hook.Reason(WebhookSources.All[source].Authenticate(Hook.Post("{}", headers), account));

    private static string Basic(string credentials) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));

    public static IEnumerable<object[]> UnsignedSources => Unsigned.Select(s => new object[] { s });

    public static IEnumerable<object[]> AllSources => WebhookSources.All.Keys.Select(s => new object[] { s });

    [Theory]
    [MemberData(nameof(AllSources))]
    public void Should_refuse_everybody_while_nothing_is_configured(string source)
    {
        var answer = Assert.IsType<WebhookAuthenticity.Rejected>(WebhookSources.All[source].Authenticate(Hook.Post("{}"), new WebhookAccount()));

        Assert.Equal(RejectionReasons.NotConfigured, answer.Reason);
        Assert.InRange(answer.Status, 401, 403);
    }

    [Theory]
    [MemberData(nameof(AllSources))]
    public void Should_refuse_other_methods_and_bodies_that_are_too_large(string source)
    {
        var account = new WebhookAccount { AllowUnauthenticated = true };
        var request = Hook.Post("{}");

        Assert.Equal("405 method_not_allowed", Hook.Reason(WebhookSources.All[source].Authenticate(request with { Method = "PUT" }, account)));
        Assert.Equal("413 body_too_large", Hook.Reason(WebhookSources.All[source].Authenticate(request with { Body = new byte[WebhookRequest.MaxBodyBytes + 1] }, account)));
        Assert.NotEmpty(WebhookSources.All[source].Read(request with { Body = new byte[WebhookRequest.MaxBodyBytes + 1] }, account).NotUnderstood);
    }

    [Theory]
    [MemberData(nameof(UnsignedSources))]
    public void Should_take_any_active_credential(string source)
    {
        var account = new WebhookAccount { Credentials = ["hook:old", "hook:new"] };

        Assert.Equal("Accepted", Ask(source, account, ("authorization", Basic("hook:old"))));
        Assert.Equal("Accepted", Ask(source, account, ("Authorization", Basic("hook:new"))));
        Assert.Equal("401 credentials_wrong", Ask(source, account, ("Authorization", Basic("hook:other"))));
        Assert.Equal("401 credentials_missing", Ask(source, account));
        Assert.Equal("401 credentials_missing", Ask(source, account, ("Authorization", "Basic %%%")));
    }

    [Theory]
    [MemberData(nameof(UnsignedSources))]
    public void Should_take_bearer_tokens_and_custom_headers(string source)
    {
        Assert.Equal("Accepted", Ask(source, new WebhookAccount { Tokens = ["t1", "t2"] }, ("Authorization", "Bearer t2")));
        Assert.Equal("401 credentials_wrong", Ask(source, new WebhookAccount { Tokens = ["t1"] }, ("Authorization", "Bearer t3")));

        var account = new WebhookAccount { Headers = new Dictionary<string, IReadOnlyList<string>> { ["X-Hook-Key"] = ["k1", "k2"] } };
        Assert.Equal("Accepted", Ask(source, account, ("x-hook-key", "k2")));
        Assert.Equal("401 credentials_wrong", Ask(source, account, ("x-hook-key", "k3")));
        Assert.Equal("401 credentials_missing", Ask(source, account));
    }

    [Theory]
    [MemberData(nameof(UnsignedSources))]
    public void Should_not_take_a_secret_in_the_URL_or_a_network_for_a_proof(string source)
    {
        var request = Hook.Post("{}") with { Url = new Uri("https://bounce.example.net/v1/webhooks/x?secret=s1"), RemoteIp = "203.0.113.5" };

        Assert.Equal("401 not_configured", Hook.Reason(WebhookSources.All[source].Authenticate(request, new WebhookAccount { UrlSecrets = ["s1"] })));
        Assert.Equal("401 not_configured", Hook.Reason(WebhookSources.All[source].Authenticate(request, new WebhookAccount { Networks = ["203.0.113.0/24"] })));
    }

    [Fact]
    public void Should_ask_for_every_kind_of_proof_that_is_set()
    {
        var account = new WebhookAccount { Tokens = ["t"], UrlSecrets = ["s"], Networks = ["203.0.113.0/24", "2001:db8::/32"] };
        var request = Hook.Post("{}", ("Authorization", "Bearer t")) with { Url = new Uri("https://bounce.example.net/x?a=1&secret=s"), RemoteIp = "203.0.113.5" };
        var source = WebhookSources.All["brevo"];

        Assert.Equal("Accepted", Hook.Reason(source.Authenticate(request, account)));
        Assert.Equal("Accepted", Hook.Reason(source.Authenticate(request with { RemoteIp = "::ffff:203.0.113.9" }, account)));
        Assert.Equal("Accepted", Hook.Reason(source.Authenticate(request with { RemoteIp = "2001:db8::1" }, account)));
        Assert.Equal("403 address_not_allowed", Hook.Reason(source.Authenticate(request with { RemoteIp = "198.51.100.1" }, account)));
        Assert.Equal("403 address_not_allowed", Hook.Reason(source.Authenticate(request with { RemoteIp = null }, account)));
        Assert.Equal("401 credentials_missing", Hook.Reason(source.Authenticate(request with { Url = new Uri("https://bounce.example.net/x") }, account)));
        Assert.Equal("401 credentials_wrong", Hook.Reason(source.Authenticate(request with { Url = new Uri("https://bounce.example.net/x?secret=z") }, account)));
    }

    [Fact]
    public void Should_never_take_an_empty_secret()
    {
        Assert.NotEqual("Accepted", Ask("postmark", new WebhookAccount { Tokens = [""] }, ("Authorization", "Bearer ")));
        Assert.NotEqual("Accepted", Ask("postmark", new WebhookAccount { Credentials = [""] }, ("Authorization", "Basic ")));
    }

    [Fact]
    public void Should_try_the_URL_of_Mailchimp_by_GET_and_take_its_secret()
    {
        var source = WebhookSources.All["mailchimp"];
        var account = new WebhookAccount { UrlSecrets = ["old", "new"] };
        var request = Hook.Post("type=subscribe", ("Content-Type", Hook.Form)) with { Url = new Uri("https://bounce.example.net/v1/webhooks/mailchimp?secret=new") };

        Assert.Equal("Handshake", Hook.Reason(source.Authenticate(request with { Method = "GET" }, account)));
        Assert.Equal("Accepted", Hook.Reason(source.Authenticate(request, account)));
        Assert.Equal("401 credentials_missing", Hook.Reason(source.Authenticate(request with { Url = new Uri("https://bounce.example.net/") }, account)));
    }

    [Theory]
    [InlineData("mailersend", "Signature")]
    [InlineData("mailtrap", "Mailtrap-Signature")]
    public void Should_check_an_HMAC_over_the_body(string source, string header)
    {
        var body = """{"events":[]}""";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes(body)));
        string Answer(string given, params string[] secrets) => Hook.Reason(WebhookSources.All[source].Authenticate(Hook.Post(body, (header, given)), new WebhookAccount { Secrets = secrets }));

        Assert.Equal("Accepted", Answer(signature, "key"));
        Assert.Equal("Accepted", Answer(signature, "old", "key"));
        Assert.Equal("401 signature_wrong", Answer(signature, "old"));
        Assert.Equal("401 signature_wrong", Answer("00", "key"));
        Assert.Equal("401 signature_wrong", Answer("not hexadecimal", "key"));
        Assert.Equal("401 signature_missing", Answer("", "key"));
    }

    [Fact]
    public void Should_answer_MailerSends_test_but_take_no_events_on_its_key()
    {
        string Answer(string body) => Hook.Reason(WebhookSources.All["mailersend"].Authenticate(
            Hook.Post(body, ("Signature", Convert.ToHexStringLower(HMACSHA256.HashData("test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G"u8, Encoding.UTF8.GetBytes(body))))), new WebhookAccount { Secrets = ["key"] }));

        Assert.Equal("Handshake", Answer("""{"type":"webhook.test","message":"This is a ping test message"}"""));
        Assert.Equal("401 signature_wrong", Answer("""{"type":"activity.spam_complaint"}"""));
        Assert.Equal("401 signature_wrong", Answer("not JSON"));
    }

    [Fact]
    public void Should_check_Postals_signatures_by_any_form_of_its_key()
    {
        using var key = RSA.Create(2048);
        var body = """{"event":"MessageSent"}""";
        var bytes = Encoding.UTF8.GetBytes(body);
        var sha256 = Convert.ToBase64String(key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var sha1 = Convert.ToBase64String(key.SignData(bytes, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1));
        var parameters = key.ExportParameters(false);
        var jwks = $$$"""{"keys":[{"kty":"RSA","kid":"k1","n":"{{{System.Buffers.Text.Base64Url.EncodeToString(parameters.Modulus)}}}","e":"{{{System.Buffers.Text.Base64Url.EncodeToString(parameters.Exponent)}}}"}]}""";
        string[] forms = [key.ExportSubjectPublicKeyInfoPem(), Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()), Convert.ToBase64String(key.ExportRSAPublicKey()), jwks];
        string Answer(string secret, params (string, string)[] headers) => Hook.Reason(WebhookSources.All["postal"].Authenticate(Hook.Post(body, headers), new WebhookAccount { Secrets = ["garbage", secret] }));

        foreach (var form in forms)
        {
            Assert.Equal("Accepted", Answer(form, ("X-Postal-Signature-256", sha256), ("X-Postal-Signature", sha1)));
            Assert.Equal("Accepted", Answer(form, ("X-Postal-Signature", sha1)));
            Assert.Equal("401 signature_wrong", Answer(form, ("X-Postal-Signature-256", sha1), ("X-Postal-Signature", sha1)));
            Assert.Equal("401 signature_missing", Answer(form));
        }

        using var other = RSA.Create(2048);
        Assert.Equal("401 signature_wrong", Answer(other.ExportSubjectPublicKeyInfoPem(), ("X-Postal-Signature-256", sha256)));
    }

    [Fact]
    public void Should_check_the_signature_a_mapping_describes()
    {
        var scheme = new SignatureScheme { Header = "X-Lettermint-Signature", Prefix = "v1=", Signed = "{timestamp}.{body}", Tolerance = TimeSpan.FromSeconds(300) };
        var account = new WebhookAccount { Secrets = ["old", "key"], Mapping = Fixtures.Generic.Mapping! with { Signature = scheme } };
        var stamp = Hook.Now.ToUnixTimeSeconds();
        string Header(string key, long at) => $"t={at},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{at}.{{}}")))}";

        Assert.Equal("Accepted", Ask("generic", account, ("X-Lettermint-Signature", Header("key", stamp))));
        Assert.Equal("401 signature_wrong", Ask("generic", account, ("X-Lettermint-Signature", Header("wrong", stamp))));
        Assert.Equal("401 timestamp_stale", Ask("generic", account, ("X-Lettermint-Signature", Header("key", stamp - 301))));
        Assert.Equal("401 signature_missing", Ask("generic", account));
        Assert.Equal("401 not_configured", Ask("generic", account with { Secrets = [] }, ("X-Lettermint-Signature", Header("key", stamp))));
    }

    [Fact]
    public void Should_show_no_secret_when_it_is_printed()
    {
        var account = new WebhookAccount { Name = "main", Url = "https://u:hidden@bounce.example.net/", Secrets = ["hidden"], Stream = "x" };
        var request = Hook.Post("hidden", ("Authorization", "hidden")) with { Url = new Uri("https://bounce.example.net/v1/webhooks/mailchimp?secret=hidden") };

        Assert.Equal("account 'main'", account.ToString());
        Assert.Equal("POST /v1/webhooks/mailchimp, 6 bytes", request.ToString());
    }

    [Fact]
    public void Should_say_later_in_the_senders_own_words()
    {
        Assert.Equal(429, WebhookSources.All["brevo"].LaterStatus);
        Assert.All(WebhookSources.All.Values.Where(s => s.Name != "brevo"), s => Assert.Equal(503, s.LaterStatus));
    }
}
