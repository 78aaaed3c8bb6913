using System.Text.RegularExpressions;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Reports;

public class MaskingSpecs
{
    private static readonly Gen<string> Local = Gen.OneOf(
        Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789.+-_=!#$%&*/?^`{|}~"], 1, 64],
        Gen.String[Gen.Char["abcz'"], 1, 20].Select(s => $"x{s}"),
        Gen.String[Gen.Char["ab c.,;:()<>@"], 1, 20].Select(s => $"\"{s}\""),
        Gen.String[Gen.Char["äöüé用户я"], 1, 10]);

    private static readonly Gen<string> Domain = Gen.OneOf(
        Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"], 1, 60].Select(s => $"{s}.example"),
        Gen.String[Gen.Char["äöüé例"], 1, 10].Select(s => $"{s}.example"),
        Gen.OneOf("[192.0.2.7]", "[IPv6:2001:db8::7]"));

    private static readonly Gen<string> Around = Gen.OneOf(
        Gen.OneOf("550 5.1.1 <{0}>: Recipient address rejected", "{0}", "'{0}' unknown", "rfc822;{0}", "({0})", "\"{0}\" is not here", "to {0}.", "<{0}>,<{0}>", "rcpt={0}&x=1", "[{0}]", "mailto:{0}"),
        Gen.Int[1_900, 2_050].Select(n => $"{new string('x', n)} {{0}} and more"),
        Gen.Int[1_900, 2_050].Select(n => string.Concat(Enumerable.Repeat("word ", n / 5)) + "{0}"));

    [Theory]
    [InlineData("550 <user@example.com>: User unknown", "550 <address>: User unknown")]
    [InlineData("user@example.com", "<address>")]
    [InlineData("no mailbox for 'user@example.com' here", "no mailbox for '<address>' here")]
    [InlineData("o'neill@example.com is full", "<address> is full")]
    [InlineData("\"john doe\"@example.com is full", "<address> is full")]
    [InlineData("user@[192.0.2.1] refused", "<address> refused")]
    [InlineData("see https://example.org/?rcpt=user%40example.com now", "see https:<address> now")]
    [InlineData("用户@例え.jp unbekannt", "<address> unbekannt")]
    [InlineData("to user@example.com.", "to <address>.")]
    [InlineData("452 4.2.2 Mailbox full", "452 4.2.2 Mailbox full")]
    [InlineData("meet @ noon", "meet @ noon")]
    [InlineData("", "")]
    public void Should_put_a_mask_where_an_address_stood(string text, string masked) => Assert.Equal(masked, Masking.Diagnostic(text));

    [Theory]
    [InlineData("550 jane.doe not found", "550 <address> not found")]
    [InlineData("550 JANE.DOE not found", "550 <address> not found")]
    [InlineData("550 mary-jane.doe2 not found", "550 mary-jane.doe2 not found")]
    public void Should_mask_a_bare_mention_of_the_recipient(string text, string masked) =>
        Assert.Equal(masked, Masking.Diagnostic(text, EmailAddress.Parse("jane.doe@example.com")));

    [Fact]
    public void Should_take_the_recipient_out_of_an_event_id_and_leave_the_rest_of_it()
    {
        var recipient = EmailAddress.Parse("Jo.Doe@Example.com");
        Assert.Equal("bounce-<address>-17", Masking.Id("bounce-jo.doe@example.com-17", recipient));
        Assert.Equal("17@events.example.net", Masking.Id("17@events.example.net", recipient));
        Assert.Null(Masking.Id(null, recipient));
    }

    [Fact]
    public void Should_leave_words_alone_that_happen_to_be_a_short_local_part() =>
        Assert.Equal("550 info: no such user", Masking.Diagnostic("550 info: no such user", EmailAddress.Parse("info@example.com")));

    [Fact]
    public void Should_take_a_local_part_literally_and_not_as_a_pattern() =>
        Assert.Equal("550 ab.*+c(d <address>", Masking.Diagnostic("550 ab.*+c(d a.*+b(c", EmailAddress.Parse("a.*+b(c@example.com")));

    [Fact]
    public void Should_let_no_address_survive() =>
        Gen.Select(Local, Domain, Around).Sample(parts =>
        {
            var (local, domain, around) = parts;
            var masked = Masking.Diagnostic(string.Format(System.Globalization.CultureInfo.InvariantCulture, around, $"{local}@{domain}"));

            Assert.DoesNotContain($"@{domain}", masked);
            Assert.DoesNotMatch(new Regex(@"[\p{L}\p{N}""]@[\p{L}\p{N}\[]"), masked);
            Assert.True(local.Length < 8 || !masked.Contains(local, StringComparison.Ordinal), masked);
        });

    [Fact]
    public void Should_never_throw_and_never_grow_without_bound() =>
        Gen.Select(Gen.OneOf(Gen.String, Gen.String[Gen.Char["a@<>\"' %40[]."], 0, 3_000]), Gen.Bool).Sample((text, known) =>
        {
            var masked = Masking.Diagnostic(text, known ? EmailAddress.Parse("aaaaa@example.com") : null);
            Assert.True(masked.Length <= Masking.MaxDiagnosticLength * Masking.Mask.Length);
        });

    [Fact]
    public void Should_cut_long_texts_before_an_address_so_that_no_half_of_it_stays()
    {
        var text = new string('x', 1_985) + " jane.doe@example.com";

        Assert.Equal(new string('x', 1_985) + " ", Masking.Diagnostic(text));
        Assert.Equal(Masking.MaxDiagnosticLength, Masking.Diagnostic(new string('x', 5_000)).Length);
    }

    [Fact]
    public void Should_mask_what_the_evidence_of_a_verdict_quotes() =>
        Assert.Equal(
            ["The rule reads \"user <address> unknown\".", "The code agrees."],
            Masking.Evidence(["The rule reads \"user jane.doe unknown\".", "The code agrees."], EmailAddress.Parse("jane.doe@example.com")));

    [Fact]
    public void Should_keep_facts_without_any_address()
    {
        var facts = ReportFacts.From(new BounceReport
        {
            Recipient = EmailAddress.Parse("jane.doe@example.com"),
            Sender = "news@Company.Example",
            Diagnostic = "550 <jane.doe@example.com> jane.doe unknown",
            Campaign = "for jane.doe",
            Source = "api",
            MessageId = "m1",
            Metadata = new Dictionary<string, string> { ["jane.doe@example.com"] = "1", ["JANE.DOE@example.com"] = "cc bob@example.com", ["plain"] = "jane.doe" },
        });

        Assert.Equal("550 <address> <address> unknown", facts.Diagnostic);
        Assert.Equal("for <address>", facts.Campaign);
        Assert.Equal("company.example", facts.SenderDomain);
        Assert.Equal("m1", facts.MessageId);
        Assert.Equal("1, cc <address>", facts.Metadata["<address>"]);
        Assert.Equal("<address>", facts.Metadata["plain"]);
    }
}
