using System.Text;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.Generic;
using CsCheck;

namespace BounceActors.Sources.Tests.Webhooks;

/// <summary>Whatever comes in, reasons come out.</summary>
public class HostileSpecs
{
    private static readonly string[] Names = [.. WebhookSources.All.Keys.Order()];

    private static readonly WebhookAccount Account = Fixtures.Generic with
    {
        Secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        TopicArns = ["arn:aws:sns:eu-west-1:123456789012:bounces"],
    };

    private static readonly Gen<string> Word = Gen.OneOf(
        "event", "events", "email", "recipient", "type", "data", "msys", "message_event", "payload", "message", "Message", "Type", "Notification", "event-data", "bounce", "bouncedRecipients",
        "eventType", "Bounce", "mail", "destination", "RecordType", "timestamp", "signature", "failed", "hard_bounce", "a@one.example", "items", "kind", "rcpt", "to", "email.bounced", "response", "\ud800", "\u0000", "🙂");

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) =>
    {
        var leaf = Gen.OneOf(Gen.OneOf("null", "true", "-1e400", "123456789012345678901234567890", "\"\\ud800\"", "1772539200", "[]", "{}"), Word.Select(w => $"\"{Escape(w)}\""));
        return depth > 4 ? leaf : Gen.OneOf(leaf, inner.Array[0, 4].Select(a => $"[{string.Join(',', a)}]"), Gen.Select(Word, inner).Array[0, 5].Select(o => $"{{{string.Join(',', o.Select(p => $"\"{Escape(p.Item1)}\":{p.Item2}"))}}}"));
    });

    public static IEnumerable<object[]> AllSources => Names.Select(s => new object[] { s });

    private static string Escape(string text) => string.Concat(text.Select(c => c < ' ' || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()));

    private static void Survive(string source, byte[] body, string type = "application/json")
    {
        var request = Hook.Post(body, ("Content-Type", type), ("svix-id", "m"), ("svix-timestamp", "1"), ("svix-signature", "v1,x"), ("X-Mandrill-Signature", "AAAA"), ("Signature", "00"));
        Assert.NotNull(WebhookSources.All[source].Authenticate(request, Account));
        var reading = WebhookSources.All[source].Read(request, Account);
        Assert.All(reading.NotUnderstood, n => Assert.DoesNotContain("@one.example", n.Reason, StringComparison.Ordinal));
        Assert.All(reading.Reports, r => Assert.NotEmpty(Hook.Line(r)));
    }

    [Fact]
    public void Should_survive_random_JSON() =>
        Gen.Select(Gen.OneOf(Names), Json).Sample((source, json) => Survive(source, Encoding.UTF8.GetBytes(json)), iter: 20_000, threads: 1);

    [Fact]
    public void Should_survive_random_bytes_in_the_middle_of_real_bodies()
    {
        var all = Fixtures.All.ToList();
        Gen.Select(Gen.Int[0, all.Count - 1], Gen.Double[0, 1], Gen.Byte.Array[0, 3], Gen.Int[0, 3]).Sample(
            (index, at, with, cut) =>
            {
                var body = Encoding.UTF8.GetBytes(all[index].Body);
                var place = (int)(at * (body.Length - 1));
                Survive(all[index].Source, [.. body[..place], .. with, .. body[Math.Min(body.Length, place + cut)..]], all[index].ContentType);
            },
            iter: 10_000,
            threads: 1);
    }

    [Fact]
    public void Should_survive_bodies_cut_off_anywhere()
    {
        foreach (var fixture in Fixtures.All)
        {
            var body = Encoding.UTF8.GetBytes(fixture.Body);
            for (var length = 0; length < body.Length; length += 1 + (body.Length / 50))
            {
                Survive(fixture.Source, body[..length], fixture.ContentType);
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllSources))]
    public void Should_survive_every_shape_of_JSON(string source)
    {
        string[] bodies = ["", " ", "null", "1", "\"x\"", "[]", "{}", "[[]]", "[null,1,\"x\",[],{}]", "{\"events\":7}", "\uFEFF{}", "{", "[{\"event\":\"bounce\"", new string('[', 5_000), new string('{', 100), "{\"a\":" + new string('[', 70) + new string(']', 70) + "}", "\0\0\0", "{\"\\ud800\":1}", "{}{}{}", "{} x"];
        foreach (var body in bodies)
        {
            Survive(source, Encoding.UTF8.GetBytes(body));
            Survive(source, Encoding.UTF8.GetBytes(body), Hook.Form);
            Survive(source, Encoding.UTF8.GetBytes(body), "multipart/form-data; boundary=x");
        }

        Survive(source, [0xff, 0xfe, 0x22, 0x80]);
        Survive(source, [.. "[{\"event\":\""u8, 0xc3, 0x28, .. "\"}]"u8]);
    }

    [Fact]
    public void Should_read_on_after_an_odd_element()
    {
        var reading = Hook.Read("sendgrid", """[1,{"event":"bounce"},{"event":"bounce","email":5},{"event":"bounce","email":"\ud800@one.example"},null,{"event":["x"],"email":"a@one.example"},{"event":"spamreport","email":"angry@one.example","timestamp":"soon"}]""");

        Assert.Equal(["complaint angry@one.example complaint"], reading.Reports.Select(Hook.Line));
        Assert.Equal(["$[0]", "$[1]", "$[2]", "$[3]", "$[4]"], reading.NotUnderstood.Select(n => n.Part));
        Assert.Equal(1, reading.Ignored["(none)"]);
    }

    [Fact]
    public void Should_take_numbers_for_texts_and_texts_for_numbers()
    {
        var report = Hook.One("sparkpost", """[{"msys":{"message_event":{"type":"bounce","bounce_class":22,"error_code":452,"event_id":12345678901234567890,"timestamp":1772539200.75,"rcpt_to":"full@one.example"}}}]""");

        Assert.Equal("12345678901234567890", report.SourceEventId);
        Assert.Equal(452, report.SmtpCode);
        Assert.Equal(new DateTimeOffset(2026, 3, 3, 12, 0, 0, 750, TimeSpan.Zero), report.OccurredAt);
        Assert.Equal("22", report.SourceClass);
    }

    [Fact]
    public void Should_read_thousands_of_events()
    {
        var one = """{"email":"gone@one.example","timestamp":1772539200,"event":"bounce","type":"bounce","reason":"550 5.1.1 user unknown","sg_message_id":"m"}""";

        var reading = Hook.Read("sendgrid", $"[{string.Join(',', Enumerable.Repeat(one, 5_000))}]");

        Assert.Equal(5_000, reading.Reports.Count);
        Assert.Empty(reading.NotUnderstood);
    }

    [Fact]
    public void Should_bound_what_it_keeps_of_ten_megabytes()
    {
        var big = new string('x', 5_000_000);

        var report = Hook.One("sendgrid", $$"""[{"email":"a@one.example","event":"bounce","reason":"{{big}}","shop":"{{big}}"}]""");
        var many = Hook.Read("sendgrid", $"[{string.Join(',', Enumerable.Repeat("7", 60_000))}]");
        var names = Hook.Read("sendgrid", $"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $$"""{"event":"e{{i}}"}"""))}]");
        var fields = Hook.One("sendgrid", $$"""[{"email":"a@one.example","event":"bounce",{{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"f{i}\":{i}"))}}}]""");

        Assert.InRange(report.Diagnostic.Length, 1, 8_000);
        Assert.InRange(report.Metadata.Values.Sum(v => v.Length), 1, 64_000);
        Assert.InRange(many.NotUnderstood.Count, 1, 1_001);
        Assert.InRange(names.Ignored.Count, 1, 101);
        Assert.Equal(5_000, names.Ignored.Values.Sum());
        Assert.InRange(fields.Metadata.Count, 1, 64);
    }

    [Fact]
    public void Should_keep_addresses_out_of_names_and_reasons()
    {
        var ignored = Hook.Read("sendgrid", """[{"event":"bounced a@one.example"}]""");
        var odd = Hook.Read("generic", """{"items":[{"kind":"dead","rcpt":"nobody"}]}""", Fixtures.Generic with { Mapping = Fixtures.Generic.Mapping! with { Outcomes = new Dictionary<string, string>(), Fields = new Dictionary<string, string> { ["recipient"] = "$.rcpt", ["event"] = "=sent to a@one.example" } } });

        Assert.DoesNotContain("one.example", Assert.Single(ignored.Ignored).Key, StringComparison.Ordinal);
        Assert.DoesNotContain("one.example", Assert.Single(odd.NotUnderstood).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_what_is_wrong_with_a_mapping()
    {
        var mapping = new JsonMapping
        {
            Events = "events",
            Fields = new Dictionary<string, string> { ["recipent"] = "$.a", ["event"] = "$.a[" },
            Outcomes = new Dictionary<string, string> { ["x"] = "exploded" },
            Categories = new Dictionary<string, string> { ["x"] = "nothing" },
            Signature = new SignatureScheme { Hash = "md5", Encoding = "rot13", Signed = "{timestamp}" },
        };

        Assert.Equal(9, mapping.Problems().Count);
        Assert.Single(Hook.Read("generic", "{}", new WebhookAccount { Mapping = mapping }).NotUnderstood);
        Assert.Single(Hook.Read("generic", "{}").NotUnderstood);
        Assert.Empty(Fixtures.Generic.Mapping!.Problems());
    }
}
