using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Sources.Tests.Mail;

public class VerpPatternSpecs
{
    private static readonly DateTimeOffset Sent = new(2026, 3, 3, 9, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("a key of 24 bytes or so..");
    private static readonly VerpPattern Signed = new("b+{local}={domain}+{campaign}+{time}+{signature}@bounces.sender.example", Key, TimeSpan.FromDays(10));

    [Theory]
    [InlineData("bounce+{local}={domain}@b.example", "bounce+anna=one.example@b.example", "anna@one.example")]
    [InlineData("bounce+{local}={domain}@b.example", "BOUNCE+anna=plus=one.example@B.EXAMPLE", "anna=plus@one.example")]
    [InlineData("{local}={domain}-{campaign}@b.example", "anna=one.example-spring@b.example", "anna@one.example")]
    [InlineData("list-bounces+{local}={domain}@b.example", "list-bounces+a-b+c=one.example@b.example", "a-b+c@one.example")]
    public void Should_read_the_recipient_out_of_the_return_path(string pattern, string address, string recipient) =>
        Assert.Equal(recipient, new VerpPattern(pattern).Read(address, Sent)!.Recipient!.Display);

    [Theory]
    [InlineData("news@b.example")]
    [InlineData("bounce+anna@b.example")]
    [InlineData("bounce+=one.example@b.example")]
    [InlineData("bounce+anna=one.example@other.example")]
    public void Should_leave_other_addresses_alone(string address) =>
        Assert.Null(new VerpPattern("bounce+{local}={domain}@b.example").Read(address, Sent)?.Recipient);

    [Fact]
    public void Should_believe_its_own_signature_also_when_the_case_was_changed_on_the_way()
    {
        var address = Signed.Sign(EmailAddress.Parse("Anna@one.example"), Sent, campaign: "spring");

        var reading = Signed.Read(address.ToUpperInvariant(), Sent.AddDays(3))!;

        Assert.Equal(VerpTrust.Verified, reading.Trust);
        Assert.Equal(EmailAddress.Parse("anna@one.example"), reading.Recipient);
        Assert.Equal("SPRING", reading.Campaign);
        Assert.True(address.IndexOf('@', StringComparison.Ordinal) <= 64, "a local part has 64 characters at most");
    }

    [Fact]
    public void Should_use_nothing_of_a_forged_address()
    {
        var address = Signed.Sign(EmailAddress.Parse("anna@one.example"), Sent, campaign: "spring").Replace("anna", "bert", StringComparison.Ordinal);

        var reading = Signed.Read(address, Sent)!;

        Assert.Equal(new VerpReading(null, null, null, VerpTrust.Forged), reading);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(-2)]
    public void Should_use_nothing_of_an_address_that_is_too_old_or_from_the_future(int days) =>
        Assert.Equal(VerpTrust.Expired, Signed.Read(Signed.Sign(EmailAddress.Parse("anna@one.example"), Sent), Sent.AddDays(days))!.Trust);

    [Fact]
    public void Should_read_back_every_recipient_it_signed() =>
        Gen.Select(Gen.String[Gen.Char["abcxyz019.-+=_"], 1, 20], Gen.String[Gen.Char["abc"], 1, 10]).Sample((local, domain) =>
        {
            var recipient = EmailAddress.Parse($"{local}@{domain}.example");
            return Signed.Read(Signed.Sign(recipient, Sent), Sent)!.Recipient!.Equals(recipient);
        });

    [Theory]
    [InlineData("no tokens@b.example", "")]
    [InlineData("b+{local}{domain}@b.example", "")]
    [InlineData("b+{nobody}@b.example", "")]
    [InlineData("b+{local}+{signature}@b.example", "")]
    [InlineData("b+{local}+{signature}@b.example", "a key that is long enough")]
    [InlineData("b+{local}={domain}@b.example", "a key nobody needs here")]
    [InlineData("b+{local}+{time}+{signature}@b.example", "short")]
    public void Should_refuse_a_pattern_that_cannot_work(string pattern, string key) =>
        Assert.Throws<ArgumentException>(() => new VerpPattern(pattern, Encoding.ASCII.GetBytes(key)));

    [Fact]
    public void Should_name_the_recipient_we_wrote_to_rather_than_the_one_it_was_forwarded_to()
    {
        var reader = ReaderAt(Sent.AddDays(1));
        var to = Signed.Sign(EmailAddress.Parse("anna@one.example"), Sent, campaign: "spring");

        var report = Assert.Single(reader.Read(BounceTo(to)).Reports);

        Assert.Equal("anna@one.example", report.Recipient!.Display);
        Assert.Equal("anna.private@two.example", report.Mail!.FinalRecipient);
        Assert.Equal("verified", report.Mail.Verp);
        Assert.Equal("spring", report.Campaign);
        Assert.Equal("verp", report.Mail.Evidence[0]);
    }

    [Fact]
    public void Should_fall_back_to_what_the_mail_says_when_the_return_path_is_forged()
    {
        var report = Assert.Single(ReaderAt(Sent).Read(BounceTo("b+victim=one.example+spring+t1+aaaaaaaaaaaaaaaa@bounces.sender.example")).Reports);

        Assert.Equal("anna.private@two.example", report.Recipient!.Display);
        Assert.Equal("forged", report.Mail!.Verp);
        Assert.Contains("verp-forged", report.Mail.Evidence);
    }

    [Fact]
    public void Should_take_the_address_the_mail_was_received_for_over_its_headers()
    {
        var to = Signed.Sign(EmailAddress.Parse("anna@one.example"), Sent);

        var report = Assert.Single(ReaderAt(Sent).Read(BounceTo("bounces@sender.example"), to).Reports);

        Assert.Equal("anna@one.example", report.Recipient!.Display);
    }

    private static MailReader ReaderAt(DateTimeOffset now) => new(new MailReaderOptions { Verp = [Signed], Clock = new FakeTimeProvider(now) });

    private static byte[] BounceTo(string address) => Encoding.ASCII.GetBytes($"""
        From: MAILER-DAEMON@two.example
        To: {address}
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; two.example

        Final-Recipient: rfc822; anna.private@two.example
        Action: failed
        Status: 5.2.2

        --b--
        """);
}
